"""What can be learnt from a protocol definition without a patient."""
