"""Who works with allpath: people and their roles, signing in, the audit trail."""
