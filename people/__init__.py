"""Who may do what: accounts and the roles they hold at sites, sign-in, signed statements, the audit trail.

A role is held, never claimed. Nothing here is about patients.
"""
