"""allpath meeting: the coordinating meeting."""
