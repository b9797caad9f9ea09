"""The events of a scenario as they stand in the file, and when each of them is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from pathway.engine.context import Compiled
from pathway.events import EventKind
from pathway.language import Done
from pathway.moments import RESERVED, BadMoment, When, glued, place, read_moment
from pathway.rehearsal.tree import Entries, Node, Reader, Scalar, accepted
from pathway.site import Site

KINDS: dict[str, tuple[EventKind, tuple[str, ...], tuple[str, ...]]] = {
    "fact": ("observation", ("value", "point", "unit", "sampled", "scope", "with"), ()),
    "do": ("action", ("scope", "occurred", "with"), ()),
    "ae": ("adverse_event", ("grade", "scale", "of", "scope", "occurred", "with"), ("grade",)),
    "correct": (
        "correction",
        ("value", "unit", "point", "grade", "scale", "scope", "sampled", "occurred", "with"),
        (),
    ),
    "void": ("void", (), ("reason",)),
    "not_obtainable": ("not_obtainable", ("scope",), ("reason",)),
    "judge": ("judgement", ("verdict", "expected", "seen"), ("verdict",)),
    "decide": ("decision", ("option", "scope", "expected", "seen", "with"), ("option",)),
    "acknowledge": ("acknowledgement", ("scope",), ()),
    "transfer": ("transfer", ("from",), ("from", "reason")),
    "annul": ("annulment", (), ("reason",)),
}
"""What an event can be: the key that says so; the kind of report, the keys that go with it, those that are needed."""
OF_GOVERNORS = ("do", "correct", "void", "decide", "acknowledge")
"""What can be reported to the governor of a subtrial."""
COMMON = ("id", "at", "subject", "governor", "as", "reason", "cycle", "note")
AUTO = "auto-"
"""Ids of confirmations that the rehearsal itself makes begin with this."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An event as it stands in the file. `kind` is a key of `KINDS`.

    `subject`: whom it is reported for; with `governed` the subtrial whose governor it is reported to. `refused`: the file
    expects that the door refuses it, so its values are left to the door.
    """

    id: str
    subject: str
    kind: str
    node: Entries
    keys: Mapping[str, Node]
    refused: bool
    governed: bool = False

    def word(self, key: str) -> str:
        """The text of a leaf, or ""; no problem is noted."""
        node = self.keys.get(key)
        return node.text.strip() if isinstance(node, Scalar) else ""

    def label(self, name: str) -> str:
        """A label of `scope`, or ""; no problem is noted."""
        return self._inside("scope", name)

    def labels(self) -> list[str]:
        """The labels of `scope`."""
        found = self.keys.get("scope")
        return [key.text for key, _ in found.entries] if isinstance(found, Entries) else []

    def said(self, name: str) -> str:
        """A detail of `with`, or ""; no problem is noted."""
        return self._inside("with", name)

    def _inside(self, key: str, name: str) -> str:
        found = self.keys.get(key)
        for inner, value in found.entries if isinstance(found, Entries) else ():
            if inner.text == name and isinstance(value, Scalar):
                return value.text.strip()
        return ""


def read_drafts(
    reader: Reader,
    nodes: Sequence[Node],
    subjects: Sequence[str],
    refusals: Sequence[tuple[str, str]],
    governors: Sequence[str] = (),
) -> list[Draft]:
    """The events of a file, each with an id, a subject or governor, and a kind. `refusals`: (event, code) that the file
    expects."""
    drafts: list[Draft] = []
    for node in nodes:
        draft = _draft(reader, node, subjects, governors, [event for event, _ in refusals])
        if draft is not None:
            drafts.append(draft)
    first: dict[str, Draft] = {}
    for draft in drafts:
        twin = first.setdefault(draft.id, draft)
        if twin is draft or (draft.id, "content_differs") in refusals or _same(twin, draft):
            continue
        message = f"the id {draft.id} is taken by the event in line {twin.node.line}"
        reader.wrong(draft.keys["id"], f"{message}; with another content it would be refused")
    return drafts


def _draft(
    reader: Reader, node: Node, subjects: Sequence[str], governors: Sequence[str], refused: Sequence[str]
) -> Draft | None:
    kinds = [key.text for key, _ in reader.entries(node, "event") if key.text in KINDS]
    if not isinstance(node, Entries):
        return None
    what = "event"
    if len(kinds) != 1:
        found = "both " + " and ".join(kinds) if kinds else "nothing"
        reader.wrong(node, f"{what}: it must say one of {', '.join(KINDS)}; it says {found}")
        reader.record(node, what, (*COMMON, *KINDS, *(key for _, keys, _ in KINDS.values() for key in keys)))
        return None
    kind = kinds[0]
    _, keys, needed = KINDS[kind]
    found_keys = reader.record(node, f"{kind} event", (*COMMON, kind, *keys), ("id", "at"))
    id_ = reader.text(found_keys.get("id"), "id")
    for key in needed if id_ not in refused else ():
        if key not in found_keys:
            reader.wrong(node, f"{kind} event: {key} is missing")
    if id_ is None:
        return None
    if not re.fullmatch(r"[A-Za-z_][\w.-]{0,63}", id_, re.ASCII) or RESERVED.fullmatch(id_):
        reader.wrong(found_keys["id"], f"{id_!r} cannot be an event's id: {_not_an_id(id_)}")
    elif id_.startswith(AUTO):
        reader.wrong(found_keys["id"], f"ids that begin with {AUTO} are made by the rehearsal")
    if "governor" in found_keys:
        return _governed(reader, Draft(id_, "", kind, node, found_keys, id_ in refused, True), governors)
    if not subjects:
        known = f"; accepted: {', '.join(governors)}" if governors else ""
        reader.wrong(node, f"event {id_}: the file has no subjects, so governor is missing{known}")
        return None
    subject = reader.name(found_keys.get("subject"), "subject", subjects)
    if "subject" not in found_keys:
        subject = subjects[0]
        if len(subjects) > 1:
            reader.wrong(node, f"event {id_}: subject is missing; accepted: {', '.join(subjects)}")
    return Draft(id_, subject or subjects[0], kind, node, found_keys, id_ in refused)


def _not_an_id(text: str) -> str:
    if RESERVED.fullmatch(text):
        day = f"day {text[1:]} of the study" if text[0] == "D" else f"day {text[1:]} of an infusion"
        return f"in a moment {text} is {day}; use another word, such as e{text[1:].lstrip('-')}"
    return "it must be a word of letters, digits, dots and dashes that begins with a letter, such as e3"


def _governed(reader: Reader, draft: Draft, governors: Sequence[str]) -> Draft | None:
    """An event that is reported to the governor of a subtrial."""
    keys = draft.keys
    name = reader.name(keys["governor"], "governor", governors) or next(iter(governors), None)
    if draft.kind not in OF_GOVERNORS:
        reader.wrong(
            keys[draft.kind],
            f"a governor has no {draft.kind}; accepted with governor: {', '.join(OF_GOVERNORS)}",
        )
        return None
    if "subject" in keys:
        who = draft.word("subject") or "P1"
        reader.wrong(
            keys["subject"], f"the event is the governor's; for a patient say scope: {{subject: {who}}}"
        )
    return replace(draft, subject=name) if name is not None else None


def _same(one: Draft, other: Draft) -> bool:
    """Whether a second event under a known id is the same report sent again, perhaps at another time."""

    def content(node: Node) -> object:
        if isinstance(node, Scalar):
            return node.text.strip()
        if isinstance(node, Entries):
            return [(key.text, content(value)) for key, value in node.entries]
        return [content(item) for item in node.items]

    def pairs(draft: Draft) -> list[tuple[str, object]]:
        return [(key, content(node)) for key, node in draft.keys.items() if key not in ("at", "note")]

    return sorted(pairs(one), key=str) == sorted(pairs(other), key=str)


# --- moments ---------------------------------------------------------------------------------------------------------


class _Unplaced(BadMoment):
    """What a moment counts from has itself no place; that has been said already."""


@dataclass(slots=True)
class Moments:
    """Places the moments of a file. Each event is placed once; what counts from itself is found out."""

    reader: Reader
    compiled: Compiled
    drafts: Sequence[Draft]
    sites: Mapping[str, Site]
    anchors: Mapping[str, Node] = field(default_factory=dict)
    places: Mapping[str, Site] = field(default_factory=dict)
    _placed: dict[tuple[str, str], datetime | None] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    def at(self, node: Node | None, what: str, subject: str, cycle: str = "") -> datetime | None:
        """The instant that a node states, in the time of the subject's site; None (and a problem) if it states none."""
        text = self.reader.text(node, what)
        if node is None or text is None:
            return None
        try:
            return place(
                read_moment(text), self.sites[subject].tz, lambda when: self._base(when, subject, cycle)
            )
        except _Unplaced:
            return None
        except BadMoment as error:
            self.reader.wrong(node, f"{what}: {error}")
            return None

    def of(self, draft: Draft) -> datetime | None:
        """When an event is reported."""
        return self._once(f"event {draft.id}", draft, "at")

    def clinical(self, draft: Draft) -> datetime | None:
        """When it happened: `occurred` or `sampled`, else when it is reported."""
        for key in ("occurred", "sampled"):
            if key in draft.keys:
                return self._once(f"{key} of {draft.id}", draft, key)
        return self.of(draft)

    def _once(self, name: str, draft: Draft, key: str) -> datetime | None:
        memo = (str(draft.node.line) + ":" + str(draft.node.column), key)
        if memo not in self._placed:
            self._enter(name)
            try:
                cycle = draft.word("cycle") or draft.label("cycle")
                self._placed[memo] = self.at(
                    draft.keys.get(key), f"{key} of {draft.id}", draft.subject, cycle
                )
            finally:
                self._open.pop()
        return self._placed[memo]

    def _enter(self, name: str) -> None:
        if name in self._open:
            loop = " -> ".join([*self._open[self._open.index(name) :], name])
            raise BadMoment(f"it counts from itself ({loop})")
        self._open.append(name)

    def _base(self, when: When, subject: str, cycle: str) -> date | datetime:
        if when.base == "study":
            return self._day_one(subject)
        if when.base == "infusion":
            return self._infusion(subject, cycle)
        draft = next((d for d in self.drafts if d.id == when.name), None)
        if draft is not None:
            return _known(self.of(draft))
        if when.name in self.anchors:
            return self._anchor(when.name, subject)
        hint = glued(when.name)
        if hint is not None:
            raise BadMoment(f"unknown event {when.name!r}; write {hint[0]} - {hint[1]}, with blanks")
        names = [*(d.id for d in self.drafts), *self.anchors]
        raise BadMoment(f"unknown event {when.name!r}; {accepted(when.name, list(dict.fromkeys(names)))}")

    def _anchor(self, name: str, subject: str) -> datetime:
        node: Node | None = self.anchors[name]
        if isinstance(node, Entries):
            node = next((value for key, value in node.entries if key.text == subject), None)
            if node is None:
                raise BadMoment(f"anchors {name} says nothing of {subject}")
        self._enter(f"anchor {name}")
        try:
            return _known(self.at(node, f"anchors {name}", subject))
        finally:
            self._open.pop()

    def _day_one(self, subject: str) -> date:
        """D1 of the file's `anchors`, else the local day of the first event that makes D1 known to the protocol."""
        anchor = self.compiled.protocol.day_one
        tz = self.sites[subject].tz
        if anchor in self.anchors:
            return self._anchor(anchor, subject).astimezone(tz).date()
        known = self.compiled.anchors.get(anchor)
        actions = [t.action for t in known.actual if isinstance(t, Done)] if known is not None else []
        for draft in self.drafts:
            if draft.subject == subject and draft.kind == "do" and draft.word("do") in actions:
                self._enter(anchor)
                try:
                    return _known(self.clinical(draft)).astimezone(tz).date()
                except BadMoment as error:
                    raise type(error)(f"{error}; say anchors: {{{anchor}: DATE}}") from None
                finally:
                    self._open.pop()
        named = " or ".join(actions) or "no action"
        raise BadMoment(f"{anchor} is not known; say anchors: {{{anchor}: DATE}} or report {named}")

    def _infusion(self, subject: str, cycle: str) -> date:
        """b1 of a cycle: the local day of the first start that the file reports for it."""
        starts = [
            d
            for d in self.drafts
            if d.subject == subject and d.kind == "do" and d.word("do") == "infusion_started"
        ]
        cycles = list(dict.fromkeys(d.label("cycle") for d in starts))
        if not cycle and len(cycles) == 1:
            cycle = cycles[0]
        elif not cycle:
            known = (
                f"the file starts cycles {', '.join(cycles)}" if cycles else "no infusion starts in this file"
            )
            raise BadMoment(f"b1 of which cycle? say cycle: 1; {known}")
        for draft in starts:
            if draft.label("cycle") == cycle:
                return _known(self.clinical(draft)).astimezone(self.sites[subject].tz).date()
        raise BadMoment(f"no infusion_started with scope cycle {cycle} in this file")


def _known(at: datetime | None) -> datetime:
    if at is None:
        raise _Unplaced("")
    return at
