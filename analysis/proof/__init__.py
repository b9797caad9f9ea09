"""The prover: a definition is analysed, not sampled."""
