"""Published decision tables, each version a file of its own: as printed, never changed once a protocol names it."""
