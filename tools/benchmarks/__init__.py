"""The benchmarks of ./dev bench, one file each."""
