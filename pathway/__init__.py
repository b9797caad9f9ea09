"""The engine: the language that protocols are written in, `evaluate`, and rehearsal.

Pure: no I/O, no clock, no Temporal.
"""
