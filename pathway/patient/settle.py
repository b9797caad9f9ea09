"""How an open thing is settled: who does it, and the command, ready to be copied.

The one place that makes these: for what a pathway shows and explains, for the work list, and for mails. Words in capitals
are to be replaced; everything else is as it must be typed.
"""

from __future__ import annotations

import shlex
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pathway.engine.context import Compiled
from pathway.engine.ledgers.end_reports import end_report_key
from pathway.engine.repeats import SIDES
from pathway.language import (
    SLOT_FACT,
    AllOf,
    AnyOf,
    Assessment,
    AtLeast,
    Closed,
    Compare,
    Crit,
    Deviation,
    Doses,
    Exposure,
    Fact,
    Fresh,
    Infusion,
    Is,
    Known,
    Not,
    NotObtainable,
    Outcome,
    Predicate,
    Reached,
    Reading,
    Recorded,
    ReviewIf,
    Scope,
    Series,
    Taken,
    Task,
    VerdictIs,
)
from pathway.language.anchor_times import AnchorTime, DateOf, Done, Latest, Sampled
from pathway.language.details import POINT
from pathway.language.terms import key_of, reading_name

MOST = 4
"""Ways that are named; more of them help nobody."""
SHOWN = 8
"""Letters of a digest that are shown, and enough to say what was seen."""


@dataclass(frozen=True, slots=True)
class Step:
    """One way to settle an open thing: the role that does it, what it does, and the command. `slot`: what gets a value."""

    who: str
    what: str
    command: str
    slot: str = ""


def of_decision(
    subject: str, key: str, role: str, proposal: str | None, options: Iterable[str], digest: str
) -> list[Step]:
    """How an open decision is taken. `digest`: what the person sees, "" where it is not known here."""
    who, name = role or "clinician", shlex.quote(key)
    seen = f" --seen {digest[:SHOWN]}" if digest else ""
    look = [] if digest else [Step(who, "look at it first", f"allpath explain {subject} {name}")]
    if proposal:
        return [
            *look,
            Step(who, f"take {proposal}", f"allpath confirm {subject} {name} {proposal}{seen}"),
            Step(
                who,
                "or something else",
                f"allpath override {subject} {name} OPTION{seen} --reason 'WHY'",
            ),
        ]
    known = " or ".join(options)
    return [
        *look,
        Step(who, f"pick {known}" if known else "pick", f"allpath confirm {subject} {name} OPTION{seen}"),
    ]


def of_review(subject: str, criterion: str, digest: str) -> list[Step]:
    """How a criterion under REVIEW is judged."""
    seen = f" --seen {digest[:SHOWN]}" if digest else ""
    return [
        Step("clinician", "judge it", f"allpath judge {subject} {criterion} PASS{seen} --reason 'WHY'"),
        Step("clinician", "or", f"allpath judge {subject} {criterion} FAIL{seen} --reason 'WHY'"),
    ]


def of_doubt(subject: str, note: str, event: str) -> list[Step]:
    """How a value that is on record and not believed is settled: its event is corrected, confirmed as checked, or voided."""
    name = shlex.quote(event) if event else "EVENT"
    checked = Step(
        "coordinator", "if it is right, say so", f"allpath correct {subject} {name} --with checked=yes"
    )
    wrong = Step("coordinator", "if it is wrong", f"allpath correct {subject} {name} VALUE --reason 'WHY'")
    void = Step("coordinator", "one of them goes", f"allpath void {subject} EVENT --reason 'WHY'")
    when = Step(
        "coordinator", "correct its day or label",
        f"allpath correct {subject} {name} --sampled 'YYYY-MM-DD HH:MM' --point POINT",
    )  # fmt: skip
    if "checked" in note:
        return [checked, wrong]
    if "belong" in note:
        return [when]
    if SIDES in note:
        return [
            Step(
                "clinician",
                "say which counts: answer the question that waits for it",
                f"allpath show {subject}",
            )
        ]
    if "differ" in note or "twice" in note:
        return [wrong, void]
    return [wrong]


