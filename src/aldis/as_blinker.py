"""Importing this module does what :func:`aldis.install_as_blinker` does."""

from ._blinker import install_as_blinker

install_as_blinker()
