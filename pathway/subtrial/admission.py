"""The door of a governor: what is let into a subtrial's record.

Malformed, impossible, stale and unauthorised reports are refused with a reason. That a patient began without a slot, or on a
closed level, is recorded: what happened has happened.
"""

from __future__ import annotations

from datetime import UTC, datetime

from pathway.events import Event, Report
from pathway.language.parsing import nearest
from pathway.language.terms import key_of
from pathway.plan import DecisionState, Obligation
from pathway.record import Record
from pathway.refusal import Refused, check_frame, check_unmoved, check_void, decision_details
from pathway.subtrial.action_rules import ACTION_DETAILS, ACTION_ROLES, CARE, ActionRules
from pathway.subtrial.levels import DOWN
from pathway.subtrial.messages import SUBJECT
from pathway.subtrial.names import check_present_name, under_present_names
from pathway.subtrial.plan import Governor, SubtrialPlan
from pathway.subtrial.questions import DECISIONS


def admit_to(
    governor: Governor, record: Record, report: Report, now: datetime, plan: SubtrialPlan
) -> Event | None:
    """The event that the report becomes, or None if it is on record already with the same content.

    `plan` is the plan at `now`. Raises `pathway.refusal.Refused`.
    """
    check_frame(report, now, governor.site)
    door = _Door(governor, under_present_names(record), report, now, plan)
    known = record.by_id.get(report.id)
    if known is not None:
        if door.says_the_same(known) or door.says_the_same(door.record.by_id[report.id]):
            return None
        raise Refused(
            "content_differs",
            f"event id {report.id!r} is already on record with another content; use a new id, or a correction",
        )
    check_present_name(record, dict(report.scope).get(SUBJECT, ""))
    match report.kind:
        case "action":
            return door.action()
        case "decision":
            return door.decision()
        case "correction":
            return door.correction()
        case "void":
            return door.void()
        case "acknowledgement":
            return door.acknowledgement()
        case _:
            raise Refused(
                "malformed",
                f"a subtrial takes actions, decisions, corrections, voids and acknowledgements, not a {report.kind}",
            )


