"""A protocol compiled, and one evaluation of it."""
