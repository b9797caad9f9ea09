"""What a scenario expects of the governor of a subtrial: read from its file, and compared with the governor's plan."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from pathway.language import Subtrial
from pathway.rehearsal.expectations import (
    ITEM_STATES,
    NONE,
    REFUSAL_KEYS,
    Aspect,
    Check,
    base,
    compared,
    missed,
)
from pathway.rehearsal.scenario_subtrials import phases_of, statements_of
from pathway.rehearsal.tree import Node, Reader, accepted
from pathway.subtrial.plan import SubtrialPlan
from pathway.subtrial.snapshot import ENTRY_CODES

OF_GOVERNORS: tuple[Aspect, ...] = (
    "phase", "level", "levels", "entry", "slots", "waiting", "decisions", "has", "never", "due", "items",
)  # fmt: skip
"""What can be expected of a governor. `phase`, `decisions`, `has`, `never`, `due`, `items` mean what they mean of a patient."""
GOVERNOR_KEYS = ("at", "governor", *OF_GOVERNORS, *REFUSAL_KEYS)
SLOTS = ("WAITING", "RESERVED", "ENROLLED", "EXPIRED", "RELEASED", "WITHDRAWN")
"""What becomes of a patient's request for a slot, as the governor has it."""
COUNTS = 3
LISTED = "`allpath protocol show`, in the tables of a governor"
TRACKS = ("subtrial", "entry")
"""How far the subtrial has come, and whether patients may enter."""


def read_governor_checks(
    reader: Reader,
    keys: dict[str, Node],
    subtrial: Subtrial,
    subjects: Sequence[str],
    day_of: Callable[[Node, str], str | None],
) -> tuple[Check, ...]:
    """The checks of one entry of `expect` that has `governor`. `subjects`: the patients that the file speaks of; `day_of`
    reads a moment as the ISO day at the office."""
    checks: list[Check] = []
    levels = _levels(subtrial)
    for aspect in OF_GOVERNORS:
        if aspect not in keys:
            continue
        node = keys[aspect]
        match aspect:
            case "level":
                name = reader.name(node, aspect, (*levels, NONE))
                checks += [Check(aspect, "", name)] if name is not None else []
            case "entry":
                code = reader.name(node, aspect, tuple(ENTRY_CODES))
                checks += [Check(aspect, "", code)] if code is not None else []
            case "waiting":
                queue = [reader.name(item, aspect, subjects) for item in reader.items(node, aspect)]
                checks.append(Check(aspect, "", " ".join(name for name in queue if name is not None)))
            case "has" | "never":
                known = list(statements_of(subtrial))
                texts = [_named(reader, item, aspect, known) for item in reader.items(node, aspect)]
                checks += [Check(aspect, text) for text in texts if text is not None]
            case _:
                checks += _entries(reader, node, aspect, subtrial, subjects, day_of)
    return tuple(checks)


def _entries(
    reader: Reader,
    node: Node,
    aspect: Aspect,
    subtrial: Subtrial,
    subjects: Sequence[str],
    day_of: Callable[[Node, str], str | None],
) -> Iterator[Check]:
    levels = _levels(subtrial)
    kind = {"decisions": "decision", "items": "item", "due": "item"}.get(aspect)
    ids = [name for name, what in statements_of(subtrial).items() if what == kind]
    for key, value in reader.entries(node, aspect):
        what = f"{aspect} {key.text}"
        known: Sequence[str] = ()
        wanted: str | None
        match aspect:
            case "phase":
                known, wanted = TRACKS, reader.name(value, what, phases_of(subtrial, key.text))
            case "levels":
                known, wanted = tuple(levels), _counts(reader, value, what)
            case "slots":
                known, wanted = tuple(subjects), _slot(reader, value, what, levels)
            case "items":
                wanted = reader.name(value, what, (*ITEM_STATES, NONE))
            case "due":
                wanted = reader.text(value, what)
                wanted = wanted if wanted in (None, NONE) else day_of(value, what)
            case _:
                wanted = reader.text(value, what)
        named = _named(reader, key, aspect, ids) if kind else reader.name(key, aspect, known)
        if named is None:
            continue
        if wanted is not None:
            yield Check(aspect, key.text, wanted)


