"""A file of what happened before: read and checked as a whole, before anything of it is recorded."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from commands.errors import UsageError
from commands.event_ids import new_id
from commands.reading import moment, plain
from pathway.engine.context import Compiled
from pathway.events import Event, Report
from pathway.language.hours import by_the_hour
from pathway.language.profile import Profile
from pathway.moments import day_alone
from pathway.patient.sitting import TOLD, admit_all
from pathway.record import Record
from pathway.rehearsal.tree import Entries, Malformed, Node, Problem, Reader, Tree
from pathway.site import Site

WHAT: Final = ("fact", "do", "ae", "unobtainable")
KEYS: Final = (
    *WHAT, "value", "grade", "unit", "point", "when", "scope", "with", "scale", "of", "as", "by", "reason", "id",
)  # fmt: skip
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "unknown_fact": ("fact", "unobtainable"),
    "unknown_action": ("do",),
    "unknown_event": ("of", "ae"),
    "unknown_role": ("as",),
    "unknown_point": ("point",),
    "unknown_scope": ("scope",),
    "unknown_detail": ("scale", "with"),
    "unknown_unit": ("unit",),
    "unit_missing": ("value",),
    "future": ("when",),
    "impossible": ("value", "grade", "with", "when"),
    "malformed": ("value", "grade", "with", "id"),
    "reason_missing": ("reason",),
    "content_differs": ("id",),
}
"""In which column the fault of a refusal lies, by its code: the first of these that the row has."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a file says: its reports in order, each with the row that it stands in."""

    file: str
    reports: tuple[Report, ...]
    rows: tuple[Entries, ...]


