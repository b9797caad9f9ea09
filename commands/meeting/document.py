"""The document of a meeting: its agenda as it was frozen, what came late, and what was decided; as a page and as a PDF.

One view, of text only, is made first; the two templates set the same view. Nothing in it is read as markup: the page is
escaped by Jinja, and Typst gets its texts as data.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from commands.errors import NOTICE
from pathway.meeting.agenda import SECTIONS, Entry
from pathway.meeting.calendar import Meeting
from pathway.meeting.plan import day_and_time

if TYPE_CHECKING:
    from client.minutes import Minutes
    from store.meetings import Taken

TEMPLATES: Final = Path(__file__).parent / "templates"
SYNTHETIC: Final = "Synthetic data: a rehearsal. No patient is behind this document."
CALM: Final = {
    "planned": "planned", "frozen": "planned", "due": "now", "overdue": "not recorded",
    "held": "held", "cancelled": "cancelled", "missed": "missed",
}  # fmt: skip
LOUD: Final = ("overdue", "missed", "OPEN", "late", "critical", "major", "FAIL", "EXPIRED", "HELD")
LOUD_ENTRY: Final = ("SUSPENDED", "HALTED_SAFETY", "STOPPED", "EXPIRED")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: lines of text, the first ones `strong`, the others after them; `loud` where somebody should look."""

    strong: str = ""
    lines: tuple[str, ...] = ()
    loud: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A section: columns as (heading, share of the width), rows of cells. Without rows it says `none`."""

    id: str
    title: str
    columns: tuple[tuple[str, int], ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    struck: tuple[int, ...] = ()
    """Numbers of the rows that no longer count."""


@dataclass(frozen=True, slots=True)
class View:
    """The whole document as text."""

    trial: str
    title: str
    week: str
    state: str
    facts: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    counts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    notes: tuple[tuple[str, str], ...]
    footer: str
    synthetic: str


# --- columns ----------------------------------------------------------------------------------------------------

Column = tuple[str, int, Callable[[Entry, Meeting], Cell]]


def _who(entry: Entry, _: Meeting) -> Cell:
    return Cell(entry.subject, (entry.site,))


def _what(entry: Entry, _: Meeting) -> Cell:
    return Cell(entry.what, (entry.text,) if entry.text != entry.what else ())


def _text(entry: Entry, _: Meeting) -> Cell:
    return Cell("", (entry.text,))


def _state(entry: Entry, _: Meeting) -> Cell:
    loud = entry.state in (LOUD_ENTRY if entry.section == "subtrials" else LOUD)
    return Cell(entry.state.replace("_", " "), (), loud)


def _phase(entry: Entry, _: Meeting) -> Cell:
    return Cell(entry.state, (entry.text,) if entry.text != entry.state else ())


def _group(entry: Entry, _: Meeting) -> Cell:
    return Cell("", (entry.what,) if entry.what else ())


def _since(entry: Entry, meeting: Meeting) -> Cell:
    return Cell("", (local(meeting, entry.since),) if entry.since is not None else ())


def _due(entry: Entry, _: Meeting) -> Cell:
    return Cell("", (entry.due,) if entry.due else ())


def _owner(entry: Entry, _: Meeting) -> Cell:
    return Cell("", (entry.owner,) if entry.owner else ())


def _reasons(entry: Entry, _: Meeting) -> Cell:
    return Cell("", entry.reasons)


def _proposal(entry: Entry, _: Meeting) -> Cell:
    if entry.proposal:
        others = [option for option in entry.options if option != entry.proposal]
        return Cell(entry.proposal, (f"or {', '.join(others)}",) if others else ())
    return Cell("", (f"no proposal: one of {', '.join(entry.options)}",) if entry.options else ())


WHO: Final[Column] = ("Patient", 11, _who)
COLUMNS: Final[dict[str, tuple[Column, ...]]] = {
    "decisions": (
        ("Patient or subtrial", 11, _who), ("Decision", 24, _what), ("Proposal", 17, _proposal),
        ("Since", 10, _since), ("Reasons", 38, _reasons),
    ),
    "potential": (WHO, ("Where", 37, _phase), ("Group", 10, _group), ("Since", 12, _since), ("Open", 30, _reasons)),
    "enrolled": (WHO, ("Where", 37, _phase), ("Group", 10, _group), ("Since", 12, _since), ("Open", 30, _reasons)),
    "subtrials": (
        ("Subtrial or patient", 12, _who), ("What", 34, _what), ("State", 14, _state),
        ("Until", 12, _due), ("Levels, stages", 28, _reasons),
    ),
    "safety": (
        WHO, ("What", 45, _what), ("State", 13, _state), ("Since", 12, _since), ("Due", 12, _due), ("By", 7, _owner),
    ),
    "toxicity": (WHO, ("What", 30, _what), ("Verdict", 13, _state), ("Since", 12, _since), ("Remarks", 34, _reasons)),
    "response": (WHO, ("What", 30, _what), ("Verdict", 13, _state), ("Since", 12, _since), ("Remarks", 34, _reasons)),
    "holds": (("Patient or subtrial", 12, _who), ("What", 50, _what), ("State", 18, _state), ("Since", 20, _since)),
    "overdue": (
        ("Patient or subtrial", 12, _who), ("What", 50, _what), ("State", 12, _state),
        ("Due", 12, _due), ("By", 14, _owner),
    ),
    "news": (WHO, ("What", 61, _what), ("Since", 14, _since), ("Day", 14, _due)),
    "off": (WHO, ("Where", 61, _phase), ("Since", 28, _since)),
}  # fmt: skip


# --- the view ---------------------------------------------------------------------------------------------------


def local(meeting: Meeting, instant: datetime) -> str:
    """An instant in the office's time, `2025-11-06 14:00`."""
    return f"{instant.astimezone(meeting.office.tz):%Y-%m-%d %H:%M}"