def of_notice(compiled: Compiled | None, subject: str, key: str, to: str) -> list[Step]:
    """How a raised deviation or alert is settled: by what it misses, and by whoever takes note of it."""
    name, labels = key.partition("[")[0], _labels(key)
    note = Step(to or "coordinator", "take note of it", f"allpath acknowledge {subject} {shlex.quote(key)}")
    if name == "REVIEW" and "criterion" in labels:
        return of_review(subject, labels["criterion"], "")
    if name in ("DECISION-OPEN", "REOPENED", "REVIEW") and "decision" in labels:
        return of_decision(subject, labels["decision"], to, None, (), "")
    if name in _ENTRIES:
        return [*_of_entries(subject, name, to, POINT in labels), note]
    if name == "WITHOUT-FIRST" and compiled is not None:
        return [*_of_first_dose(compiled, subject, key), note]
    if "decision" in labels:
        return [
            Step(
                to or "clinician",
                "look at it",
                f"allpath explain {subject} {shlex.quote(labels['decision'])}",
            ),
            note,
        ]
    spec = _deviation(compiled, key) if compiled is not None else None
    asked = of_condition(compiled, subject, spec.when, wanted=False) if spec and compiled else []
    return [*asked, note] if asked else [Step(note.who, "see why", _explain(subject, key)), note]


_DAY = "allpath correct {} EVENT --sampled 'YYYY-MM-DD HH:MM' --point POINT"
_DAY_OR_LABEL = ("correct its day or label", _DAY)
_BELONGS = ("or say that it belongs", "allpath correct {} EVENT --with belongs=yes")
_VALUE = ("correct it", "allpath correct {} EVENT VALUE --reason 'WHY'")
_CHECKED = ("or, if it is right, say so", "allpath correct {} EVENT --with checked=yes")
_TIME = ("correct the day that is wrong", "allpath correct {} EVENT --at 'YYYY-MM-DD HH:MM'")
_MEASURED = ("correct what it was measured in, or by", "allpath correct {} EVENT --with NAME=VALUE")
_ALL_BUT_ONE = ("void all but one", "allpath void {} EVENT --reason 'WHY'")
_ENTRIES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "SAMPLE-OUTSIDE": (_DAY_OR_LABEL, _BELONGS),
    "SAMPLE-WAITS": (_DAY_OR_LABEL,),
    **dict.fromkeys(("SAMPLE-OFF-SCHEDULE", "REVIVED", "LATE-RESULT"), ()),
    "IMPLAUSIBLE": (_VALUE, _CHECKED),
    "NOT-COUNTED": (_MEASURED,),
    "CONFLICT": (_VALUE, _ALL_BUT_ONE),
    "REPORTED-TWICE": (_ALL_BUT_ONE,),
    "IMPOSSIBLE-ORDER": (_TIME,),
    "WHICH-EVENT": (("void it, and report it again with --of the one that is over", _ALL_BUT_ONE[1]),),
    "ALIVE-AFTER-DEATH": (_TIME,),
}
"""What is done about notices that entries themselves raise; the command with a gap for the pseudonym."""


def _of_entries(subject: str, name: str, to: str, pointed: bool) -> Iterator[Step]:
    """First to where the entries stand with their ids, then what can be done with one of them."""
    who = to or "coordinator"
    yield Step(who, "see the entries and their ids", f"allpath events {subject}")
    for what, command in _ENTRIES[name]:
        yield Step(who, what, (command if pointed else command.replace(" --point POINT", "")).format(subject))


def _of_first_dose(compiled: Compiled, subject: str, key: str) -> Iterator[Step]:
    """How the dose with which a course begins is reported."""
    for spec in compiled.protocol.doses:
        if key == key_of("WITHOUT-FIRST", (("ledger", key_of(spec.id, spec.scope)),)):
            scope = (*spec.scope, ("dose", spec.labels[0]))
            yield _act(compiled, subject, spec.given, scope, "report its day")
            yield _act(compiled, subject, spec.omitted, scope, "or that it was left out")


