"""Settings of the documentation: ``nox -s docs`` builds it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

project = "aldis"
author = "The aldis developers"
copyright = author
release = re.findall(r'^__version__ = "(.+)"$', (HERE.parent / "src/aldis/__init__.py").read_text(), re.MULTILINE)[0]
version = release

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.intersphinx",
    "sphinx_copybutton",
    "results_tables",
    "python_inventory",
]
exclude_patterns = ["_build", "_ext"]
nitpicky = True

# Signatures without annotations: the overloads for typed signals would hide the parameters. The guide explains them.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_mock_imports = ["kombu"]
autodoc_default_options = {"members": True}

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True

html_theme = "furo"
html_title = "aldis"
html_static_path = ["_static"]
html_css_files = ["aldis.css"]
html_theme_options = {
    "source_repository": "https://github.com/aldis-signals/aldis/",
    "source_branch": "main",
    "source_directory": "docs/",
}