def read_backlog(path: Path, compiled: Compiled, site: Site, now: datetime, person: str = "") -> Backlog:
    """The reports of a CSV or YAML file. Raises `UsageError`, or `Malformed` with what is wrong in which line and column."""
    try:
        tree = _tree(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from None
    reader = Reader(tree.file)
    rows = tuple(each for each in reader.items(tree.root, "the file") if _is_row(reader, each))
    if not rows and not reader.problems:
        reader.wrong(tree.root, "the file has no entries")
    reports = [_report(row, reader, compiled, site, now, person) for row in rows]
    _stop(reader.file, reader.problems)
    return Backlog(
        tree.file,
        tuple(r for r in reports if r is not None),
        tuple(r for r in rows if isinstance(r, Entries)),
    )


def check_backlog(
    backlog: Backlog,
    compiled: Compiled,
    profile: Profile,
    site: Site,
    record: Sequence[Event],
    now: datetime,
) -> None:
    """Try every row at the door, one after the other. Raises `Malformed` with what would be refused, in which line and column."""
    tried = admit_all(compiled, profile, site, Record.of(record), backlog.reports, now)
    problems = []
    for number, refused in tried.faults:
        row = backlog.rows[number]
        cells = {key.text: value for key, value in row.entries}
        node: Node = next((cells[name] for name in COLUMNS.get(refused.code, ()) if name in cells), row)
        problems.append(Problem(node.line, node.column, " ".join(str(refused).split())))
    _stop(backlog.file, problems)


def new_sitting() -> str:
    """An id for a sitting."""
    return f"s-{uuid.uuid4().hex[:12]}"


def _tree(path: Path) -> Tree:
    from runtime import csv_tree, yaml_tree

    match path.suffix.lower():
        case ".csv" | ".tsv" | ".txt":
            return csv_tree.load(path)
        case ".yaml" | ".yml" | ".json":
            return yaml_tree.load(path)
    raise UsageError(f"{path}: a file of entries ends in .csv or .yaml")


def _stop(file: str, problems: Sequence[Problem]) -> None:
    """Raise `Malformed` with the first twenty problems, and how many more there are."""
    found = sorted(problems)
    if len(found) > TOLD:
        last = found[TOLD - 1]
        more = Problem(last.line, last.column, f"and {len(found) - TOLD} more; nothing was recorded")
        found = [*found[:TOLD], more]
    if found:
        raise Malformed(file, found)


def _is_row(reader: Reader, node: Node) -> bool:
    if isinstance(node, Entries):
        return True
    reader.entries(node, "an entry")
    return False


def _report(
    row: Node, reader: Reader, compiled: Compiled, site: Site, now: datetime, person: str
) -> Report | None:
    before = len(reader.problems)
    cells = reader.record(row, "an entry", KEYS)
    kinds = [name for name in WHAT if name in cells]
    if len(kinds) != 1:
        found = f"this one has {' and '.join(kinds)}" if kinds else "this one has none"
        reader.wrong(row, f"an entry has one of {', '.join(WHAT)}; {found}")
        return None
    (kind,) = kinds

    def text(key: str) -> str:
        return (reader.text(cells.get(key), key) or "") if key in cells else ""

    name = text(kind)
    for key in ("grade", "scale", "of"):
        if key in cells and kind != "ae":
            reader.wrong(cells[key], f"{key} belongs to an adverse event")
    for key, wanted in (("value", kind == "fact"), ("grade", kind == "ae")):
        if wanted and key not in cells:
            reader.wrong(row, f"{name}: {key} is missing")
    occurred = None
    if "when" in cells:
        when = text("when")
        if kind == "do" and day_alone(when) and name in by_the_hour(compiled.protocol):
            reader.wrong(
                cells["when"],
                f"{name} counts by the hour: say at which hour of the day, as in '{when} HH:MM'",
            )
        try:
            occurred = moment(when, site.tz, now)
        except UsageError as error:
            reader.wrong(cells["when"], str(error))
    elif kind != "unobtainable":
        reader.wrong(row, f"{name}: when is missing: what happened before needs its moment")
    details = dict(_pairs(reader, cells.get("with"), "with"))
    scales = compiled.adverse_events[name].scales if kind == "ae" and name in compiled.adverse_events else ()
    scale = text("scale") or (scales[0] if len(scales) == 1 else "")
    if kind == "ae" and scale:
        details.setdefault("scale", scale)
    scope = _pairs(reader, cells.get("scope"), "scope")
    if len(reader.problems) > before:
        return None
    return Report(
        id=text("id") or new_id(),
        kind={"fact": "observation", "do": "action", "ae": "adverse_event", "unobtainable": "not_obtainable"}[
            kind
        ],  # type: ignore[arg-type]
        at=now,
        role=text("as") or _owner(kind, name, compiled),
        name=name,
        point=text("point"),
        scope=scope,
        value=plain(text("value") or text("grade") or None),
        unit=text("unit"),
        occurred=occurred,
        details=tuple(sorted(details.items())),
        target=text("of"),
        reason=text("reason"),
        person=text("by") or person,
    )


def _owner(kind: str, name: str, compiled: Compiled) -> str:
    """Whose task an entry is, where nobody is named."""
    if kind == "do":
        action = compiled.actions.get(name)
        return action.role if action is not None else "coordinator"
    if kind == "ae":
        return "clinician"
    fact = compiled.facts.get(name)
    return fact.supplier if fact is not None else "coordinator"


def _pairs(reader: Reader, node: Node | None, what: str) -> tuple[tuple[str, str], ...]:
    """`cycle=1 day=2` in one cell, or a mapping."""
    if node is None:
        return ()
    found: dict[str, str] = {}
    if isinstance(node, Entries):
        for key, value in node.entries:
            found[key.text] = reader.text(value, f"{what} {key.text}") or ""
        return tuple(sorted(found.items()))
    for part in (reader.text(node, what) or "").split():
        name, equals, said = part.partition("=")
        if not (name and equals and said) or name in found:
            reader.wrong(node, f"{what}: expected NAME=VALUE, each name once, such as cycle=1; got {part!r}")
        found[name] = said
    return tuple(sorted(found.items()))