def of_item(
    compiled: Compiled, subject: str, key: str, owner: str, blocked_by: str = "", known: Container[str] = ()
) -> list[Step]:
    """How something to be done is done, or what it is blocked by is settled. `known`: slots that have a value."""
    if blocked_by:
        return of_blocker(compiled, subject, blocked_by)
    spec = item_of(compiled, key)
    match spec:
        case Assessment() | Task():
            return of_condition(compiled, subject, spec.done, known=known) or [
                Step(owner, "see why", _explain(subject, key))
            ]
        case Series():
            return _of_series(compiled, subject, spec)
        case Doses():
            label = _labels(key).get("dose", "")
            scope = (*spec.scope, ("dose", label))
            given = _act(compiled, subject, spec.given, scope, "once it is given")
            return [given, _act(compiled, subject, spec.omitted, scope, "or if it is left out")]
        case Infusion():
            ended = _act(compiled, subject, "infusion_ended", spec.scope, "when it was off")
            return [
                ended,
                _act(compiled, subject, "infusion_stopped", spec.scope, "or if it was stopped for good"),
            ]
    return [Step(owner, "see why", _explain(subject, key))]


def of_open_item(subject: str, key: str, owner: str) -> Step:
    """Where it is said what of an item is still missing."""
    return Step(owner, "see what is missing", _explain(subject, key))


def of_blocker(compiled: Compiled, subject: str, blocked_by: str) -> list[Step]:
    """How that is settled which something is blocked by: a decision, a criterion, a hold, or a size that nobody can go by."""
    if blocked_by.startswith("implausible "):
        doubted = compiled.facts[blocked_by.removeprefix("implausible ")]
        todo = f"correct {doubted.id}, or confirm it as checked"
        return [Step(doubted.supplier, todo, _explain(subject, doubted.id))]
    return [
        Step("clinician", f"settle {blocked_by} first", _explain(subject, blocked_by.removeprefix("hold ")))
        if not blocked_by.startswith("hold ")
        else Step("clinician", f"wait for the check that lifts the {blocked_by}", f"allpath show {subject}")
    ]


def of_missing(compiled: Compiled, subject: str, what: str, why: str = "", event: str = "") -> list[Step]:
    """How a value that a rule waits for is supplied. `what`: the slot as it is named everywhere; `why`: what keeps a value that
    is on record from counting."""
    if why:
        return of_doubt(subject, why, event)
    if what not in compiled.reading_names:
        return []
    return _of_reading(compiled, subject, compiled.reading_list[compiled.reading_names.index(what)])


def of_condition(
    compiled: Compiled, subject: str, node: Predicate, *, wanted: bool = True, known: Container[str] = ()
) -> list[Step]:
    """What makes a condition true (`wanted`) or untrue: the values, actions and decisions that it asks for, each once.

    A slot in `known` has a value: nobody is asked to record it a second time.
    """
    ways = dict.fromkeys(_ways(compiled, subject, node, wanted))
    found = [step for step in ways if step.slot not in known]
    # A value that settles it stands before what makes it needless.
    return sorted(found, key=lambda step: " --do " in step.command)[:MOST]


def item_of(compiled: Compiled, key: str) -> Assessment | Task | Series | Doses | Infusion | None:
    """The definition of an item."""
    protocol, name = compiled.protocol, key.partition("[")[0]
    once: tuple[Assessment | Task, ...] = (*protocol.assessments, *protocol.tasks)
    for spec in once:
        if key_of(spec.id, spec.scope) == key:
            return spec
    for series in protocol.series:
        if series.id == name and all(f"{label}={value}" in key for label, value in series.scope):
            return series
    for ledger in protocol.ledgers:
        if end_report_key(key_of(ledger.id, ledger.scope)) == key:
            return ledger
    labels = _labels(key)
    for course in protocol.doses:
        if course.item == name and all(labels.get(label) == value for label, value in course.scope):
            return course
    return None


def _ways(compiled: Compiled, subject: str, node: Predicate, wanted: bool) -> Iterator[Step]:
    match node:
        case AllOf(parts) | AnyOf(parts) | AtLeast(_, parts):
            for part in parts:
                yield from _ways(compiled, subject, part, wanted)
        case Not(part):
            yield from _ways(compiled, subject, part, not wanted)
        case VerdictIs(part, verdicts):
            yield from _ways(compiled, subject, part, wanted == ("PASS" in verdicts))
        case ReviewIf(part, _) | Closed(part, _, _):
            yield from _ways(compiled, subject, part, wanted)
        case _ if not wanted:
            return
        case Known(reading) | Is(reading, _) | Compare(reading, _) | Fresh(reading) | Exposure(reading):
            yield from _of_reading(compiled, subject, reading)
        case NotObtainable(reading):
            yield _unobtainable(compiled, subject, reading)
        case Recorded(action, scope):
            yield _act(compiled, subject, action, scope)
        case Reached(anchor):
            for time in compiled.anchors[anchor].actual:
                yield from _of_time(compiled, subject, time)
        case Outcome(decision, options) | Taken(decision, options):
            name = shlex.quote(decision)
            known = compiled.decisions.get(decision)
            if known is None or known.confirm:
                role = (known.confirm if known else None) or "clinician"
                yield Step(role, f"decide {' or '.join(options)}", f"allpath confirm {subject} {name} OPTION")
        case Crit(id):
            yield from _ways(compiled, subject, compiled.criteria[id].holds, wanted)


