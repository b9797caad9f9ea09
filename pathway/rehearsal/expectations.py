"""What a scenario expects: read from its file, and compared with a plan and with what was shown so far."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Literal

from pathway.engine.context import Compiled
from pathway.language import SLOT_STATES
from pathway.patient.enrolment import ANNULLED
from pathway.plan import DecisionState, EndpointState, Item, LedgerState, Plan
from pathway.rehearsal.tree import Node, Reader, accepted

Aspect = Literal[
    "phase", "criteria", "decisions", "has", "never", "due", "dose", "items", "endpoints", "slot",
    "level", "levels", "entry", "slots", "waiting",
]  # fmt: skip
ASPECTS: tuple[Aspect, ...] = (
    "phase", "criteria", "decisions", "has", "never", "due", "dose", "items", "endpoints", "slot",
)  # fmt: skip
"""What can be expected of a patient; of governors: `pathway.rehearsal.subtrial_expectations`."""
KEYS = ("at", "subject", "cycle", "note", *ASPECTS)
REFUSAL_KEYS = ("event", "refused", "note")
VERDICTS = ("PASS", "FAIL", "PENDING", "REVIEW")
DECISION_STATES = (
    "waiting", "review", "proposed", "choice", "in_force", "computed", "amended", "diverged", "reopened",
)  # fmt: skip
ITEM_STATES = ("planned", "due", "late", "done", "missed", "blocked", "not_set")
NONE = "none"
"""Expected of a decision: no option is in force. Of a due day: there is none yet. Of an item or endpoint: there is none."""


@dataclass(frozen=True, slots=True)
class Check:
    """One expected thing: what the plan says of `id` (a track, for `phase`). `wanted` is empty for `has` and `never`.

    `due` wants an ISO day or `none`, `dose` a decimal, `endpoints` `EVENT DAYS`, `censored DAYS` or `none`, `levels` three
    counts, `waiting` the subjects in their order; the others want an id, a verdict or a state.
    """

    aspect: Aspect
    id: str
    wanted: str = ""

    @property
    def path(self) -> str:
        """Where in the plan: `criteria.I3`; for `has` and `never` only that."""
        return f"{self.aspect}.{self.id}" if self.id and self.aspect not in ("has", "never") else self.aspect


@dataclass(frozen=True, slots=True)
class Expectation:
    """Checks that hold for a subject at an instant, after everything that happens at it.

    `index` is its place in the file, from 0.
    """

    index: int
    line: int
    subject: str
    at: datetime
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class ExpectedRefusal:
    """The door refuses the event, with this code."""

    index: int
    line: int
    event: str
    code: str


@dataclass(frozen=True, slots=True)
class Unmet:
    """An expectation that is not met.

    `expect` is its place in the file; None: an event was refused, and the file did not expect it.
    """

    expect: int | None
    path: str
    wanted: str
    got: str


# --- reading ---------------------------------------------------------------------------------------------------------


def read_checks(
    reader: Reader, keys: dict[str, Node], compiled: Compiled, day_of: Callable[[Node, str], str | None]
) -> tuple[Check, ...]:
    """The checks of one entry of `expect`. `day_of` reads a moment as the ISO day at the site."""
    checks: list[Check] = []
    for aspect in ASPECTS:
        if aspect not in keys:
            continue
        if aspect in ("has", "never"):
            for item in reader.items(keys[aspect], aspect):
                name = known_id(reader, item, aspect, list(compiled.statements), compiled)
                if name is not None:
                    checks.append(Check(aspect, name))
            continue
        for key, value in reader.entries(keys[aspect], aspect):
            name = known_id(reader, key, aspect, _ids(aspect, compiled), compiled)
            if name is None:
                continue
            wanted = _wanted(reader, value, aspect, name, compiled, day_of)
            if wanted is not None:
                checks.append(Check(aspect, name, wanted))
    return tuple(checks)


def known_id(reader: Reader, node: Node, what: str, names: Sequence[str], compiled: Compiled) -> str | None:
    """An id that the protocol has, or a key `ID[cycle=1]` of one."""
    text = reader.text(node, what)
    others = [name for name in names if text is not None and name.startswith(f"{base(text)}[")]
    # Where the keys are listed too, a key must be one of them.
    if text is None or text in names or (base(text) in names and (not others or "[" not in text)):
        return text
    names = others or names
    where = f"allpath protocol show {compiled.protocol.name}"
    reader.wrong(node, f"{what}: unknown id {text!r}; {accepted(text, names, where)}")
    return None


def base(key: str) -> str:
    """The id in a key: `R2` of `R2[cycle=1]`."""
    return key.partition("[")[0]


def decidable(compiled: Compiled) -> dict[str, tuple[tuple[str, ...], str]]:
    """What there is to decide, by id and by key: the options, and the role that takes one ("": nobody is asked)."""
    found: dict[str, tuple[tuple[str, ...], str]] = {}
    for key, decision in compiled.decisions.items():
        found[key] = found[decision.id] = (decision.options, decision.confirm or "")
    for phase, (_, spec) in compiled.phases.items():
        if spec.exits:
            options = tuple(dict.fromkeys(exit_.to for exit_ in spec.exits))
            found[f"AFTER_{phase}"] = (options, spec.confirm or "")
    return found


def _ids(aspect: Aspect, compiled: Compiled) -> list[str]:
    protocol = compiled.protocol
    match aspect:
        case "phase":
            return [track.id for track in protocol.tracks]
        case "criteria":
            return list(compiled.criteria)
        case "decisions":
            return list(decidable(compiled))
        case "dose":
            return [ledger.id for ledger in protocol.ledgers] + [course.id for course in protocol.doses]
        case "endpoints":
            return [endpoint.id for endpoint in protocol.endpoints]
        case "slot":
            return [enrolment.subtrial for enrolment in protocol.enrolments]
        case _:
            return [id_ for id_, kind in compiled.statements.items() if kind == "item"]


def _wanted(
    reader: Reader,
    node: Node,
    aspect: Aspect,
    name: str,
    compiled: Compiled,
    day_of: Callable[[Node, str], str | None],
) -> str | None:
    what = f"{aspect} {name}"
    if aspect == "phase":
        track = next(t for t in compiled.protocol.tracks if t.id == base(name))
        return reader.name(node, what, [*(phase.id for phase in track.phases), ANNULLED])
    if aspect == "criteria":
        return reader.name(node, what, VERDICTS)
    if aspect == "decisions":
        options, _ = decidable(compiled)[name if name in decidable(compiled) else base(name)]
        return reader.name(node, what, (*options, *DECISION_STATES, NONE))
    if aspect == "items":
        return reader.name(node, what, (*ITEM_STATES, NONE))
    if aspect == "slot":
        return reader.name(node, what, (*SLOT_STATES, NONE))
    text = reader.text(node, what)
    if text is None or aspect == "endpoints":
        return text
    if aspect == "due":
        return NONE if text == NONE else day_of(node, what)
    try:
        return str(Decimal(text))
    except InvalidOperation:
        reader.wrong(node, f"{what}: {text!r} is not a number")
        return None


# --- comparing -------------------------------------------------------------------------------------------------------


def missed(check: Check, plan: Plan, shown: Collection[str]) -> tuple[str, str] | None:
    """None when the check holds, else (wanted, got) in words. `shown`: ids and keys that the timeline held so far."""
    match check.aspect:
        case "has":
            return None if check.id in shown else (check.id, "not in the timeline so far")
        case "never":
            return None if check.id not in shown else (f"no {check.id}", "it is in the timeline")
        case "phase":
            got = next((t.phase for t in plan.tracks if t.id == check.id), "no such track")
            return compared(check.wanted, [got])
        case "criteria":
            verdicts: list[str] = [c.verdict for c in plan.criteria if c.id == check.id]
            return compared(check.wanted, verdicts)
        case "decisions":
            states = [d for d in plan.decisions if check.id in (d.id, d.key)]
            if any(_decided(d, check.wanted) for d in states) or (not states and check.wanted == NONE):
                return None
            return check.wanted, "; ".join(_told(d) for d in states) or "not asked"
        case "due":
            items = [i for i in plan.items if check.id in (i.id, i.key)]
            return compared(check.wanted, [_day(i) for i in items] or [NONE])
        case "items":
            return compared(
                check.wanted, [i.state for i in plan.items if check.id in (i.id, i.key)] or [NONE]
            )
        case "endpoints":
            return compared(check.wanted, [_ended(e) for e in plan.endpoints if e.id == check.id])
        case "slot":
            return compared(check.wanted, [s.slot or NONE for s in plan.standings if s.subtrial == check.id])
        case "dose":
            single = _single_dose(check.id, plan)
            if single is not None:
                met = any(Decimal(dose) == Decimal(check.wanted) for dose in single)
                return None if met else (check.wanted, " or ".join(single) or "not known")
            ledger = _latest([k for k in plan.ledgers if check.id in (k.id, k.key)])
            if ledger is None:
                return check.wanted, "not started"
            doses = _doses(ledger)
            met = any(Decimal(dose) == Decimal(check.wanted) for dose in doses)
            return None if met else (check.wanted, " or ".join(doses))
        case _:
            return check.wanted, "only a governor has that"


def compared(wanted: str, got: Sequence[str]) -> tuple[str, str] | None:
    """None when what is wanted is among what there is, else both in words."""
    return None if wanted in got else (wanted, ", ".join(got) or "not in the plan")


def _decided(decision: DecisionState, wanted: str) -> bool:
    """The option in force, or for an open decision its state."""
    if wanted == NONE:
        return decision.in_force is None
    return wanted in (decision.in_force, decision.state)


def _told(decision: DecisionState) -> str:
    if decision.in_force is not None and not decision.open:
        return decision.in_force
    words = [decision.state]
    if decision.proposal is not None:
        words.append(f"proposal {decision.proposal}")
    if decision.in_force is not None:
        words.append(f"in force {decision.in_force}")
    return ", ".join(words)


def _day(item: Item) -> str:
    return item.due.isoformat() if item.due is not None else NONE


def _ended(endpoint: EndpointState) -> str:
    if endpoint.event is not None:
        return f"{endpoint.event[0]} {endpoint.days}"
    return f"censored {endpoint.days}" if endpoint.censored is not None else NONE


def _single_dose(key: str, plan: Plan) -> list[str] | None:
    """Of `ino[cycle=2,dose=d8]` that dose, per unit of size and in all; of `dose=total` the course; else None."""
    for ledger in plan.ledgers:
        for dose in ledger.doses:
            if key == _of_dose(ledger.key, dose.label):
                return [text for text in (dose.amount, dose.measured) if text]
        if ledger.doses and key == _of_dose(ledger.key, "total"):
            return [ledger.total] if ledger.total else []
    return None


def _of_dose(key: str, label: str) -> str:
    return f"{key[:-1]},dose={label}]" if key.endswith("]") else f"{key}[dose={label}]"


def _doses(ledger: LedgerState) -> list[str]:
    """The dose in force; of an infusion that is over, or is expected to be, none or the last one that was given."""
    doses = ["0"] if ledger.state == "end_expected" else [ledger.dose or "0"]
    if ledger.state in ("complete", "short", "end_expected"):
        doses += [dose for _, dose in reversed(ledger.steps) if Decimal(dose) != 0][:1]
    return list(dict.fromkeys(doses))


def _latest(ledgers: Sequence[LedgerState]) -> LedgerState | None:
    """The one that started last."""
    started = [(k.start, n, k) for n, k in enumerate(ledgers) if k.start is not None]
    return max(started, key=lambda s: s[:2])[2] if started else None
