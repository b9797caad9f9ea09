"""The subtrials of a protocol's page: their slots, dose levels and stages, and when a patient asks for a slot."""

from __future__ import annotations

from analysis.pages.calendar import count_words
from analysis.pages.tables import Lines, cite, table
from pathway.engine.context import Compiled
from pathway.language import Param, PhaseOne, RollingSix, SimonTwoStage, Subtrial
from pathway.language.profile import Profile
from pathway.language.words import words


def subtrials(compiled: Compiled, profile: Profile) -> Lines:
    """Every subtrial, and how patients stand towards it; nothing for a protocol without."""
    protocol = compiled.protocol
    if not protocol.subtrials:
        return
    yield from (
        "## Subtrials",
        "",
        "Each has a governor, which all patients ask for a slot.",
        "",
    )
    yield from table(
        (
            "Subtrial",
            "What",
            "Registry",
            "Begins as",
            "Activation",
            "Reservation, days",
            "At most",
            "Confirmed by",
            "Source",
        ),
        [_row(subtrial) for subtrial in protocol.subtrials],
    )
    for subtrial in protocol.subtrials:
        yield from _notes(subtrial)
        if subtrial.phase_one is not None:
            yield from _phase_one(subtrial.id, subtrial.phase_one)
        if subtrial.phase_two is not None:
            yield from _phase_two(subtrial.id, subtrial.phase_two)
    yield from ("### How a patient stands towards them", "")
    yield from table(
        ("Subtrial", "Hears of slots while", "Asks for one while", "First dose", "DLT", "Response", "Source"),
        [
            (
                f"**{e.subtrial}**",
                words(e.watch, profile),
                words(e.ask, profile),
                f"anchor {e.started}",
                e.dlt and f"decision {e.dlt}",
                e.response and f"decision {e.response}",
                cite(e.source),
            )
            for e in protocol.enrolments
        ],
    )


def value_words(value: str | int | Param) -> str:
    """A value, or the profile key that holds it."""
    return f"`{value.key}`" if isinstance(value, Param) else str(value)


def _row(subtrial: Subtrial) -> tuple[str, ...]:
    cap = subtrial.cap
    return (
        f"**{subtrial.id}**",
        subtrial.text,
        ", ".join(subtrial.registry),
        subtrial.begins,
        "by country and site" if subtrial.activation else "open everywhere from the start",
        count_words(subtrial.reservation_days),
        f"{count_words(cap.patients)} patients ({cite(cap.source)})" if cap is not None else "",
        subtrial.confirm,
        cite(subtrial.source),
    )


def _notes(subtrial: Subtrial) -> Lines:
    if subtrial.notes:
        yield from (f"### {subtrial.id}: status as published", "", "For people; it opens nothing.", "")
    yield from table(("Status", "On", "Source"), [(n.status, n.on, cite(n.source)) for n in subtrial.notes])


def _phase_one(subtrial: str, phase: PhaseOne) -> Lines:
    design = "3+3"
    if isinstance(phase.design, RollingSix):
        design = f"rolling six, table {value_words(phase.design.table)}"
    yield from (
        f"### {subtrial}: phase I",
        "",
        f"Design: {design}. DLT window: {count_words(phase.window_days)} days from the first dose. Source: {cite(phase.source)}.",
        "",
    )
    yield from table(
        ("Level", "What", "Source"),
        [
            (
                f"**{level.id}**{' (start)' if level.id == phase.start else ''}",
                level.text,
                cite(level.source),
            )
            for level in phase.levels
        ],
    )


def _phase_two(subtrial: str, phase: SimonTwoStage) -> Lines:
    yield from (f"### {subtrial}: phase II, Simon two-stage", "")
    yield from table(
        ("p0", "p1", "alpha", "beta", "Design", "Phase I patients count", "Source"),
        [
            (
                value_words(phase.p0),
                value_words(phase.p1),
                value_words(phase.alpha),
                value_words(phase.beta),
                value_words(phase.kind),
                value_words(phase.phase_one_counts),
                cite(phase.source),
            )
        ],
    )
