"""A table of values to be filled in: a row for each value that is asked for, checked as a whole before anything is recorded."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pathway.engine.context import Compiled
from pathway.events import Report
from pathway.language import Fact, Reading
from pathway.language.profile import Profile
from pathway.patient.sitting import Admitted, admit_all
from pathway.record import Record
from pathway.site import Site
from web.access import Viewer
from web.forms import BadForm
from web.moments import moment

SPARE: Final = ("value", "unit", "day", "detail")
MOST_ROWS: Final = 120


@dataclass(frozen=True, slots=True)
class Row:
    """A value that is asked for, with what was typed. `why`: why it cannot be recorded so, or what is doubted of it."""

    fact: Fact
    point: str
    point_words: str
    value: str = ""
    unit: str = ""
    day: str = ""
    detail: str = ""
    why: str = ""

    @property
    def name(self) -> str:
        """How the fields of the row are named."""
        return f"{self.fact.id}|{self.point}"


def rows_of(compiled: Compiled, readings: Iterable[Reading]) -> list[Row]:
    """A row for each value that these readings are of, each once."""
    words = {each.id: each.text for each in compiled.protocol.points}
    found: dict[tuple[str, str], Row] = {}
    for reading in readings:
        fact = compiled.facts.get(reading.fact)
        if fact is None:
            continue
        for point in reading.points or (reading.point,):
            if not fact.points or point in fact.points:
                found.setdefault((fact.id, point), Row(fact, point, words.get(point, point)))
    return list(found.values())[:MOST_ROWS]


def filled(rows: Sequence[Row], typed: Mapping[str, str]) -> list[Row]:
    """The rows with what was typed, and with those that only the form has."""
    return [
        replace(
            row,
            value=typed.get(f"value|{row.name}", ""),
            unit=typed.get(f"unit|{row.name}", ""),
            day=typed.get(f"day|{row.name}", ""),
            detail=typed.get(f"detail|{row.name}", ""),
        )
        for row in rows
    ]


def pasted(compiled: Compiled, text: str) -> dict[str, str]:
    """The fields that a pasted table fills in. Its columns by their headings, else: fact, point, value, unit, day, details.

    Raises `BadForm` with the line that is not understood.
    """
    sample = text.strip().splitlines()
    if not sample:
        return {}
    delimiter = next((each for each in ("\t", ";", ",") if each in sample[0]), "\t")
    table = [
        [cell.strip() for cell in row] for row in csv.reader(io.StringIO(text.strip()), delimiter=delimiter)
    ]
    columns = ["fact", "point", "value", "unit", "day", "detail"]
    if table and "fact" in [cell.lower() for cell in table[0]]:
        columns = [
            {"sampled": "day", "when": "day", "with": "detail"}.get(cell.lower(), cell.lower())
            for cell in table.pop(0)
        ]
    found: dict[str, str] = {}
    for number, cells in enumerate(table, 1):
        if not any(cells):
            continue
        row = dict(zip(columns, cells, strict=False))
        fact = compiled.facts.get(row.get("fact", ""))
        if fact is None:
            raise BadForm(
                f"row {number} of the pasted table: {row.get('fact', '')[:40]!r} is no value of this protocol"
            )
        name = f"{fact.id}|{row.get('point', '')}"
        if fact.points and row.get("point", "") not in fact.points:
            raise BadForm(
                f"row {number} of the pasted table: {fact.id} is of one of the points {', '.join(fact.points)}"
            )
        for key in SPARE:
            if row.get(key):
                found[f"{key}|{name}"] = row[key]
    return found


def asked_for(compiled: Compiled, typed: Mapping[str, str]) -> list[Reading]:
    """The values that a form speaks of beside those that are asked for."""
    names = dict.fromkeys(key.partition("|")[2] for key in typed if "|" in key)
    return [
        Reading(fact, point)
        for fact, _, point in (name.partition("|") for name in names)
        if fact in compiled.facts
    ]


def reports_of(
    rows: Sequence[Row], viewer: Viewer, site: Site, now: datetime, sitting: str, default_day: str
) -> tuple[list[Report], dict[int, str]]:
    """A report for each row with a value; and by the number of the report what is wrong with its row already."""
    reports: list[Report] = []
    wrong: dict[int, str] = {}
    for row in rows:
        if not row.value:
            continue
        number = len(reports)
        role = viewer.role_for("record", site.id, [row.fact.supplier])
        details: tuple[tuple[str, str], ...] = ()
        occurred = None
        try:
            details = _details(row)
            occurred = moment(row.day or default_day, site, now)
            if occurred is None:
                wrong[number] = "say on which day it was sampled"
        except BadForm as error:
            wrong[number] = str(error)
        reports.append(
            Report(
                f"{sitting}-{row.fact.id}-{row.point}"[:128],
                "observation",
                now,
                role,
                row.fact.id,
                point=row.point,
                value=row.value,
                unit=row.unit,
                occurred=occurred,
                details=details,
                person=viewer.code,
            )
        )
    return reports, wrong


def checked(
    rows: Sequence[Row], reports: Sequence[Report], wrong: Mapping[int, str], compiled: Compiled, profile: Profile, site: Site,
    record: Record, now: datetime,
) -> tuple[list[Row], Admitted]:  # fmt: skip
    """The rows with what is wrong with each, and what would be recorded."""
    admitted = admit_all(compiled, profile, site, record, reports, now)
    faults = {number: str(why) for number, why in admitted.faults} | dict(wrong)
    told: list[Row] = []
    number = -1
    for row in rows:
        number += bool(row.value)
        told.append(replace(row, why=faults.get(number, "")) if row.value else row)
    return told, admitted


def _details(row: Row) -> tuple[tuple[str, str], ...]:
    found = {}
    for part in row.detail.replace(",", " ").split():
        name, equals, said = part.partition("=")
        if not (name and equals and said):
            raise BadForm(f"details are NAME=VALUE, such as assay=PCR; got {part[:40]!r}")
        found[name] = said
    return tuple(sorted(found.items()))
