"""The durable shells: patient pathway, subtrial, weekly meeting."""
