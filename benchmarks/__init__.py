"""Measurements. Ratios within one run count; absolutes depend on the machine. Nothing here is asserted."""
