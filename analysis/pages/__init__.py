"""A protocol as pages for people."""
