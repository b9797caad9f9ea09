"""allpath design: what trial designs say, and what they would do."""
