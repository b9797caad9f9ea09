"""Clinical rules that several trials refer to: each trial names its own sources and says what it takes."""
