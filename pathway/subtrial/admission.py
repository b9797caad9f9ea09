"""The door of a governor: what is let into a subtrial's record.

Malformed, impossible, stale and unauthorised reports are refused with a reason. That a patient began without a slot, or on a
closed level, is recorded: what happened has happened.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from pathway.events import Event, Report
from pathway.language.parsing import YEARS, nearest
from pathway.language.terms import key_of
from pathway.plan import DecisionState, Obligation
from pathway.record import Record
from pathway.refusal import Refused, check_frame, check_unmoved, decision_details
from pathway.subtrial.levels import DOWN
from pathway.subtrial.messages import STANDING, SUBJECT
from pathway.subtrial.plan import Governor, SubtrialPlan
from pathway.subtrial.questions import DECISIONS
from pathway.subtrial.slots import HOLDING, PATIENT_ACTIONS, VERDICTS, WANTS, day_of, subject_of
from pathway.subtrial.status import TRIAL_ACTIONS

OFFICE = ("coordinator", "sponsor", "meeting")
CARE = ("coordinator", "clinician", "meeting", "sponsor")
ACTION_ROLES: dict[str, tuple[str, ...]] = {
    STANDING: CARE,
    **dict.fromkeys(PATIENT_ACTIONS, CARE),
    **dict.fromkeys(("submitted", "approved", "activated", "deactivated"), OFFICE),
    **dict.fromkeys(("suspended", "halted_safety"), ("meeting", "sponsor", "coordinator", "clinician")),
    **dict.fromkeys(("resumed", "withdrawn", "closed"), ("meeting", "sponsor")),
}
"""Who may report what; the first is who usually does."""
ACTION_DETAILS: dict[str, tuple[str, ...]] = {
    STANDING: ("country", "dlt", "number", "response", "site", "started", "wants"),
    "slot_asked": ("country", "site"),
    "slot_released": ("country", "reason", "site"),
    "slot_taken_up": ("country", "level", "site"),
    "dlt": ("country", "site", "value"),
    "response": ("country", "site", "value"),
    **dict.fromkeys(("activated", "deactivated"), ("country", "from", "reason", "site")),
    **dict.fromkeys(("submitted", "approved"), ("country", "reason")),
    **dict.fromkeys(("suspended", "resumed", "halted_safety", "withdrawn", "closed"), ("reason",)),
}
"""The details of each action. `value` is YES, NO or INEVALUABLE; `from` the local day from which an activation counts."""
_SUBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SITE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_COUNTRY = re.compile(r"[A-Z]{2}")


def admit_to(
    governor: Governor, record: Record, report: Report, now: datetime, plan: SubtrialPlan
) -> Event | None:
    """The event that the report becomes, or None if it is on record already with the same content.

    `plan` is the plan at `now`. Raises `pathway.patient.admission.Refused`.
    """
    check_frame(report, now, governor.site)
    door = _Door(governor, record, report, now, plan)
    known = record.by_id.get(report.id)
    if known is not None:
        if door.says_the_same(known):
            return None
        raise Refused(
            "content_differs",
            f"event id {report.id!r} is already on record with another content; use a new id, or a correction",
        )
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

    def _event(self, **more: object) -> Event:
        r = self.report
        fields: dict[str, object] = {
            "name": r.name,
            "scope": tuple(sorted(r.scope)),
            "details": (),
            "target": r.target,
            "reason": r.reason,
            "override": r.override,
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
        self._check(r.name, r.scope, details)
        return self._event(details=details)

    def _check(
        self, name: str, scope: tuple[tuple[str, str], ...], details: tuple[tuple[str, str], ...]
    ) -> None:
        r = self.report
        if r.role not in ACTION_ROLES[name]:
            raise Refused(
                "wrong_role",
                f"{name} is reported by the {' or '.join(ACTION_ROLES[name])}, not by the {r.role}",
            )
        given = dict(details)
        if r.value is not None and "value" not in ACTION_DETAILS[name]:
            raise Refused("malformed", f"{name} is an action and has no value; use its details")
        for detail in given:
            if detail not in ACTION_DETAILS[name]:
                raise Refused(
                    "unknown_detail",
                    f"{name} has no detail {detail!r}; {nearest(detail, ACTION_DETAILS[name])}",
                )
        self._formats(name, given)
        if name in TRIAL_ACTIONS:
            if scope:
                raise Refused("unknown_scope", f"{name} concerns the subtrial and has no scope")
            self._activation(name, given)
        else:
            self._subject(name, dict(scope))
            if name == STANDING:
                self._standing(given)
            elif r.kind == "action":
                self._patient(name, dict(scope)[SUBJECT], given)

    def _formats(self, name: str, given: dict[str, str]) -> None:
        country, site, level = given.get("country", ""), given.get("site", ""), given.get("level", "")
        if country and not _COUNTRY.fullmatch(country):
            raise Refused("malformed", f"country {country!r}: accepted is ISO 3166 alpha-2, such as NL")
        if site and not _SITE.fullmatch(site):
            raise Refused(
                "malformed", f"site {site!r}: accepted are up to 64 letters, digits, . _ -, such as S01"
            )
        phase = self.governor.subtrial.phase_one
        known = [each.id for each in phase.levels] if phase is not None else []
        if level and level not in known:
            raise Refused("unknown_detail", f"dose level {level!r} is not known; {nearest(level, known)}")
        if "value" in ACTION_DETAILS[name] and given.get("value") not in VERDICTS:
            raise Refused(
                "unknown_option",
                f"{name} needs the detail value, one of {', '.join(VERDICTS)}, got {given.get('value')!r}",
            )
        for detail in ("dlt", "response"):
            if given.get(detail) and given[detail] not in VERDICTS:
                raise Refused(
                    "unknown_option", f"{detail} {given[detail]!r}: accepted are {', '.join(VERDICTS)}"
                )

    def _activation(self, name: str, given: dict[str, str]) -> None:
        if name not in ("activated", "deactivated"):
            return
        if not given.get("country"):
            raise Refused(
                "malformed", f"{name} needs the detail country; without a site it is the whole country"
            )
        if given.get("from"):
            self._day(name, "from", given["from"])

    def _day(self, name: str, detail: str, text: str) -> None:
        day = day_of(text)
        if day is None or day.isoformat() != text:
            raise Refused("malformed", f"{name}, {detail} {text!r}: accepted is a day such as 2025-11-03")
        if day.year not in YEARS:
            raise Refused(
                "impossible",
                f"{name}, {detail}: the year {day.year} is impossible; accepted: {YEARS[0]} to {YEARS[-1]}",
            )

    def _subject(self, name: str, scope: dict[str, str]) -> None:
        subject = scope.get(SUBJECT, "")
        if set(scope) != {SUBJECT}:
            raise Refused("unknown_scope", f"{name} needs the scope {SUBJECT}, and no other")
        if not _SUBJECT.fullmatch(subject):
            raise Refused(
                "malformed", f"subject {subject!r}: accepted are up to 64 letters, digits, . _ -, such as P1"
            )

    def _patient(self, name: str, subject: str, given: dict[str, str]) -> None:
        known = self._subjects()
        if name in ("slot_released", "dlt", "response") and subject not in known:
            raise Refused(
                "unknown_scope",
                f"{subject} has nothing to do with {self.governor.id} so far; {nearest(subject, list(known))}",
            )
        slot = next((s for s in self.plan.slots if s.subject == subject), None)
        if name in ("dlt", "response") and (slot is None or slot.state not in HOLDING):
            raise Refused(
                "not_waiting",
                f"{subject} has no slot and no first dose on record; record slot_taken_up first",
            )
        if name == "slot_released":
            if slot is not None and slot.state == "ENROLLED":
                raise Refused(
                    "not_waiting",
                    f"{subject} has begun treatment; a slot that was taken up is not given back",
                )
            if not (slot is not None and slot.state == "RESERVED") and not any(
                w.subject == subject for w in self.plan.waiting
            ):
                raise Refused("not_waiting", f"{subject} has no slot and waits for none")
        if name == "slot_asked" and self.governor.subtrial.activation:
            for detail in ("country", "site"):
                if not given.get(detail) and not known.get(subject, {}).get(detail):
                    raise Refused(
                        "malformed",
                        f"{name} needs the detail {detail}: a subtrial is activated by country and site",
                    )

    def _subjects(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for name in (STANDING, *PATIENT_ACTIONS):
            for event in self.record.actions.get(name, ()):
                about = found.setdefault(subject_of(event), {})
                about |= {k: v for k, v in event.details if k in ("country", "site") and v}
        return found

    def _standing(self, given: dict[str, str]) -> None:
        wants, number, started = given.get("wants", ""), given.get("number", ""), given.get("started", "")
        if wants not in WANTS:
            raise Refused("unknown_option", f"wants {wants!r}: accepted are {', '.join(WANTS)}")
        if number and not (number.isascii() and number.isdigit() and len(number) <= 9):
            raise Refused("malformed", f"number {number!r}: accepted is a whole number from 0")
        if started:
            self._day(STANDING, "started", started)
            if started > self.now.astimezone(self.governor.site.tz).date().isoformat():
                # A patient's site may be a day ahead of the coordinating office; two days are not possible.
                day, today = day_of(started), self.now.astimezone(self.governor.site.tz).date()
                if day is not None and (day - today).days > 1:
                    raise Refused("future", f"started {started} lies in the future")

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
        self._check(before.name, scope, details)
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
        if not r.reason.strip():
            raise Refused("reason_missing", f"voiding {r.target!r} needs a reason")
        if target.kind == "void":
            raise Refused("malformed", "a void cannot be voided; record the event again under a new id")
        if target.id in self.record.voided or self.record.root.get(target.id) in self.record.voided:
            raise Refused("not_latest", f"{r.target!r} has already been voided")
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
