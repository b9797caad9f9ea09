"""The coordinating meeting: its calendar, agenda and decisions."""
