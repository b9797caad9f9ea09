"""Serious adverse events: 24 hours from awareness to the sponsor, and the clocks of a SUSAR. The rules are the shared ones."""

from pathway.language import public
from protocols.shared.seriousness import Clocks, parts

SAFETY = parts(
    Clocks(to_sponsor=public("S21"), susar=public("S20", "S22"), serious=public("S20")),
    saes={n: (f"serious adverse event {n}", None) for n in ("5", "6")},
)
