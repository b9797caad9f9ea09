"""Findings of the prover that were looked at and accepted."""

from pathway.language import Waiver

WAIVERS = (
    Waiver("unused:fact:cd38", "CD38 on the blasts is to be recorded and is no condition of entry: nothing may depend on it"),
)  # fmt: skip
