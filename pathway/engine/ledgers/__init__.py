"""Doses and infusions: what was given, what is held, when it ends."""
