"""A bare workflow written by hand: the yardstick of `benchmarks.cost`. It knows no protocol and plans nothing."""
