"""A pathway that goes on under another pseudonym. Its id holds the pseudonym, so it goes on as another workflow.

What a run hands to the next is handed to that workflow: every event with its id, what was told and under which generation, the
messages to governors, the next moment. Nothing is told again, and nothing is lost:

1. the update is let in, and from then on nothing else is (`Carried.renaming`), nor does the timer ring;
2. once the store has everything and every message has arrived, an activity starts the new workflow. It knows its own start again,
   so a worker that dies in between has it done by the next one;
3. only then is this pathway closed, without a word to anybody and without a batch: what the store has under the old pseudonym is
   taken over by the first batch under the new one.

If the new pseudonym is taken, or the store goes away meanwhile, the update is refused and the pathway goes on as it was.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

import workflows.durable.activity_options as calls
from contracts.clear import Clear
from contracts.messages import Answered, Archived, Carried, Nothing, PathwayStart
from contracts.renaming import Renamed, RenameReceipt, RenameRequest
from pathway.changes import Change, mark
from pathway.events import Event, Report
from pathway.patient.renaming import check_rename, rename_event, same_rename, told
from pathway.refusal import Refused
from workflows.durable.bounds import check_open
from workflows.durable.shell import Shell, refusal

TAKEN: Final = "already_enrolled"
"""The error of the activity where somebody else has the new pseudonym."""


class Renaming:
    """Hands the pathway of a shell over to a workflow of another id."""

    def __init__(self, start: PathwayStart, shell: Shell) -> None:
        self._start = start
        self._shell = shell
        self._kept = shell.state.kept

    def check(self, request: RenameRequest) -> None:
        """Refuse what cannot be carried out. Raises `ApplicationError`."""
        try:
            self._check(request.report)
        except Refused as refused:
            raise refusal(refused) from None

    async def rename(self, request: RenameRequest) -> RenameReceipt:
        """Go on under another pseudonym. The update fails, and nothing has changed, where that cannot be done."""
        report, kept = request.report, self._kept
        if not kept.renaming and kept.renamed is None:
            kept.renaming = report.id
            try:
                await self._carry_out(report)
            except Refused as refused:
                kept.renaming = ""
                self._shell.state.advance(self._shell.now())
                self._shell.moved()
                raise refusal(refused) from None
        else:
            await workflow.wait_condition(lambda: not kept.renaming)
        if kept.renamed is None:
            raise refusal(Refused("renaming", "the pseudonym could not be replaced; nothing has changed"))
        return RenameReceipt(renamed=kept.renamed)

    def _check(self, report: Report) -> None:
        kept, start, state = self._kept, self._start, self._shell.state
        if start.rehearsal:
            raise Refused("malformed", "a rehearsal has no patient behind it: name them in its scenario")
        check_rename(report, start.subject, start.formerly, self._shell.now())
        if kept.renaming == report.id or (kept.renamed is not None and kept.renamed.event == report.id):
            return  # the same once more: it waits for the first, and hears the same
        known = state.record.by_id.get(report.id)
        if known is not None:
            same = same_rename(known, report)
            raise Refused(
                "not_waiting" if same else "content_differs",
                f"event id {report.id!r} is on record already; use a new one",
            )
        check_open(kept, len(state.record.events), 1)
        if kept.sitting is not None:
            raise Refused(
                "sitting_open",
                "a sitting is open, which ends with its last part or closes by itself within minutes; try again then",
            )
        self._check_under_way()

    def _check_under_way(self) -> None:
        if self._shell.store_away:
            raise Refused(
                "under_way",
                "the store does not answer, and has not everything yet; try again when it is back",
            )
        away = self._shell.state.peer_outbox.away
        if away:
            raise Refused(
                "under_way",
                f"messages are under way to {', '.join(away)}, who does not answer; try again then",
            )

    async def _carry_out(self, report: Report) -> None:
        """Raises `Refused`; then nothing has been handed over."""
        shell, kept = self._shell, self._kept
        outbox = shell.state.peer_outbox
        await workflow.wait_condition(lambda: shell.quiet or shell.store_away or bool(outbox.away))
        self._check_under_way()
        event = rename_event(report, self._start.subject, shell.now())
        try:
            await self._hand_over(self._new_start(event))
        except ActivityError as error:
            cause = error.cause
            if isinstance(cause, ApplicationError) and cause.type == TAKEN:
                raise Refused(TAKEN, cause.message) from None
            raise
        kept.renamed = Renamed(
            to=event.name,
            at=event.recorded,
            role=event.role,
            person=event.person,
            reason=event.reason,
            event=event.id,
        )
        kept.archived = Archived(at=event.recorded, role=event.role, reason=event.reason)
        kept.renaming = ""
        shell.show_renamed()

    def _new_start(self, event: Event) -> PathwayStart:
        start = self._start
        return start.model_copy(
            update={
                "subject": event.name,
                "formerly": (*start.formerly, start.subject),
                "sitting": "",
                "carried": self._carried(event),
            }
        )

    def _carried(self, event: Event) -> Carried:
        """What the pathway has, under the new pseudonym, with the event and the line that tells of it."""
        shell = self._shell
        carried, state = shell.carry(), shell.state
        timeline = [replace(each, subject=event.name) for each in carried.timeline]
        answered = Answered(revision=carried.revision + 1, next_at=state.plan.next_at)
        return carried.model_copy(
            update={
                "now": event.recorded,
                "events": (*carried.events, event),
                "timeline": [*timeline, self._line(event)],
                "answered": {**carried.answered, event.id: answered},
                "unsent": True,
                "renaming": "",
                "handed_over": True,
            }
        )

    def _line(self, event: Event) -> Change:
        state = self._shell.state
        day_one = state.subject.day_one(state.evaluation)
        return told(
            mark(event.recorded, subject=event.name, cause=event.id, tz=state.site.tz, day_one=day_one)
        )

    async def _hand_over(self, start: PathwayStart) -> None:
        call = calls.HAND_OVER
        await workflow.execute_activity(
            call.activity,
            start,
            result_type=Nothing,
            start_to_close_timeout=call.attempt,
            schedule_to_close_timeout=call.within,
            retry_policy=call.retry,
            summary=Clear("goes on under another pseudonym"),
        )
