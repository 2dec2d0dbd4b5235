"""Benchmarks of aldis against blinker: ``python -m benchmarks``."""

INSTALL = 'python -m pip install -e ".[bench]"'
INSTALL_PEERS = 'python -m pip install -e ".[bench,peers]"'
USAGE = 2  # the exit status when something is mistyped or missing