def _levels(subtrial: Subtrial) -> list[str]:
    return [level.id for level in subtrial.phase_one.levels] if subtrial.phase_one is not None else []


def _named(reader: Reader, node: Node, what: str, names: Sequence[str]) -> str | None:
    """An id that the governor has, or a key of one, such as `LEVEL[level=2]`."""
    text = reader.text(node, what)
    if text is None or text in names or base(text) in names:
        return text
    reader.wrong(node, f"{what}: unknown id {text!r}; {accepted(text, names, LISTED)}")
    return None


def _counts(reader: Reader, node: Node, what: str) -> str | None:
    """`[3, 0, 1]`: patients, DLTs, pending."""
    texts = [reader.text(item, what) or "" for item in reader.items(node, what)]
    if len(texts) == COUNTS and all(text.isascii() and text.isdigit() for text in texts):
        return " ".join(str(int(text)) for text in texts)
    reader.wrong(node, f"{what}: say how many patients, DLTs and pending ones, such as [3, 0, 1]")
    return None


def _slot(reader: Reader, node: Node, what: str, levels: Sequence[str]) -> str | None:
    """`RESERVED`, or with the dose level `RESERVED 1`."""
    text = reader.text(node, what)
    if text is None:
        return None
    state, _, level = text.partition(" ")
    if state not in (*SLOTS, NONE):
        reader.wrong(node, f"{what}: unknown {state!r}; {accepted(state, (*SLOTS, NONE))}")
        return None
    if level and level not in levels:
        reader.wrong(node, f"{what}: unknown level {level!r}; {accepted(level, levels)}")
        return None
    return text


def missed_by_governor(
    check: Check, subtrial: SubtrialPlan, shown: Collection[str]
) -> tuple[str, str] | None:
    """None when the check holds, else (wanted, got) in words. `shown`: ids and keys that its timeline held so far."""
    match check.aspect:
        case "phase":
            phases = [t.phase for t in subtrial.plan.tracks if t.id == check.id]
            if check.wanted in [phase.partition("(")[0] for phase in phases]:
                return None  # PHASE1_LEVEL, whichever the level
            return compared(check.wanted, phases)
        case "level":
            return compared(check.wanted, [subtrial.level or NONE])
        case "entry":
            code, why = subtrial.entry
            return None if check.wanted == code else (check.wanted, f"{code} ({why})" if why else code)
        case "levels":
            return compared(check.wanted, [f"{x.n} {x.t} {x.p}" for x in subtrial.levels if x.id == check.id])
        case "waiting":
            queue = " ".join(each.subject for each in subtrial.waiting)
            return None if check.wanted == queue else (check.wanted or "nobody", queue or "nobody")
        case "slots":
            return _slot_missed(check, subtrial)
        case _:
            return missed(check, subtrial.plan, shown)


def _slot_missed(check: Check, subtrial: SubtrialPlan) -> tuple[str, str] | None:
    """Who waits has no slot, whatever became of an earlier one."""
    waits = any(each.subject == check.id for each in subtrial.waiting)
    slots = [slot for slot in subtrial.slots if slot.subject == check.id]
    if waits:
        return compared(check.wanted, ["WAITING"])
    if not slots:
        return compared(check.wanted, [NONE])
    last = slots[-1]
    if check.wanted in (last.state, f"{last.state} {last.level}"):
        return None
    return check.wanted, f"{last.state} {last.level}".strip()


__all__ = [
    "GOVERNOR_KEYS",
    "OF_GOVERNORS",
    "missed_by_governor",
    "read_governor_checks",
]
