"""Drawings of a patient, as SVG that is written here: no script, no address of elsewhere."""
