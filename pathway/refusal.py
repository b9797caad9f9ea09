"""Refusals: the codes, the one error, and what is checked of a report before its meaning is."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from pathway.errors import AllpathError
from pathway.events import Event, Report, Seen, seen_digest
from pathway.language import ROLES
from pathway.language.parsing import YEARS, nearest
from pathway.record import Record
from pathway.site import Site

AHEAD = timedelta(minutes=5)
PERSON = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,39}")
"""How somebody who enters something names themselves: a code, such as initials or a staff number."""


CODES = (
    "malformed",
    "unknown_fact",
    "unknown_action",
    "unknown_event",
    "unknown_role",
    "unknown_point",
    "unknown_scope",
    "unknown_detail",
    "unknown_unit",
    "unit_missing",
    "impossible",
    "future",
    "content_differs",
    "not_proposed",
    "moved",
    "unseen",
    "unknown_option",
    "wrong_role",
    "not_latest",
    "reason_missing",
    "not_waiting",
    "archived",
    "record_full",
)


DECISION_DETAILS = ("meeting",)
"""What a decision may say about itself: the week of the meeting that took it (`2025-W45`)."""


MALFORMED = ("malformed", "impossible", "unit_missing", "reason_missing", "unseen")


class Refused(AllpathError):
    """A report that is not recorded.

    `code` is one of `CODES`; the message says what was wrong and what would be accepted.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.exit_status = 2 if code in MALFORMED or code.startswith("unknown_") else 3


def check_frame(report: Report, now: datetime, site: Site | None = None) -> None:
    """Refuses what no record of any kind takes: malformed ids, unknown roles, instants in the future. Raises Refused, in the
    time of the site where there is one."""
    if not report.id or len(report.id) > 128 or any(c.isspace() for c in report.id):
        raise Refused("malformed", f"event id {report.id!r} must be 1 to 128 characters without spaces")
    if report.role not in ROLES:
        raise Refused("unknown_role", f"role {report.role!r} is not known; {nearest(report.role, ROLES)}")
    if report.person and not PERSON.fullmatch(report.person):
        raise Refused(
            "malformed",
            "who enters is named by a code of at most 40 letters, digits, dots, dashes, _ and @, such as KM or staff-12",
        )
    if len(report.reason) > 2000:
        raise Refused("malformed", "a reason may have at most 2000 characters")
    for name, instant in (("recorded", report.at), ("happened", report.occurred)):
        if instant is None:
            continue
        if instant.tzinfo is None:
            raise Refused("malformed", f"the instant {name} needs a time zone")
        if instant.year not in YEARS:
            raise Refused(
                "impossible", f"the year {instant.year} is impossible; accepted: {YEARS[0]} to {YEARS[-1]}"
            )
        if instant > now + AHEAD:
            told = instant.isoformat()
            if site is not None:
                told = f"{instant.astimezone(site.tz):%Y-%m-%d %H:%M} ({site.zone})"
            raise Refused(
                "future",
                f"{told} lies in the future; what has not happened cannot be recorded",
            )


def check_void(report: Report, target: Event, record: Record) -> None:
    """Refuses to void without a reason, or what cannot be voided. Raises Refused."""
    if not report.reason.strip():
        raise Refused("reason_missing", f"voiding {report.target!r} needs a reason")
    if target.kind == "void":
        raise Refused("malformed", "a void cannot be voided; record the event again under a new id")
    if target.kind == "rename":
        raise Refused("malformed", "a pseudonym that was replaced is not used again; replace the present one")
    if target.id in record.voided or record.root.get(target.id) in record.voided:
        raise Refused("not_latest", f"{report.target!r} has already been voided")


def check_seen(report: Report) -> None:
    """Refuses a decision that does not say what its author saw. For the real clock: in a rehearsal the driver takes what
    stands. Raises Refused."""
    if report.kind == "decision" and not report.expected:
        raise Refused(
            "unseen",
            f"{report.name}: a decision is bound to what was seen; look at it, and send its digest back with the answer",
        )


def check_unmoved(report: Report, key: str, shown: Seen, answer: Event | None = None) -> None:
    """Refuses a report that is bound to another question than the one that stands now.

    `answer`: the event that has answered it, if one has. Raises Refused, which says who answered what, and when.
    """
    if not report.expected or report.expected == seen_digest(shown, answer.id if answer is not None else ""):
        return
    if answer is None:
        raise Refused(
            "moved",
            f"{key}: {report.expected!r} is not the digest of what stands now: it is mistyped, or the plan has moved since it "
            "was shown; look again",
        )
    raise Refused("moved", f"{answered(key, answer)}; look again")


def answered(key: str, answer: Event) -> str:
    """Who answered a question, with what, and when."""
    who = f"the {answer.role}{f' {answer.person}' if answer.person else ''}"
    at = f"{answer.recorded.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"{key} was answered {answer.value} by {who} on {at} (event {answer.id})"


def decision_details(report: Report) -> tuple[tuple[str, str], ...]:
    """What a decision says about itself. Raises Refused for what it cannot say."""
    for name, _ in report.details:
        if name not in DECISION_DETAILS:
            raise Refused(
                "unknown_detail", f"a decision has no detail {name!r}; {nearest(name, DECISION_DETAILS)}"
            )
    return in_order(report.details)


def in_order(details: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The details of a report by name: in whichever order they were typed, they say the same."""
    return tuple(sorted(details))
