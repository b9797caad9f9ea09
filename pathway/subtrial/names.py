"""Patients who got another pseudonym, in the records of governors and meetings: what was recorded of them under an old one is
theirs under the new one.

Such a record is never changed. A patient's pathway says in each of its messages to a governor how the patient was called before,
and a meeting is told once; from then on everything is read as if it had named the present pseudonym from the beginning.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from pathway.changes import Announced, Statement
from pathway.events import Event, Seen
from pathway.record import Record
from pathway.refusal import Refused
from pathway.subtrial.keys import SUBJECT, key_under, text_under
from pathway.subtrial.messages import FORMERLY, STANDING

RENAMED: Final = "renamed"
"""The action by which a meeting hears that a patient got another pseudonym."""
WAS: Final = "was"
"""Its detail that names the one before; the present one is in the detail `subject`."""
PAIRS: Final = "decisions"
"""The detail of a meeting's agenda that holds its decisions as pairs of subject and key, as JSON."""
KEPT: Final = "present names"
"""Where a record keeps itself under the present names; no event has this name."""
VERDICTS: Final = (" DLT", " response")
"""How the values that a decision rested on are named: `P1 DLT`."""


def renames_of(event: Event) -> dict[str, str]:
    """The old pseudonyms that a pathway's message tells of, with the present one."""
    if event.name == RENAMED and event.kind == "action":
        return {event.detail(WAS) or "": event.detail(SUBJECT) or ""}
    if event.name != STANDING:
        return {}
    present = dict(event.scope).get(SUBJECT, "")
    return {old: present for old in (event.detail(FORMERLY) or "").split() if old != present}


def names_of(record: Record) -> Mapping[str, str]:
    """Every old pseudonym in a governor's record, with the present one."""
    kept = record.kept.setdefault(KEPT, {})
    names: dict[str, str] = kept.setdefault("names", {})
    for event in record.events[kept.get("read", 0) :]:
        new = renames_of(event)
        names.update({old: new.get(present, present) for old, present in names.items()} | new)
    kept["read"] = len(record.events)
    return names


def under_present_names(record: Record) -> Record:
    """A governor's record as if each patient had always been called as now; the same one if nobody was renamed."""
    names = names_of(record)
    if not names:
        return record
    kept = record.kept[KEPT]
    found: Record | None = kept.get("record")
    if found is None or kept.get("under") != names:
        found = kept["record"] = Record()
        kept["under"] = dict(names)
    for event in record.events[len(found.events) :]:
        found.append(called(event, names))
    return found


def check_present_name(record: Record, subject: str) -> None:
    """Refuses a report that names a patient by a pseudonym that was replaced. Raises Refused."""
    present = names_of(record).get(subject)
    if present is not None:
        raise Refused(
            "renamed", f"{subject} is called {present} now; a pseudonym that was replaced is not used again"
        )


def called(event: Event, names: Mapping[str, str]) -> Event:
    """An event as if its patient had always been called as now."""
    keyed = event.kind in ("decision", "acknowledgement")
    return replace(
        event,
        name=key_under(event.name, names) if keyed else event.name,
        scope=_labels(event.scope, names),
        details=event.details if event.name == RENAMED else _labels(event.details, names),
        seen=None if event.seen is None else _seen(event.seen, names),
    )


def _labels(labels: tuple[tuple[str, str], ...], names: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((label, _labelled(label, text, names)) for label, text in labels)


def _labelled(label: str, text: str, names: Mapping[str, str]) -> str:
    if label == PAIRS:
        return json.dumps([[names.get(subject, subject), key] for subject, key in json.loads(text)])
    return names.get(text, text) if label == SUBJECT else text


def told_under(announced: Announced, names: Mapping[str, str]) -> Announced:
    """What was told, under the present names, so that it is not told again."""
    if not names:
        return announced
    found: dict[str, Statement] = {}
    for key, each in announced.statements.items():
        present = key_under(key, names)
        same = present == key
        found[present] = each if same else replace(each, key=present, text=text_under(each.text, names))
    return Announced(found, announced.forgotten)


def _seen(seen: Seen, names: Mapping[str, str]) -> Seen:
    def name(value: str) -> str:
        for ending in VERDICTS:
            if value.endswith(ending):
                subject = value.removesuffix(ending)
                return f"{names.get(subject, subject)}{ending}"
        return value

    return replace(
        seen,
        values=tuple((name(what), text) for what, text in seen.values),
        bands=tuple((name(what), text) for what, text in seen.bands),
    )
