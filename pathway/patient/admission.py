"""The door: what is let into the record.

Malformed, impossible, stale and unauthorised reports are refused with a reason; a clinical fact never is because it
violates the protocol.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pathway import refusal
from pathway.engine.context import Evaluation
from pathway.events import Event, Report
from pathway.language.details import BELONGS, action_details
from pathway.language.parsing import all_of_them, nearest, plain_unit
from pathway.language.terms import DECIDERS, decider, key_of
from pathway.patient.asked import obligation_of, options_of, question_of
from pathway.patient.enrolment import check_role_and_reason, transfer_of
from pathway.patient.evaluate import criterion_seen, decision_seen
from pathway.patient.repeated import on_record
from pathway.patient.report_content import check_scope, details_of, grade_of, scale_of, value_of
from pathway.plan import Plan
from pathway.refusal import Refused, answered, check_frame, check_unmoved, decision_details, in_order


def admit(evaluation: Evaluation, report: Report, now: datetime, *, again: bool = False) -> Event | None:
    """The event that the report becomes, or None if it is on record already with the same content, under its id or another
    (`known_as` says which). `again`: record what another event says, too.

    `evaluation`: of the record, with its plan, as it is true at `now`: made then, or earlier and nothing has fallen due
    since. Raises Refused.
    """
    check_frame(report, now, evaluation.site)
    door = _Door(evaluation, report, now)
    known = evaluation.record.by_id.get(report.id)
    if known is not None:
        if door.says_the_same(known):
            return None
        raise Refused(
            "content_differs",
            f"event id {report.id!r} is already on record with another content; use a new id, or a correction",
        )
    if evaluation.record.annulments:
        raise Refused("archived", "the enrolment was annulled; nothing more is recorded")
    if report.kind == "rename":
        raise Refused("malformed", "a pathway is renamed as a whole (`allpath rename`), never by a report")
    event: Event = getattr(door, report.kind)()  # the door has a method for each kind
    return None if not again and on_record(evaluation.record, event) is not None else event


def known_as(evaluation: Evaluation, report: Report, now: datetime) -> str:
    """The id under which what a report says is on record; its own id where nothing else says it. Raises Refused."""
    if report.id in evaluation.record.by_id:
        return report.id
    event = admit(evaluation, report, now, again=True)
    same = None if event is None else on_record(evaluation.record, event)
    return report.id if same is None else same.id


class _Door:
    """One report on its way in."""

    def __init__(self, evaluation: Evaluation, report: Report, now: datetime) -> None:
        self.evaluation, self.report, self.now = evaluation, report, now
        self.compiled, self.site = evaluation.compiled, evaluation.site
        self.record = evaluation.record

    @property
    def plan(self) -> Plan:
        """The plan, which answers to what is asked look at; reports of what happened need none."""
        return self.evaluation.plan

    def event(
        self,
        *,
        name: str = "",
        value: str | None = None,
        unit: str = "",
        details: tuple[tuple[str, str], ...] = (),
        **more: Any,
    ) -> Event:
        """The accepted event: recorded now; it happened when the report says, at the latest now. Instants in UTC."""
        r = self.report
        occurred = (r.occurred or r.at).astimezone(UTC)
        fields: dict[str, Any] = {
            "point": r.point,
            "scope": tuple(sorted(r.scope)),
            "target": r.target,
            "reason": r.reason,
            "override": r.override,
            "typed_unit": r.unit,
            "person": r.person,
            "occurred": min(occurred, self.now),
        }
        fields |= more
        return Event(
            r.id,
            r.kind,
            self.now,
            role=r.role,
            name=name or r.name,
            value=value,
            unit=unit,
            details=in_order(details),
            **fields,
        )

    def says_the_same(self, known: Event) -> bool:
        """Whether the report says what the event of its id says, in other words perhaps (`0.02 %` and `2e-4`)."""
        r = self.report
        if (known.kind, known.role, known.reason, known.override) != (r.kind, r.role, r.reason, r.override):
            return False
        if known.target != r.target or (
            r.occurred is not None and known.occurred != min(r.occurred, known.recorded)
        ):
            return False
        try:
            return self._same_content(known)
        except Refused:
            return False

    def _same_content(self, known: Event) -> bool:
        r = self.report
        where = (known.name, known.point, known.scope) == (r.name, r.point, tuple(sorted(r.scope)))
        match known.kind:
            case "observation":
                value, unit, details = self._value(r.name, r.point, r.value, r.unit, r.details)
                return where and (known.value, known.unit, known.details) == (value, unit, in_order(details))
            case "action":
                accepted = action_details(self.compiled.actions[known.name])
                return where and known.details == in_order(details_of(known.name, accepted, r.details))
            case "adverse_event":
                kind = self.compiled.adverse_events[known.name]
                said = grade_of(kind, r.value), in_order(scale_of(kind, r.details))
                return where and (known.value, known.details) == said
            case "correction":
                said_again = self._corrected(known)
                return all(
                    getattr(known, f) == getattr(said_again, f)
                    for f in ("value", "details", "point", "scope")
                )
            case "void":
                return True
            case "decision" | "acknowledgement":
                named = known.name == self._key() or (not r.scope and known.name.split("[")[0] == r.name)
                same = (known.value, known.details) == (r.value, in_order(r.details))
                return named and (known.kind == "acknowledgement" or same)
            case _:
                return where and known.value == r.value and set(known.details) >= set(r.details)

    def _key(self) -> str:
        return key_of(self.report.name, tuple(sorted(self.report.scope)))

    def observation(self) -> Event:
        """A value of a fact."""
        r = self.report
        value, unit, details = self._value(r.name, r.point, r.value, r.unit, r.details)
        return self.event(value=value, unit=unit, details=details)

    def _value(
        self, name: str, point: str, value: str | None, unit: str, details: tuple[tuple[str, str], ...]
    ) -> tuple[str, str, tuple[tuple[str, str], ...]]:
        today = self.now.astimezone(self.site.tz).date().isoformat()
        return value_of(self.compiled.facts, today, name, point, value, unit, details)

    def action(self) -> Event:
        """Something done."""
        r = self.report
        action = self.compiled.actions.get(r.name)
        if action is None:
            raise Refused(
                "unknown_action",
                f"action {r.name!r} is not known; {nearest(r.name, list(self.compiled.actions))}",
            )
        check_scope(r.name, r.scope, dict(action.scopes))
        return self.event(details=details_of(r.name, action_details(action), r.details))

    def adverse_event(self) -> Event:
        """The grade of an adverse event from now on."""
        r = self.report
        kind = self.compiled.adverse_events.get(r.name)
        if kind is None:
            raise Refused(
                "unknown_event",
                f"adverse event {r.name!r} is not known; {nearest(r.name, list(self.compiled.adverse_events))}",
            )
        grade, details = grade_of(kind, r.value), scale_of(kind, r.details)
        if r.target:
            earlier = self.record.by_id.get(r.target)
            if earlier is None or earlier.kind != "adverse_event" or earlier.name != r.name:
                raise Refused("unknown_event", f"{r.target!r} is not an earlier report of {r.name}")
        return self.event(value=grade, details=details)

    def correction(self) -> Event:
        """The newest event of a chain, said right."""
        r = self.report
        target = self._target()
        before = self.record.head(target.id)
        latest = self.record.latest_of_chain(target.id)
        if before is None or latest is None:
            raise Refused("not_latest", f"{r.target!r} has been voided; record it again under a new id")
        if latest != r.target:
            raise Refused("not_latest", f"{r.target!r} is not the newest of its chain; correct {latest!r}")
        return self._corrected(before)

    def _corrected(self, before: Event) -> Event:
        """The event before, with what the report says otherwise."""
        r = self.report
        kind = self.record.by_id[self.record.root[before.id]].kind
        if kind not in ("observation", "action", "adverse_event"):
            raise Refused("malformed", f"a {kind} cannot be corrected; void it and record what is right")
        if r.unit and r.value is None and not self._same_unit(before):
            raise Refused(
                "malformed",
                f"the unit {r.unit!r} needs the value that it belongs to; what is left out of a correction stays as it was",
            )
        value, unit, details = before.value, before.unit, dict(before.details)
        if self._moved(before):
            details.pop(BELONGS, None)  # it was with the other day or label that somebody had judged it
        details |= dict(r.details)
        if kind == "observation":
            value, unit, kept = self._value(
                before.name,
                r.point or before.point,
                r.value if r.value is not None else before.value,
                before.unit if r.value is None else r.unit or before.typed_unit or before.unit,
                tuple(details.items()),
            )
            details = dict(kept)
            if value != before.value and "checked" not in dict(r.details):
                details.pop("checked", None)  # it was the other value that somebody had checked
        elif kind == "adverse_event":
            graded = self.compiled.adverse_events[before.name]
            value = grade_of(graded, r.value if r.value is not None else before.value)
            details = dict(scale_of(graded, tuple(details.items())))
        else:
            action = self.compiled.actions[before.name]
            if r.value is not None:
                raise Refused(
                    "malformed", f"{before.name} is an action and has no value; correct its details"
                )
            if r.scope:
                check_scope(before.name, r.scope, dict(action.scopes))
            details = dict(details_of(before.name, action_details(action), tuple(details.items())))
        return self.event(
            name=before.name,
            value=value,
            unit=unit,
            typed_unit=r.unit or before.typed_unit,
            details=tuple(details.items()),
            point=r.point or before.point,
            scope=tuple(sorted(r.scope)) or before.scope,
            occurred=min((r.occurred or before.occurred).astimezone(UTC), self.now),
            target=r.target,
        )

    def _moved(self, before: Event) -> bool:
        """Whether a correction says another time point or another time."""
        r = self.report
        place = r.point or before.point, tuple(sorted(r.scope)) or before.scope, r.occurred or before.occurred
        return place != (before.point, before.scope, before.occurred)

    def _same_unit(self, before: Event) -> bool:
        """Whether a unit that came without a value is the one that the value had: then it says nothing new."""
        fact, said = self.compiled.facts.get(before.name), plain_unit(self.report.unit)
        known = [u.name for u in fact.units] if fact is not None else []
        return said in [plain_unit(u) for u in (before.typed_unit, before.unit) if u in known]

    def _target(self) -> Event:
        wanted = self.report.target
        target = self.record.by_id.get(wanted)
        if target is None:
            known = nearest(wanted, list(self.record.by_id))
            raise Refused("unknown_event", f"event {wanted!r} is not on record; {known}")
        return target

    def void(self) -> Event:
        """An event that should not count."""
        target = self._target()
        refusal.check_void(self.report, target, self.record)
        return self.event(name=target.name, point=target.point, scope=target.scope)

    def not_obtainable(self) -> Event:
        """A value that cannot be had."""
        r = self.report
        fact = self.compiled.facts.get(r.name)
        if fact is None:
            raise Refused(
                "unknown_fact", f"fact {r.name!r} is not known; {nearest(r.name, list(self.compiled.facts))}"
            )
        if (fact.points and r.point not in fact.points) or (not fact.points and r.point):
            raise Refused(
                "unknown_point", f"{r.name} has no time point {r.point!r}; {nearest(r.point, fact.points)}"
            )
        if not r.reason.strip():
            raise Refused(
                "reason_missing",
                f"declaring {r.name} {r.point} not obtainable needs a reason".replace("  ", " "),
            )
        if self.record.observations.get(r.name, {}).get(r.point):
            raise Refused(
                "not_waiting", f"{r.name} {r.point} has a value; void that first".replace("  ", " ")
            )
        return self.event()

    def judgement(self) -> Event:
        """A clinician's verdict on a criterion that is under review."""
        r = self.report
        index = list(self.compiled.criteria).index(r.name) if r.name in self.compiled.criteria else None
        if index is None:
            raise Refused(
                "unknown_event",
                f"criterion {r.name!r} is not known; {nearest(r.name, list(self.compiled.criteria))}",
            )
        if r.value not in ("PASS", "FAIL"):
            raise Refused("unknown_option", f"a judgement is PASS or FAIL, got {r.value!r}")
        if r.role not in DECIDERS:
            raise Refused("wrong_role", f"{r.name} is judged by a clinician, not by the {r.role}")
        if not r.reason.strip():
            raise Refused("reason_missing", f"judging {r.name} needs a reason")
        state = self.plan.criteria[index]
        if state.verdict != "REVIEW" and not state.judged:
            raise Refused("not_waiting", f"{r.name} is {state.verdict}; only a REVIEW is judged")
        shown = criterion_seen(self.evaluation, index)
        check_unmoved(r, r.name, shown, self.record.judgements[r.name][-1] if state.judged else None)
        return self.event(value=r.value, seen=shown)

    def decision(self) -> Event:
        """An option taken."""
        r = self.report
        state = question_of(self.plan, self._key(), r.name)
        known = [*self.compiled.decisions, *(f"AFTER_{p}" for p in self.compiled.exit_leaves)]
        ids = [k.split("[")[0] for k in known]
        if state is None and r.name not in known and r.name not in ids:
            raise Refused("unknown_event", f"decision {r.name!r} is not known; {nearest(r.name, known)}")
        if state is None or not (state.open or state.confirmed_by):
            self._answered_meanwhile()
            raise Refused(
                "not_proposed",
                f"{r.name} is not asked now"
                + (
                    f": it waits for {', '.join(m.what for m in state.missing)}"
                    if state and state.missing
                    else ""
                ),
            )
        who = decider(state.role)
        if r.role != who:
            raise Refused("wrong_role", f"{r.name} is decided by the {who}, not by the {r.role}")
        options = options_of(self.compiled, state)
        if r.value not in options:
            raise Refused("unknown_option", f"{r.name} has no option {r.value!r}; {all_of_them(options)}")
        shown = decision_seen(self.evaluation, state.key)
        check_unmoved(r, state.key, shown, None if state.open else self.record.by_id.get(state.confirmed_by))
        if not state.open and state.in_force == r.value:
            raise Refused("not_proposed", f"{r.name} is already decided: {state.in_force}")
        overrides = r.value != state.proposal and r.value not in (
            state.options if state.proposal is None else ()
        )
        if (overrides or not state.open) and not r.override:
            offered = state.proposal or ", ".join(state.options)
            raise Refused(
                "not_proposed",
                f"{r.name}: {r.value} is not what is proposed ({offered}); "
                "to take it all the same, override with a reason",
            )
        if (overrides or r.override or state.boundary) and not r.reason.strip():
            raise Refused("reason_missing", f"{r.name}: taking {r.value} needs a reason")
        return self.event(name=state.key, value=r.value, seen=shown, scope=(), details=decision_details(r))

    def _answered_meanwhile(self) -> None:
        """Refuses an answer to what was asked when it was seen, and has been answered since."""
        taken = self.record.decisions.get(self._key(), ())
        if self.report.expected and taken:
            raise Refused("moved", f"{answered(self._key(), taken[-1])}; look again")

    def acknowledgement(self) -> Event:
        """Somebody has taken note of an obligation."""
        r = self.report
        found = obligation_of(self.plan, self._key(), r.name)
        if found is None:
            open_now = [o.id for o in (*self.plan.deviations, *self.plan.alerts) if o.state == "raised"]
            raise Refused("not_waiting", f"nothing raised is called {r.name!r}; {nearest(r.name, open_now)}")
        if found.state == "acknowledged":
            raise Refused("not_waiting", f"{found.id} has already been acknowledged")
        return self.event(name=found.key, value=found.severity, scope=())

    def annulment(self) -> Event:
        """An enrolment made by mistake."""
        check_role_and_reason(self.report, "annulling an enrolment")
        return self.event()

    def transfer(self) -> Event:
        """The patient moves to another site."""
        return self.event(**transfer_of(self.report, self.site))
