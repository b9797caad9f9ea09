"""A patient: plan, admission of reports, explanation."""
