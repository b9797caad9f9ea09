"""One batch for the store: what is new, and what is true now; and what need not be kept once it is there. Pure."""

from __future__ import annotations

from typing import Any, Literal

from contracts.messages import Carried, PathwayStart
from contracts.publish import PublishBatch
from pathway.language.profile import Profile
from pathway.plan import Plan
from pathway.site import Site
from workflows.durable import activity_options as calls
from workflows.durable import summaries
from workflows.durable.batch_lists import BatchLists, lists_of
from workflows.durable.pinned import Start


def batch_of(
    start: Start,
    kind: Literal["patient", "subtrial", "meeting"],
    site: Site,
    profile: Profile,
    plan: Plan,
    before: BatchLists | None,
    **new: Any,
) -> tuple[BatchLists, PublishBatch]:
    """The batch, and the lists as the store has them once it has it. `before`: as it has them now, None if that is not known;
    then the batch names protocol, zone and profile too. `new`: what else goes into it, by the batch's own names.
    """
    # Where a patient who moves is, is said each time.
    known = before is not None and not site.zones
    after, items, obligations, decisions = lists_of(
        before,
        plan.items,
        (*plan.deviations, *plan.alerts),
        tuple(each for each in plan.decisions if each.open),
    )
    return after, PublishBatch(
        pathway_id=start.workflow_id,
        kind=kind,
        subject=start.subject,
        trial=start.trial,
        site=site.id,
        zone="" if known else site.zone,
        protocol="" if known else start.protocol,
        protocol_hash="" if known else start.protocol_hash,
        profile=None if known else {**profile.values, "simulation": profile.simulation},
        rehearsal=start.rehearsal,
        formerly=start.formerly if isinstance(start, PathwayStart) else (),
        phases=summaries.phases(plan),
        open=len(summaries.open_obligations(plan)),
        late=len(summaries.late_items(plan)),
        items=items.entries,
        items_at=items.at,
        obligations=obligations.entries,
        obligations_at=obligations.at,
        decisions=decisions.entries,
        decisions_at=decisions.at,
        **new,
    )


def trim(kept: Carried, keep: int | None = None) -> None:
    """Forget the oldest entries of the timeline and the oldest answers, of those that the store has."""
    old = [id_ for id_, each in kept.answered.items() if each.revision <= kept.published]
    for id_ in old[: max(0, len(kept.answered) - calls.MAX_ANSWERS)]:
        del kept.answered[id_]
    recorded = (
        kept.sent_changes if kept.in_flight is None else kept.sent_changes - len(kept.in_flight.changes)
    )
    surplus = min(
        len(kept.timeline) - (calls.MAX_TIMELINE if keep is None else keep),
        recorded - kept.earlier,
    )
    if surplus > 0:
        del kept.timeline[:surplus]
        kept.earlier += surplus
