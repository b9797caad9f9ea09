"""What is done in a subtrial, and told to it: the actions, their details, who may report them, and when they can be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from pathway.events import Report
from pathway.language.parsing import YEARS, all_of_them, nearest
from pathway.record import Record
from pathway.refusal import Refused
from pathway.subtrial.messages import FORMERLY, STANDING, SUBJECT
from pathway.subtrial.plan import Governor, SubtrialPlan
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
NEED_A_REASON = ("suspended", "halted_safety", "withdrawn", "closed")
"""What is not reported without a reason by those who report it here: every patient who waits is told it."""
ACTION_DETAILS: dict[str, tuple[str, ...]] = {
    STANDING: ("country", "dlt", FORMERLY, "number", "response", "site", "started", "wants"),
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


@dataclass(frozen=True, slots=True)
class ActionRules:
    """The rules for one report of an action, or of a correction of one. `plan`: as it is at `now`."""

    governor: Governor
    record: Record
    report: Report
    now: datetime
    plan: SubtrialPlan

    def check(
        self, name: str, scope: tuple[tuple[str, str], ...], details: tuple[tuple[str, str], ...]
    ) -> None:
        """Refuses an action that may not be, or may not be reported like this."""
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
            raise Refused("unknown_detail", f"dose level {level!r} is not known; {all_of_them(known)}")
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
                # The pseudonym with the nearest spelling is another patient.
                f"{subject} has nothing to do with {self.governor.id} so far; accepted: a patient who has asked for a slot",
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
        if not all(_SUBJECT.fullmatch(each) for each in given.get(FORMERLY, "").split()):
            raise Refused(
                "malformed", f"{FORMERLY} {given[FORMERLY]!r}: accepted are pseudonyms with blanks between"
            )
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
