"""CBC-ALL2024-1 (NCT06607419): children with B-ALL and MRD on D19; 14 days of blinatumomab on the CCCG-ALL-2020 backbone.

The registry text is normative; what it leaves open comes from public sources or from the profile CBC-DEFAULT-0.
"""

from pathway.language import Protocol, Version
from protocols.cbc_all2024 import (
    anchors,
    blinatumomab,
    criteria,
    endpoints,
    facts,
    methotrexate,
    notices,
    phases,
    points,
    profile,
    response,
    schedule,
    transplant,
    waivers,
    withdrawal,
)

CBC_ALL2024_1 = Protocol(
    name="cbc-all2024-1",
    title="CBC-ALL2024-1: blinatumomab in induction for children with B-ALL and measurable residual disease on day 19",
    registry=("NCT06607419",),
    version=Version("1.0", "2025-11-21", "registry text of 23 September 2024"),
    profile_name="CBC-DEFAULT-0",
    references=profile.REFERENCES,
    profile=profile.PROFILE,
    facts=facts.FACTS,
    actions=facts.ACTIONS,
    anchors=anchors.ANCHORS,
    criteria=criteria.CRITERIA,
    decisions=(
        criteria.D19_ENTRY,
        criteria.ELIGIBILITY,
        *blinatumomab.DECISIONS,
        *response.DECISIONS,
        *methotrexate.DECISIONS,
        *transplant.DECISIONS,
        *withdrawal.DECISIONS,
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

__all__ = ["CBC_ALL2024_1"]
