"""What aldis gains over blinker, measured on the machine at hand: ``python -m benchmarks``."""
