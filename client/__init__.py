"""How other processes talk to workflows."""