def view(minutes: Minutes) -> View:
    """The document as text."""
    meeting, week, agenda = minutes.meeting, minutes.week, minutes.agenda
    tables = (
        []
        if agenda is None
        else [_section(minutes, section, title) for section, title in SECTIONS if section != "off"]
    )
    if agenda is not None and agenda.of("off"):
        tables.append(_section(minutes, "off", "Off treatment since the last meeting"))
    if agenda is not None and agenda.kind == "frozen":
        tables.append(_late(minutes))
    tables.append(_taken(minutes))
    return View(
        trial=meeting.trial,
        title=minutes.title,
        week=week.week,
        state=CALM[week.state],
        facts=tuple(_facts(minutes)),
        warnings=tuple(_warnings(minutes)),
        counts=tuple((table.title.partition(":")[0], str(len(table.rows))) for table in tables),
        tables=tuple(tables),
        notes=tuple(
            (
                ", ".join(filter(None, (local(meeting, note.at), note.role, note.person)))
                + (f", on {note.subject}" if note.subject else ""),
                note.text,
            )
            for note in week.notes
        ),
        footer=NOTICE,
        synthetic=SYNTHETIC if minutes.synthetic else "",
    )


def _facts(minutes: Minutes) -> Iterable[tuple[str, str]]:
    meeting, week, agenda = minutes.meeting, minutes.week, minutes.agenda
    yield "Planned for", f"{day_and_time(meeting, week.at)} ({meeting.office.zone})"
    for to, reason, recorded in week.postponed:
        yield "Postponed", f"to {day_and_time(meeting, to)}: {reason} (recorded {local(meeting, recorded)})"
    if week.held is not None:
        yield "Held", day_and_time(meeting, week.held.occurred)
        yield "Attended", ", ".join(week.attended) or "not recorded"
    elif week.state == "cancelled":
        yield "Cancelled", week.reason
    yield "Office", meeting.office.id
    if agenda is not None:
        word = "frozen" if agenda.kind == "frozen" else "gathered"
        yield (
            "Agenda",
            f"{word} {local(meeting, agenda.at)}, {len(agenda.entries)} entries, text {agenda.digest[:12]}",
        )
        since = local(meeting, agenda.since) if agenda.since is not None else "the first meeting"
        yield "New since", since


