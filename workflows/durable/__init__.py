"""What the durable shells are made of."""
