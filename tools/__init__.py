"""What is run by hand, or by make: benchmarks, and what writes parts of the project."""
