"""Simulated trials and their operating characteristics."""
