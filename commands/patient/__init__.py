"""Commands about one patient, and the work list over all."""
