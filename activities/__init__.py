"""Every side effect of a pathway, idempotent: what goes into the store, and what goes from there to people."""
