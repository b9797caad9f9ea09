"""A wrong name anywhere in a definition is refused when the protocol is loaded, whatever part it stands in."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any, get_type_hints

import pytest

import pathway.language
from pathway.designs.rolling_six import TABLES
from pathway.engine.compiler import compile_protocol
from pathway.errors import ProtocolError
from pathway.language import Protocol
from pathway.language.subtrials import ROLLING_SIX_TABLES
from protocols import ALL

EVERY, FIRST, SECOND = "every name", "the first of each pair", "the second of each pair"

REFERENCES: dict[tuple[str, str], str] = {
    ("Source", "keys"): EVERY,
    ("Source", "kind"): EVERY,
    ("Param", "key"): EVERY,
    ("Limit", "op"): EVERY,
    ("Reading", "fact"): EVERY,
    ("Reading", "point"): EVERY,
    ("Reading", "points"): EVERY,
    ("Reading", "until"): EVERY,
    ("Reading", "since"): EVERY,
    ("Day", "of"): EVERY,
    ("Is", "values"): EVERY,
    ("Dates", "op"): EVERY,
    ("Dates", "never"): EVERY,
    ("Exposure", "unless"): "the first",
    ("Products", "op"): EVERY,
    ("Fresh", "before"): EVERY,
    ("Recorded", "action"): EVERY,
    ("Recorded", "scope"): EVERY,
    ("Recorded", "where"): "the first",
    ("Graded", "event"): EVERY,
    ("Graded", "scale"): EVERY,
    ("Graded", "since"): EVERY,
    ("Graded", "until"): EVERY,
    ("Graded", "told_since"): EVERY,
    ("Reached", "anchor"): EVERY,
    ("LedgerIs", "ledger"): EVERY,
    ("LedgerIs", "states"): EVERY,
    ("Directed", "ledger"): EVERY,
    ("Directed", "actions"): EVERY,
    ("Directed", "rules"): EVERY,
    ("LedgerFlag", "ledger"): EVERY,
    ("LedgerFlag", "flag"): EVERY,
    ("Crit", "id"): EVERY,
    ("Outcome", "decision"): EVERY,
    ("Outcome", "options"): EVERY,
    ("Taken", "decision"): EVERY,
    ("Taken", "options"): EVERY,
    ("InPhase", "track"): EVERY,
    ("InPhase", "phases"): EVERY,
    ("Entered", "track"): EVERY,
    ("Entered", "phase"): EVERY,
    ("VerdictIs", "verdicts"): EVERY,
    ("Setting", "key"): EVERY,
    ("Setting", "values"): EVERY,
    ("Moment", "anchor"): EVERY,
    ("Moment", "at"): EVERY,
    ("Done", "action"): EVERY,
    ("Done", "scope"): EVERY,
    ("LedgerPoint", "ledger"): EVERY,
    ("LedgerPoint", "point"): EVERY,
    ("StudyDay", "anchor"): EVERY,
    ("TimePoint", "id"): EVERY,
    ("Unanswered", "action"): EVERY,
    ("Unanswered", "scope"): EVERY,
    ("Unanswered", "values"): EVERY,
    ("Recurred", "event"): EVERY,
    ("Recurred", "action"): EVERY,
    ("Recurred", "scope"): EVERY,
    ("Assessment", "prepares"): EVERY,
    ("Decision", "settled_by"): EVERY,
    ("Action", "about"): SECOND,
    ("Fact", "about"): SECOND,
    ("Track", "ends_with"): EVERY,
    ("TimePoint", "of"): EVERY,
    ("TimePoint", "since"): EVERY,
    ("TimePoint", "until"): EVERY,
    ("TimePoint", "facts"): EVERY,
    ("Order", "earlier"): EVERY,
    ("Order", "later"): EVERY,
    ("Act", "action"): EVERY,
    ("Act", "scope"): EVERY,
    ("Sample", "fact"): EVERY,
    ("Sample", "point"): EVERY,
    ("AnchorDay", "anchor"): EVERY,
    ("Onset", "event"): EVERY,
    ("Resolution", "event"): EVERY,
    ("Offset", "anchor"): EVERY,
    ("ProfileKey", "type"): EVERY,
    ("ProfileKey", "default"): EVERY,
    ("Fact", "type"): EVERY,
    ("Fact", "supplier"): EVERY,
    ("Fact", "cardinality"): EVERY,
    ("Fact", "ever_at"): EVERY,
    ("Action", "role"): EVERY,
    ("Sign", "fact"): EVERY,
    ("Sign", "values"): EVERY,
    ("Sign", "unless"): EVERY,
    ("Sign", "event"): EVERY,
    ("Hold", "labels"): EVERY,
    ("Infusing", "reaction"): EVERY,
    ("Infusing", "paused"): EVERY,
    ("Infusing", "resumed"): EVERY,
    ("Infusing", "ended"): EVERY,
    ("Infusing", "premedicated"): EVERY,
    ("Infusing", "parts"): EVERY,
    ("Doses", "scope"): EVERY,
    ("Doses", "amounts"): FIRST,
    ("Doses", "start"): EVERY,
    ("Doses", "given"): EVERY,
    ("Doses", "omitted"): EVERY,
    ("Doses", "stopped"): EVERY,
    ("Doses", "by"): EVERY,
    ("Doses", "shift"): EVERY,
    ("Doses", "never_omitted"): EVERY,
    ("Doses", "previous"): EVERY,
    ("Doses", "needs"): EVERY,
    ("AdverseEventRule", "event"): EVERY,
    ("AdverseEventRule", "action"): EVERY,
    ("Infusion", "scope"): EVERY,
    ("Infusion", "dose_by"): EVERY,
    ("Infusion", "lifted_by"): FIRST,
    ("Doses", "lifted_by"): FIRST,
    ("Hold", "lifted_by"): EVERY,
    ("Action", "ends"): EVERY,
    ("Action", "gives_after"): EVERY,
    ("Fact", "alive"): EVERY,
    ("Assessment", "needs"): EVERY,
    ("Task", "needs"): EVERY,
    ("Decision", "latches"): EVERY,
    ("Assessment", "ends_with"): EVERY,
    ("Decision", "ends_with"): EVERY,
    ("Deviation", "ends_with"): EVERY,
    ("Milestone", "ends_with"): EVERY,
    ("Series", "ends_with"): EVERY,
    ("Task", "ends_with"): EVERY,
    ("Choice", "options"): EVERY,
    ("Input", "of"): EVERY,
    ("Rule", "when"): EVERY,
    ("Rule", "then"): EVERY,
    ("Decision", "confirm"): EVERY,
    ("Decision", "enacted"): EVERY,
    ("Decision", "on_reopen"): EVERY,
    ("Exit", "to"): EVERY,
    ("Exit", "planned"): EVERY,
    ("Phase", "confirm"): EVERY,
    ("Phase", "hit"): EVERY,
    ("Phase", "on_reopen"): EVERY,
    ("Assessment", "owner"): EVERY,
    ("Assessment", "blocked_by"): EVERY,
    ("Assessment", "kind"): EVERY,
    ("Series", "owner"): EVERY,
    ("Series", "fact"): EVERY,
    ("Series", "action"): EVERY,
    ("Task", "owner"): EVERY,
    ("Task", "blocked_by"): EVERY,
    ("Milestone", "value"): EVERY,
    ("Milestone", "to"): EVERY,
    ("Rung", "severity"): EVERY,
    ("Deviation", "to"): EVERY,
    ("Deviation", "kind"): EVERY,
    ("Deviation", "blocks"): EVERY,
    ("Endpoint", "start"): EVERY,
    ("Endpoint", "events"): SECOND,
    ("Endpoint", "competing"): SECOND,
    ("Endpoint", "censor"): EVERY,
    ("Endpoint", "horizon"): EVERY,
    ("Protocol", "day_one"): EVERY,
    ("Protocol", "enrolled_group"): EVERY,
    ("RollingSix", "table"): EVERY,
    ("PhaseOne", "start"): EVERY,
    ("SimonTwoStage", "kind"): EVERY,
    ("SimonTwoStage", "phase_one_counts"): EVERY,
    ("Subtrial", "begins"): EVERY,
    ("Subtrial", "confirm"): EVERY,
    ("Enrolment", "subtrial"): EVERY,
    ("Enrolment", "started"): EVERY,
    ("Enrolment", "dlt"): EVERY,
    ("Enrolment", "response"): EVERY,
}
"""What names something else, by class and field; and which of the texts that stand there do."""

TEXTS = {
    *((kind, "id") for kind in (
        "Action", "AdverseEventRule", "AdverseEventType", "Anchor", "Assessment", "Criterion", "Decision", "Deviation",
        "DoseLevel", "Doses", "Endpoint", "Fact", "Hold", "Infusion", "Milestone", "Phase", "Rate", "Rule", "Series",
        "Stop", "Subtrial", "Task", "Track",
    )),
    *((kind, "text") for kind in (
        "Action", "AdverseEventRule", "AdverseEventType", "Anchor", "Assessment", "Criterion", "Decision", "Deviation",
        "DoseLevel", "Doses", "Endpoint", "Fact", "Hold", "Infusion", "Milestone", "Phase", "ProfileKey", "Rule",
        "Series", "Stop", "Subtrial", "Task", "Track",
    )),
    # What a definition calls its own parts.
    *((kind, "scope") for kind in ("Assessment", "Decision", "Deviation", "Milestone", "Reading", "Series", "Task")),
    ("Change", "factor"), ("Fact", "specimens"), ("Fact", "assays"), ("Order", "text"), ("TimePoint", "text"),
    ("Action", "details"), ("Action", "scopes"), ("AdverseEventType", "scales"), ("Band", "name"), ("Decision", "options"),
    ("Doses", "item"), ("Doses", "labels"), ("Fact", "details"), ("Fact", "points"), ("Fact", "values"), ("Input", "name"),
    ("Input", "closed"),  # a cell of its own, if no row has it: the prover then says that such a patient has no row
    ("ProfileKey", "key"), ("ProfileKey", "options"), ("Protocol", "references"), ("Unit", "name"), ("Criterion", "group"),
    # Numbers as text, and their units.
    *(("DoseBand", name) for name in ("dose", "low_dose", "unit")),
    *(("Infusion", name) for name in ("dose", "low_dose", "unit")),
    *(("Doses", name) for name in ("measure", "reduced_to", "rounding", "tolerance", "unit")),
    *(("SimonTwoStage", name) for name in ("p0", "p1", "alpha", "beta")),
    ("Fact", "plausible"), ("Fact", "possible"), ("Infusing", "resume_at_most"), ("Limit", "value"), ("Products", "times"),
    ("Rose", "factor"), ("Unit", "factor"),
    # What people read, and what other programs give.
    ("Impossible", "reason"), ("Protocol", "gaps"), ("Protocol", "name"), ("Protocol", "profile_name"), ("Protocol", "registry"),
    ("Protocol", "title"), ("Closed", "why"), ("ReviewIf", "note"), ("Source", "note"), ("StatusNote", "on"),
    ("StatusNote", "status"),
    ("Subtrial", "registry"), ("Version", "date"), ("Version", "note"), ("Version", "number"), ("Waiver", "finding_id"),
    ("Waiver", "reason"),
}  # fmt: skip

Path = tuple[tuple[str, int | None], ...]


def language() -> list[type]:
    """Every dataclass of the language."""
    return sorted(
        {v for v in vars(pathway.language).values() if isinstance(v, type) and is_dataclass(v)},
        key=lambda kind: kind.__name__,
    )


def test_every_text_of_the_language_is_a_name_of_something_else_or_is_known_not_to_be() -> None:
    holds_text = {
        (kind.__name__, name)
        for kind in language()
        for name, hint in get_type_hints(kind).items()
        if "str" in repr(hint) or "Literal" in repr(hint)
    }
    assert holds_text - set(REFERENCES) - TEXTS == set()
    assert not set(REFERENCES) & TEXTS
    assert set(REFERENCES) | TEXTS <= holds_text


def places(node: Any, path: Path = ()) -> Iterator[tuple[Path, str, str, Any]]:
    """Every field of every part with the way to it: path, class, field, value."""
    for f in fields(node):
        value = getattr(node, f.name)
        if (type(node).__name__, f.name) in REFERENCES:
            yield (*path, (f.name, None)), type(node).__name__, f.name, value
        if is_dataclass(value):
            yield from places(value, (*path, (f.name, None)))
        elif isinstance(value, tuple):
            for n, each in enumerate(value):
                if is_dataclass(each):
                    yield from places(each, (*path, (f.name, n)))


def misspelt(value: Any, how: str) -> Iterator[Any]:
    """The value with one of its names misspelt, for each of them in turn."""
    if isinstance(value, str):
        if value:
            yield f"{value}-misspelt"
    elif isinstance(value, tuple) and any(is_dataclass(each) for each in value):
        return  # a condition with the name that people read
    elif isinstance(value, tuple):
        for n, each in enumerate(value):
            if how == "the first" and n:
                continue
            inner = EVERY
            if how in (FIRST, SECOND) and isinstance(each, tuple):
                at = 0 if how == FIRST else 1
                options = [(*each[:at], wrong, *each[at + 1 :]) for wrong in misspelt(each[at], EVERY)]
            else:
                options = [*misspelt(each, inner)]
            yield from ((*value[:n], wrong, *value[n + 1 :]) for wrong in options)


def changed(node: Any, path: Path, value: Any) -> Any:
    """The protocol with another value at the end of the way."""
    (name, n), rest = path[0], path[1:]
    if not rest:
        return replace(node, **{name: value})
    inner = getattr(node, name)
    if n is None:
        return replace(node, **{name: changed(inner, rest, value)})
    return replace(node, **{name: (*inner[:n], changed(inner[n], rest, value), *inner[n + 1 :])})


SAMPLES = 1
"""Of each reference in each list of a protocol (its deviations, its tasks, ...): so many. The five protocols have hundreds of
such references; with a compilation for every one of their thousands of places this would take an hour."""


@cache
def samples(name: str) -> dict[tuple[str, str], list[tuple[Path, Any]]]:
    """What is misspelt, by class and field."""
    protocol = next(p for p in ALL if p.name == name)
    found: dict[tuple[str, str, str], dict[Any, tuple[Path, Any]]] = {}
    for path, kind, field, value in places(protocol):
        for wrong in misspelt(value, REFERENCES[kind, field]):
            found.setdefault((kind, field, path[0][0]), {}).setdefault(wrong, (path, wrong))
    out: dict[tuple[str, str], list[tuple[Path, Any]]] = {}
    for (kind, field, _), each in found.items():
        wrongs = [*each.values()]
        out.setdefault((kind, field), []).extend(wrongs[:: max(1, len(wrongs) // SAMPLES)][:SAMPLES])
    return out


@pytest.mark.parametrize("name", [p.name for p in ALL])
def test_a_misspelt_name_is_refused_at_load_wherever_it_stands(name: str) -> None:
    protocol = next(p for p in ALL if p.name == name)
    accepted = []
    for (kind, field), wrongs in samples(name).items():
        for path, wrong in wrongs:
            try:
                compile_protocol(changed(protocol, path, wrong))
            except ProtocolError as error:
                if "misspelt" not in str(error):
                    accepted.append(f"{kind}.{field}, refused with other words: {error}")
            else:
                accepted.append(f"{kind}.{field} at {path[0]}: {wrong!r}"[:160])
    assert not accepted


def test_the_shipped_protocols_use_most_of_what_can_be_misspelt() -> None:
    used = {each for p in ALL for each in samples(p.name)}
    assert len(used) > 100


def test_a_refusal_names_the_part_the_wrong_name_and_the_nearest_right_one() -> None:
    protocol: Protocol = ALL[0]
    with pytest.raises(ProtocolError, match=r"'D1x' is not defined; did you mean D1\?"):
        compile_protocol(replace(protocol, day_one="D1x"))


def test_the_tables_of_the_rolling_six_are_those_of_the_language() -> None:
    assert tuple(TABLES) == ROLLING_SIX_TABLES


def test_a_default_that_its_key_cannot_have_is_refused_at_load_not_when_a_patient_is_enrolled() -> None:
    protocol = ALL[0]
    wrong = replace(protocol.profile[0], type="days", default="soon")
    with pytest.raises(ProtocolError, match="soon"):
        compile_protocol(replace(protocol, profile=(wrong, *protocol.profile[1:])))
