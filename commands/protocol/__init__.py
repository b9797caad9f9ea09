"""allpath protocol, prove, rehearse: trials without a patient."""
