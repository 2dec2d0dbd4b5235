"""The compiled core. Everything else about the package is in pyproject.toml.

``ALDIS_EXTENSION`` in the environment decides: unset, it is built where it can be; ``1``, it is required; ``0``, it is
not built.
"""

import os
import sys
from glob import glob

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import BaseError, CCompilerError

wanted = os.environ.get("ALDIS_EXTENSION", "")
if wanted not in ("", "0", "1"):
    sys.exit(f"ALDIS_EXTENSION must be 0, 1 or unset, not {wanted!r}.")
if not wanted and sys.implementation.name == "pypy":
    wanted = "0"  # its compiler does better with the pure core

extensions = [
    Extension(
        f"aldis.{module}",
        [f"src/aldis/{source}"],
        depends=["setup.py", *glob("src/aldis/*.h"), *glob("src/aldis/*.px[di]")],
    )
    for module, source in {
        "_endpoints_c": "_endpoints.py",  # the same source that the pure core interprets
        "_table_c": "_table.py",
        "_snapshots_c": "_snapshots.py",
        "_dispatch_c": "_dispatch_c.pyx",
    }.items()
]
for extension in extensions:
    extension.cython_directives = {
        "language_level": 3,
        "annotation_typing": False,
        "auto_pickle": False,
        "binding": False,  # with it, methods would not check the type of self
        "embedsignature": True,
        "embedsignature.format": "clinic",
        "freethreading_compatible": True,
    }
    if os.name != "nt" and "CFLAGS" not in os.environ:  # who sets flags, for a debugger or a sanitizer, decides
        extension.extra_compile_args = ["-O3", "-g0"]
        extension.extra_link_args = ["-Wl,-s"] if sys.platform == "linux" else []


class BuildIfPossible(build_ext):
    """Without a compiler, go on without the compiled core, to a wheel that is tagged as what it is: pure."""

    def run(self) -> None:
        try:
            super().run()
        except (BaseError, CCompilerError) as error:
            if wanted:
                raise
            print(f"aldis: the compiled core cannot be built ({error}); going on with the pure core", file=sys.stderr)
            for stale in filter(os.path.exists, self.get_outputs()):
                os.remove(stale)
            self.extensions = self.distribution.ext_modules = []
            self.distribution.get_command_obj("bdist_wheel").root_is_pure = True


setup(ext_modules=[] if wanted == "0" else extensions, cmdclass={"build_ext": BuildIfPossible})
