"""allpath subtrial: slots, dose levels, stages."""
