"""Speed and memory against other packages: `make bench` or `python -m benchmarks`."""
