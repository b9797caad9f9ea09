"""Trial designs: rolling six, 3+3, Simon two-stage. Statistics, no patient."""
