"""HEM-iSMART: the master protocol as one pathway, with subtrials B, C, D and E as its trial design.

No part of the full protocol is public. What stands here comes from registry records; the rest is a key of the profile.
"""

from pathway.language import Protocol, Version
from protocols.hem_ismart import (
    allocation,
    anchors,
    criteria,
    cycles,
    dlt,
    endpoints,
    facts,
    moves,
    notices,
    phases,
    points,
    profile,
    qol,
    response,
    safety,
    schedule,
    screening,
    subtrials,
    waivers,
)

HEM_ISMART = Protocol(
    name="hem-ismart",
    title="HEM-iSMART: molecularly targeted treatment of relapsed or refractory ALL and lymphoblastic lymphoma in children, a platform",
    registry=("NCT05751044", "NCT05745714", "NCT05658640", "NCT07175415"),
    version=Version("1.0", "2025-11-21", "registry text 000"),
    profile_name="HEM-ISMART-DEFAULT-0",
    references=profile.REFERENCES,
    profile=(*profile.PROFILE, *safety.SAFETY.profile),
    facts=(*facts.FACTS, *safety.SAFETY.facts),
    actions=(*facts.ACTIONS, *safety.SAFETY.actions),
    anchors=(*anchors.ANCHORS, *safety.SAFETY.anchors),
    criteria=(
        *criteria.LASTING,
        *criteria.CHANGING,
        *allocation.TARGETS,
        *(c for own in criteria.SUBTRIAL_CRITERIA.values() for c in own),
    ),
    decisions=(
        *criteria.APPROVALS,
        *allocation.DECISIONS,
        screening.SCREENING,
        *moves.DECISIONS,
        *dlt.DECISIONS,
        *response.DECISIONS,
        *cycles.DECISIONS,
        *safety.SAFETY.decisions,
    ),
    tracks=phases.TRACKS,
    adverse_events=facts.ADVERSE_EVENTS,
    assessments=(*schedule.ASSESSMENTS, *qol.ASSESSMENTS),
    series=(*schedule.SERIES, *qol.SERIES),
    tasks=schedule.TASKS,
    milestones=notices.MILESTONES,
    deviations=notices.DEVIATIONS,
    endpoints=endpoints.ENDPOINTS,
    day_one="C1D1",
    enrolled_group="ALLOCATION_DECISION",
    gaps=profile.GAPS,
    waivers=waivers.WAIVERS,
    subtrials=subtrials.SUBTRIALS,
    enrolments=screening.ENROLMENTS,
    points=points.POINTS,
    orders=points.ORDERS,
)

__all__ = ["HEM_ISMART"]
