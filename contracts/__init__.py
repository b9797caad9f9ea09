"""What crosses a process border: every frozen model that enters or leaves a process."""
