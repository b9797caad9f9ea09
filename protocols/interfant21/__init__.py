"""Interfant-21 (NCT05327894, EudraCT 2021-000213-16): infants with KMT2A-rearranged ALL or MPAL, with blinatumomab.

The registry text is normative; what it leaves open comes from public sources or from the profile IF21-DEFAULT-0.
"""

from pathway.language import Protocol, Version
from protocols.interfant21 import (
    anchors,
    blinatumomab,
    choices,
    criteria,
    endpoints,
    facts,
    notices,
    phases,
    points,
    profile,
    risk,
    schedule,
    waivers,
)

INTERFANT_21 = Protocol(
    name="interfant-21",
    title="Interfant-21: treatment protocol for infants under 1 year with KMT2A-rearranged ALL or MPAL",
    registry=("NCT05327894", "EudraCT 2021-000213-16"),
    version=Version("1.0", "2025-11-21", "registry text of 17 January 2025"),
    profile_name="IF21-DEFAULT-0",
    references=profile.REFERENCES,
    profile=profile.PROFILE,
    facts=facts.FACTS,
    actions=facts.ACTIONS,
    anchors=anchors.ANCHORS,
    criteria=criteria.CRITERIA,
    decisions=(
        criteria.ELIGIBILITY,
        *risk.DECISIONS,
        *blinatumomab.DECISIONS,
        *choices.DECISIONS,
        *facts.CRS_SIGNS.decisions,
        *facts.ICANS_SIGNS.decisions,
        *facts.CNS_COUNTS.decisions,
        *facts.SAFETY.decisions,
    ),
    tracks=phases.TRACKS,
    adverse_events=facts.ADVERSE_EVENTS,
    ledgers=blinatumomab.LEDGERS,
    assessments=schedule.ASSESSMENTS,
    series=schedule.SERIES,
    tasks=schedule.TASKS,
    milestones=notices.MILESTONES,
    deviations=notices.DEVIATIONS,
    endpoints=endpoints.ENDPOINTS,
    enrolled_group="risk",
    gaps=profile.GAPS,
    waivers=waivers.WAIVERS,
    points=points.POINTS,
    orders=points.ORDERS,
)

__all__ = ["INTERFANT_21"]