def _warnings(minutes: Minutes) -> Iterable[str]:
    week, agenda = minutes.week, minutes.agenda
    if week.state == "overdue":
        yield "Nobody has recorded what became of this meeting. Nothing was decided by it."
    if week.state == "missed":
        yield "This meeting was not held. What was open went to the next one; nothing was decided by this one."
    if agenda is None:
        yield "No agenda was kept for this meeting."
    elif agenda.kind != "frozen":
        yield "This agenda is not frozen: it shows how things stand at the moment of gathering."
    for text in agenda.unread if agenda is not None else ():
        yield f"Could not be read, and is missing here: {text}"


def _section(minutes: Minutes, section: str, title: str) -> Table:
    entries = minutes.agenda.of(section) if minutes.agenda is not None else ()
    columns = COLUMNS[section]
    rows = tuple(tuple(cell(entry, minutes.meeting) for _, _, cell in columns) for entry in entries)
    return Table(section, title, tuple((heading, share) for heading, share, _ in columns), rows)


def _late(minutes: Minutes) -> Table:
    titles = dict(SECTIONS)
    before = {entry.key: entry for entry in (minutes.agenda.entries if minutes.agenda is not None else ())}

    def row(entry: Entry, how: str) -> tuple[Cell, ...]:
        return (
            _who(entry, minutes.meeting),
            Cell("", (titles[entry.section].partition(":")[0],)),
            _what(entry, minutes.meeting),
            Cell(how, (_words(entry),)),
            _reasons(entry, minutes.meeting),
        )

    rows = [row(entry, "new") for entry in minutes.late.added]
    rows += [row(entry, f"changed, was {_words(before[entry.key])}") for entry in minutes.late.changed]
    columns = (
        ("Patient or subtrial", 11),
        ("Section", 14),
        ("What", 30),
        ("How it stands", 20),
        ("Reasons", 25),
    )
    return Table(
        "late", "Late additions: after the agenda was frozen", columns, tuple(rows),
        "These were not on the agenda that was sent out.",
    )  # fmt: skip


def _words(entry: Entry) -> str:
    parts = (entry.state.replace("_", " "), f"proposal {entry.proposal}" if entry.proposal else "", entry.due)
    return ", ".join(part for part in parts if part) or ("to be decided" if entry.options else "told")


def _taken(minutes: Minutes) -> Table:
    rows, struck = [], []
    for number, each in enumerate(minutes.taken):
        remark = [each.reason] if each.reason else []
        if each.voided:
            remark.append("voided since: it does not count")
            struck.append(number)
        proposed = each.proposal or "no proposal"
        rows.append(
            (
                Cell(each.subject, (each.site,)),
                Cell(each.decision),
                Cell(
                    each.option,
                    (f"proposed: {proposed}",) + (("against the proposal",) if each.override else ()),
                ),
                Cell("", (_recorded_by(each), local(minutes.meeting, each.at), each.event)),
                Cell("", tuple(remark)),
            )
        )
    columns = (("Patient or subtrial", 11), ("Decision", 24), ("Taken", 20), ("Recorded", 20), ("Reason", 25))
    return Table(
        "taken", "Decisions taken in this meeting", columns, tuple(rows),
        "As recorded in the pathways and subtrials against this meeting.", tuple(struck),
    )  # fmt: skip


def _recorded_by(each: Taken) -> str:
    """By whom a decision is on record: the person who signed it, or the role that was claimed."""
    return f"{each.person}, {each.role}" if each.person else f"as claimed by the {each.role}"


# --- the two forms ----------------------------------------------------------------------------------------------


def html(view_: View) -> str:
    """The document as one page of HTML, with nothing outside it."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("meeting.html").render(view=view_)


def pdf(view_: View, made: datetime) -> bytes:
    """The document as a PDF on A4. The same view and `made` give the same bytes."""
    import typst

    data = json.dumps(asdict(view_), ensure_ascii=False)
    made_bytes = typst.compile(
        str(TEMPLATES / "meeting.typ"),
        format="pdf",
        sys_inputs={"view": data},
        ignore_system_fonts=True,
        timestamp=int(made.timestamp()),
    )
    if not isinstance(made_bytes, bytes):
        raise TypeError("one document was asked for")
    return made_bytes
