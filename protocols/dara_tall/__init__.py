"""Daratumumab for T-ALL with MRD by flow after standard chemotherapy (NCT06570915).

Beyond title, population and question nothing of the trial is public: what is here are the label's infusion rules and defaults
that a trial team must replace before it goes live.
"""

from pathway.language import Protocol, Version
from protocols.dara_tall import (
    anchors,
    criteria,
    daratumumab,
    endpoints,
    facts,
    notices,
    phases,
    points,
    profile,
    response,
    schedule,
    waivers,
)

DARA_TALL = Protocol(
    name="dara-tall",
    title="Daratumumab for T-ALL with MRD by flow after standard chemotherapy",
    registry=("NCT06570915",),
    version=Version("1.0", "2025-11-21", "registry text 004, operational part by assumption"),
    profile_name="DARA-TALL-DEFAULT-0",
    references=profile.REFERENCES,
    profile=profile.PROFILE,
    facts=facts.FACTS,
    actions=facts.ACTIONS,
    anchors=anchors.ANCHORS,
    criteria=criteria.CRITERIA,
    decisions=(
        *criteria.DECISIONS,
        daratumumab.FIRST_DOSE,
        *response.DECISIONS,
        daratumumab.DARA_STOP,
        *facts.SAFETY.decisions,
    ),
    tracks=phases.TRACKS,
    adverse_events=facts.ADVERSE_EVENTS,
    doses=daratumumab.DOSE_LEDGERS,
    assessments=schedule.ASSESSMENTS,
    series=schedule.SERIES,
    tasks=schedule.TASKS,
    milestones=notices.MILESTONES,
    deviations=notices.DEVIATIONS,
    endpoints=endpoints.ENDPOINTS,
    day_one="D1",
    gaps=profile.GAPS,
    waivers=waivers.WAIVERS,
    points=points.POINTS,
    orders=points.ORDERS,
)

__all__ = ["DARA_TALL"]
