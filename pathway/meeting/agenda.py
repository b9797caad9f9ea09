"""The agenda of a coordinating meeting: plain entries in fixed sections, and what came late.

Frozen data of text, so that what was shown is kept as it was shown, whatever becomes of the protocols and patients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

from pathway.language.canonical import content_hash
from pathway.subtrial.keys import key_under, text_under

SECTIONS: Final[tuple[tuple[str, str], ...]] = (
    ("decisions", "Decisions due"),
    ("potential", "Potential patients"),
    ("enrolled", "Enrolled patients"),
    ("subtrials", "Subtrials: slots and waiting"),
    ("safety", "Safety: adverse events and SAE clocks"),
    ("toxicity", "Toxicity: DLT verdicts"),
    ("response", "Response"),
    ("holds", "Holds and suspensions"),
    ("overdue", "Overdue"),
    ("news", "Told since the last meeting"),
    ("off", "Off treatment"),
)
"""Section id and title, in the order of the document."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an agenda.

    `key` is stable: section, pathway and what it is about, no date or count. `what` is the id of the decision, item or
    adverse event; `state`, `text`, `due` (site-local day or "") and `reasons` are for people. `proposal` and `options` belong
    to decisions; `decision` is the key by which the decision is taken, `owner` the role that must act. `once`: news, which a
    meeting that has seen it in this state need not see again. `source`: where its rule comes from, in words; empty in agendas
    that were kept before there was one.
    """

    section: str
    key: str
    pathway_id: str
    subject: str
    site: str
    what: str
    text: str
    state: str = ""
    since: datetime | None = None
    due: str = ""
    owner: str = ""
    proposal: str = ""
    options: tuple[str, ...] = ()
    decision: str = ""
    reasons: tuple[str, ...] = ()
    once: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Agenda:
    """An agenda as it was gathered at `at` (the meeting's clock, UTC), with what is new after `since`.

    `kind`: `frozen` before a meeting, `closing` when the meeting was recorded as held, `live` for a look in between. `edition`
    tells the agendas of one week apart: the instant of the meeting that it was frozen for, or the event by which that was
    held. `unread`: pathways that could not be read, each with why: an agenda never leaves one out without a word.
    """

    trial: str
    week: str
    kind: Literal["frozen", "closing", "live"]
    edition: str
    at: datetime
    since: datetime | None
    entries: tuple[Entry, ...]
    unread: tuple[str, ...] = ()
    kept_as: str = ""
    """The digest of the text as it was shown, where it names patients otherwise now."""

    def of(self, section: str) -> tuple[Entry, ...]:
        """The entries of a section."""
        return tuple(entry for entry in self.entries if entry.section == section)

    @property
    def digest(self) -> str:
        """What binds the event of this agenda to its content."""
        content = asdict(self)
        for entry in content["entries"]:
            if not entry["source"]:
                del entry["source"]  # an agenda of before has the digest of before
        return content.pop("kept_as") or content_hash(_texts(content))


def under_present_names(agenda: Agenda, renamed: Mapping[str, str]) -> Agenda:
    """An agenda that was kept, with the present pseudonyms of its patients. `renamed`: the ids of pathways that go on under
    another, with the present ones. Its digest stays that of the text as it was shown."""
    if not renamed:
        return agenda
    names = {_name(old): _name(present) for old, present in renamed.items()}
    entries = tuple(_entry_under(entry, renamed, names) for entry in agenda.entries)
    if entries == agenda.entries:
        return agenda
    return replace(agenda, entries=entries, kept_as=agenda.digest)


def _entry_under(entry: Entry, renamed: Mapping[str, str], names: Mapping[str, str]) -> Entry:
    section, whose, about = entry.key.split("|", 2)
    about = names.get(about, key_under(about, names))
    if whose in renamed:
        present = renamed[whose]
        return replace(entry, key=f"{section}|{present}|{about}", pathway_id=present, subject=_name(present))
    return replace(entry, key=f"{section}|{whose}|{about}", text=text_under(entry.text, names))


def _name(pathway_id: str) -> str:
    return pathway_id.rpartition("/")[2]


def _texts(value: Any) -> Any:
    """Plain data with its instants as text."""
    if isinstance(value, dict):
        return {name: _texts(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_texts(item) for item in value]
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


@dataclass(frozen=True, slots=True)
class Late:
    """What a later look holds that the agenda did not: entries that are new, and entries that now say something else."""

    added: tuple[Entry, ...] = ()
    changed: tuple[Entry, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed)


def late(frozen: Agenda, after: Agenda) -> Late:
    """What came after the agenda was frozen. What has merely been settled since is neither added nor changed."""
    shown = {entry.key: entry for entry in frozen.entries}
    added, changed = [], []
    for entry in after.entries:
        before = shown.get(entry.key)
        if before is None:
            added.append(entry)
        elif (before.state, before.proposal, before.due) != (entry.state, entry.proposal, entry.due):
            changed.append(entry)
    return Late(tuple(added), tuple(changed))
