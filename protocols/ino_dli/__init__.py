"""InO ± DLI (NCT06861348): inotuzumab ozogamicin, then donor lymphocytes, for B-ALL relapsed after allogeneic transplant.

The registry text is normative for doses and response; the label fills what it leaves open, each rule with its own switch.
"""

from pathway.language import Protocol, Version
from protocols.ino_dli import (
    anchors,
    criteria,
    dli,
    endpoints,
    facts,
    inotuzumab,
    notices,
    phases,
    places,
    points,
    profile,
    response,
    schedule,
)

INO_DLI = Protocol(
    name="ino-dli",
    title="InO ± DLI: inotuzumab ozogamicin with or without donor lymphocytes for B-ALL or B-LBL relapsed after transplant",
    registry=("NCT06861348",),
    version=Version("1.0", "2025-11-21", "registry text 003"),
    profile_name="INO-DLI-DEFAULT-0",
    references=profile.REFERENCES,
    profile=profile.PROFILE,
    facts=(*facts.FACTS, places.SLOT),
    actions=facts.ACTIONS,
    anchors=anchors.ANCHORS,
    criteria=criteria.CRITERIA,
    decisions=(
        criteria.ELIGIBILITY,
        *response.DECISIONS,
        *facts.VOD.decisions,
        inotuzumab.INO_STOP,
        *facts.GVHD.decisions,
        *dli.DECISIONS,
        notices.LP_EXTEND,
        *facts.SAFETY.decisions,
    ),
    tracks=phases.TRACKS,
    adverse_events=facts.ADVERSE_EVENTS,
    doses=(*inotuzumab.DOSE_LEDGERS, *dli.DOSE_LEDGERS),
    assessments=schedule.ASSESSMENTS,
    series=schedule.SERIES,
    tasks=schedule.TASKS,
    milestones=notices.MILESTONES,
    deviations=notices.DEVIATIONS,
    endpoints=endpoints.ENDPOINTS,
    day_one="DAY0",
    gaps=profile.GAPS,
    subtrials=places.SUBTRIALS,
    enrolments=places.ENROLMENTS,
    points=points.POINTS,
    orders=points.ORDERS,
)

__all__ = ["INO_DLI"]