def _of_time(compiled: Compiled, subject: str, time: AnchorTime) -> Iterator[Step]:
    match time:
        case Done(action, scope):
            yield _act(compiled, subject, action, scope)
        case Sampled(reading) | DateOf(reading):
            yield from _of_reading(compiled, subject, reading)
        case Latest(times):
            for each in times:
                yield from _of_time(compiled, subject, each)


def _of_reading(compiled: Compiled, subject: str, reading: Reading) -> list[Step]:
    fact = compiled.facts[reading.fact]
    if fact.id == SLOT_FACT:
        return [
            Step("operations", "its governor answers", f"allpath subtrial show {compiled.protocol.name} ARM")
        ]
    point = reading.point or (reading.points[0] if len(reading.points) == 1 else "")
    where = f" --point {point or 'POINT'}" if point or reading.points else ""
    labels = "".join(f" --scope {name}={value}" for name, value in reading.scope)
    typed = (
        f"allpath record {subject} {fact.id} {_placeholder(fact)}{_unit(fact)}{where}{labels}{_sampled(fact)}"
    )
    what = f"record {reading_name(reading)}"
    if fact.values and len(fact.values) > 1:
        what += f", one of {', '.join(fact.values)}"
    return [Step(fact.supplier, what, typed, reading_name(reading))]


def _unobtainable(compiled: Compiled, subject: str, reading: Reading) -> Step:
    point = f" --point {reading.point}" if reading.point else ""
    return Step(
        compiled.facts[reading.fact].supplier,
        f"or say that {reading_name(reading)} cannot be had",
        f"allpath unobtainable {subject} {reading.fact}{point} --reason 'WHY'",
        reading_name(reading),
    )


def _act(compiled: Compiled, subject: str, action: str, scope: Scope, what: str = "") -> Step:
    known = compiled.actions.get(action)
    stated = dict(scope)
    open_labels = [name for name, _ in (known.scopes if known else ()) if name not in stated]
    labels = "".join(f" --scope {name}={value}" for name, value in scope)
    labels += "".join(f" --scope {name}={name.upper()}" for name in open_labels)
    return Step(
        known.role if known else "coordinator",
        f"{what or 'once it is done'}: {key_of(action, scope)}",
        f"allpath record {subject} --do {action}{labels} --at 'YYYY-MM-DD HH:MM'",
    )


def _of_series(compiled: Compiled, subject: str, spec: Series) -> list[Step]:
    if spec.action:
        return [_act(compiled, subject, spec.action, ())]
    fact = compiled.facts[spec.fact]
    return _of_reading(compiled, subject, Reading(fact.id, points=fact.points))


def _placeholder(fact: Fact) -> str:
    if fact.type == "choice" and len(fact.values) == 1:
        return fact.values[0]
    return {"date": "YYYY-MM-DD", "choice": "VALUE", "number": "VALUE"}[fact.type]


def _unit(fact: Fact) -> str:
    return f" --unit {shlex.quote(fact.units[0].name)}" if fact.units else ""


def _sampled(fact: Fact) -> str:
    return "" if fact.type == "date" else " --sampled 'YYYY-MM-DD HH:MM'"


def _explain(subject: str, key: str) -> str:
    return f"allpath explain {subject} {shlex.quote(key)}"


def _labels(key: str) -> dict[str, str]:
    inside = key.partition("[")[2].removesuffix("]")
    return dict(part.split("=", 1) for part in inside.split(",") if "=" in part) if inside else {}


def _deviation(compiled: Compiled, key: str) -> Deviation | None:
    return next((d for d in compiled.protocol.deviations if key_of(d.id, d.scope) == key), None)
