"""A subtrial: slots, dose levels and stages, and who waits."""
