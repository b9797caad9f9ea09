"""allpath demo: several infants on a local server."""