class _Door:
    """One report on its way in."""

    def __init__(
        self, governor: Governor, record: Record, report: Report, now: datetime, plan: SubtrialPlan
    ) -> None:
        self.governor, self.record, self.report, self.now, self.plan = governor, record, report, now, plan
        self.rules = ActionRules(governor, record, report, now, plan)

    def _event(self, **more: object) -> Event:
        r = self.report
        fields: dict[str, object] = {
            "name": r.name,
            "scope": tuple(sorted(r.scope)),
            "details": (),
            "target": r.target,
            "reason": r.reason,
            "override": r.override,
            "person": r.person,
            "occurred": min((r.occurred or r.at).astimezone(UTC), self.now),
        }
        fields |= more
        return Event(r.id, r.kind, self.now, role=r.role, **fields)  # type: ignore[arg-type]

    def says_the_same(self, known: Event) -> bool:
        """Whether the report says what the event of its id says."""
        r = self.report
        if (known.kind, known.role, known.reason, known.override) != (r.kind, r.role, r.reason, r.override):
            return False
        if known.target != r.target or (
            r.occurred is not None and known.occurred != min(r.occurred, known.recorded)
        ):
            return False
        details = _details(r)
        match known.kind:
            case "action":
                return (known.name, known.scope, known.details) == (r.name, tuple(sorted(r.scope)), details)
            case "decision":
                same = r.value == known.value or (r.value in DOWN and known.value in DOWN)
                return self._named(known.name) and same and known.details == tuple(sorted(r.details))
            case "acknowledgement":
                return self._named(known.name)
            case "correction":
                return all(dict(known.details).get(k) == v for k, v in details)
            case _:
                return True

    def _named(self, key: str) -> bool:
        r = self.report
        return key in (r.name, key_of(r.name, tuple(sorted(r.scope)))) or (
            not r.scope and key.partition("[")[0] == r.name
        )

    # --- actions --------------------------------------------------------------------------------------------

    def action(self) -> Event:
        """Something done, or a pathway's message."""
        r = self.report
        if r.name not in ACTION_DETAILS:
            raise Refused(
                "unknown_action", f"action {r.name!r} is not known; {nearest(r.name, list(ACTION_DETAILS))}"
            )
        details = _details(r)
        self.rules.check(r.name, r.scope, details)
        return self._event(details=details)

    # --- amendments -----------------------------------------------------------------------------------------

    def _target(self) -> Event:
        wanted = self.report.target
        target = self.record.by_id.get(wanted)
        if target is None:
            # Of hundreds of events the nearest is named, if there is one, never all.
            guess = nearest(wanted, list(self.record.by_id))
            close = f"; {guess}" if guess.startswith("did you mean") else ""
            raise Refused(
                "unknown_event",
                f"event {wanted!r} is not on record of {self.governor.id}{close}",
            )
        return target

    def correction(self) -> Event:
        """The newest event of a chain, said right."""
        r = self.report
        target = self._target()
        before, latest = self.record.head(target.id), self.record.latest_of_chain(target.id)
        if before is None or latest is None:
            raise Refused("not_latest", f"{r.target!r} has been voided; record it again under a new id")
        if latest != r.target:
            raise Refused("not_latest", f"{r.target!r} is not the newest of its chain; correct {latest!r}")
        if before.kind != "action":
            raise Refused(
                "malformed", f"a {before.kind} cannot be corrected; void it and record what is right"
            )
        details = tuple(sorted((dict(before.details) | dict(_details(r))).items()))
        details = tuple((k, v) for k, v in details if v)
        scope = tuple(sorted(r.scope)) or before.scope
        self.rules.check(before.name, scope, details)
        return self._event(
            name=before.name,
            scope=scope,
            details=details,
            occurred=min((r.occurred or before.occurred).astimezone(UTC), self.now),
        )

    def void(self) -> Event:
        """An event that should not count."""
        r = self.report
        target = self._target()
        check_void(r, target, self.record)
        name = (self.record.head(target.id) or target).name
        who = ACTION_ROLES.get(name, CARE)
        if target.kind == "decision" or name in ("suspended", "halted_safety"):
            who = (self.governor.subtrial.confirm, "sponsor")
        if r.role not in who:
            raise Refused("wrong_role", f"{name} is voided by the {' or '.join(who)}, not by the {r.role}")
        return self._event(name=target.name, scope=target.scope)

    # --- decisions and acknowledgements ---------------------------------------------------------------------

    def decision(self) -> Event:
        """An option taken by those who confirm."""
        r, confirm = self.report, self.governor.subtrial.confirm
        state = self._decision_state()
        if state is None:
            asked = [d.key for d in self.plan.plan.decisions if d.open]
            code = "not_proposed" if r.name.partition("[")[0] in DECISIONS else "unknown_event"
            known = f"open now: {', '.join(asked)}" if asked else "no decision is open now"
            raise Refused(code, f"{key_of(r.name, tuple(sorted(r.scope)))} is not asked; {known}")
        if r.role != confirm:
            raise Refused("wrong_role", f"{state.key} is decided by the {confirm}, not by the {r.role}")
        told = self.plan.told[state.key]
        value = r.value
        if state.id == "LEVEL" and value in DOWN and state.options and state.options[0] in DOWN:
            value = state.options[0]
        if value not in state.options:
            offered = (
                ", ".join(state.options)
                or f"none; it waits for {', '.join(what for what, _ in told.missing)}"
            )
            raise Refused("unknown_option", f"{state.key} has no option {r.value!r}; accepted: {offered}")
        shown = self.plan.seen[state.key]
        check_unmoved(r, state.key, shown, None if state.open else self.record.by_id.get(state.confirmed_by))
        if not state.open:
            self._again(state, told.enacted, value)
        overrides = state.proposal is not None and value != state.proposal
        if (overrides or not state.open) and not r.override:
            raise Refused(
                "not_proposed",
                f"{state.key}: {r.value} is not what is proposed ({state.proposal or state.in_force}); "
                "to take it all the same, override with a reason",
            )
        if (overrides or r.override) and not r.reason.strip():
            raise Refused("reason_missing", f"{state.key}: taking {r.value} needs a reason")
        return self._event(name=state.key, value=value, seen=shown, scope=(), details=decision_details(r))

    def _again(self, state: DecisionState, enacted: bool, value: str | None) -> None:
        """Deciding anew what is decided: as long as it has not been done."""
        if state.in_force is None:
            raise Refused("not_proposed", f"{state.key} is not asked now")
        if state.in_force == value:
            raise Refused("not_proposed", f"{state.key} is already decided: {state.in_force}")
        if enacted:
            raise Refused(
                "not_proposed", f"{state.key}: {state.in_force} has been carried out, patients have entered"
            )

    def _decision_state(self) -> DecisionState | None:
        found = [d for d in self.plan.plan.decisions if self._named(d.key)]
        if len(found) == 1:
            return found[0]
        wanted = key_of(self.report.name, tuple(sorted(self.report.scope)))
        return next((d for d in found if d.key in (wanted, self.report.name)), None) or next(
            (d for d in found if d.open), None
        )

    def acknowledgement(self) -> Event:
        """Somebody has taken note of an obligation."""
        found = self._obligation()
        if found is None:
            open_now = [
                o.id for o in (*self.plan.plan.deviations, *self.plan.plan.alerts) if o.state == "raised"
            ]
            name = self.report.name
            raise Refused("not_waiting", f"nothing raised is called {name!r}; {nearest(name, open_now)}")
        if found.state == "acknowledged":
            raise Refused("not_waiting", f"{found.id} has already been acknowledged")
        return self._event(name=found.key, value=found.severity, scope=())

    def _obligation(self) -> Obligation | None:
        found = [o for o in (*self.plan.plan.deviations, *self.plan.plan.alerts) if self._named(o.key)]
        return next((o for o in found if o.state == "raised"), found[0] if found else None)


def _details(report: Report) -> tuple[tuple[str, str], ...]:
    """The report's details, sorted; the value of a verdict may be given as the report's own."""
    details = dict(report.details)
    if report.value is not None and report.kind in ("action", "correction"):
        details.setdefault("value", report.value)
    return tuple(sorted(details.items()))
