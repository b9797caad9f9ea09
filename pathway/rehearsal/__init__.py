"""Scenario files, played on a virtual clock."""
