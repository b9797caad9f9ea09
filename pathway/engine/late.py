"""What is told of reports that come after the end: late results, and a patient who lives after the day of death."""

from __future__ import annotations

from collections.abc import Callable

from pathway.clock import local_day
from pathway.engine.context import Evaluation
from pathway.engine.endings import Ending, compile_ending
from pathway.engine.linker import Linker
from pathway.engine.obligations import oblige
from pathway.language import Doses
from pathway.language.terms import key_of
from pathway.plan import Obligation

LATE = "came after {end}: it is on record, and nobody is asked to decide anything because of it"


def compile_late_results(linker: Linker) -> Callable[[Evaluation], tuple[Obligation, ...]]:
    """A notice for each result that came after the end of the study for this patient."""
    ended = compile_ending(linker, "study")
    keys: dict[tuple[str, str], str] = {}
    texts = {fact.id: fact.text for fact in linker.facts.values()}
    for fact in linker.facts.values():
        if fact.alive or fact.supplier not in ("laboratory", "clinician"):
            continue
        linker.recorded(fact.id)
        for point in fact.points or ("",):
            scope = (("fact", fact.id), *((("point", point),) if point else ()))
            keys[fact.id, point] = key_of("LATE-RESULT", scope)
            linker.recorded(keys[fact.id, point])

    def late(ctx: Evaluation) -> tuple[Obligation, ...]:
        end = ended(ctx)
        if end is None:
            return ()
        out = []
        for (name, point), key in keys.items():
            since = [e.recorded for e in ctx.record.observations.get(name, {}).get(point, ()) if e.recorded > end.known]
            if since:
                at = f" ({point})" if point else ""
                text = f"{texts[name]}{at} {LATE.format(end=_words(ctx, end))}"
                out.append(oblige(ctx, "LATE-RESULT", key, "alert", text, "clinician", [("info", min(since))]))
        return tuple(out)

    return late


def compile_alive_after_death(linker: Linker) -> Callable[[Evaluation], tuple[Obligation, ...]]:
    """The notice that the patient was seen, or given something, after the day of death: one of the two is wrong."""
    ended = compile_ending(linker, "life")
    facts = [fact for fact in linker.facts.values() if fact.alive]
    given = [
        action
        for each in linker.ledgers.values()
        for action in ((each.given,) if isinstance(each, Doses) else ("infusion_started", "infusion_resumed"))
    ]
    for fact in facts:
        linker.check_alive(fact)
        linker.recorded(fact.id)
    for name in given:
        linker.recorded(name)
    linker.recorded("ALIVE-AFTER-DEATH")

    def alive(ctx: Evaluation) -> tuple[Obligation, ...]:
        end = ended(ctx)
        if end is None:
            return ()
        day = local_day(end.event.occurred, ctx.tz)
        seen = [
            e
            for fact in facts
            for events in ctx.record.observations.get(fact.id, {}).values()
            for e in events
            if e.value in fact.alive
        ]
        seen += [e for name in dict.fromkeys(given) for e in ctx.record.actions.get(name, ())]
        seen = [e for e in seen if local_day(e.occurred, ctx.tz) > day]
        if not seen:
            return ()
        first = min(seen, key=lambda e: (e.occurred, e.recorded, e.id))
        since = max(end.known, min(e.recorded for e in seen))
        seen_on = local_day(first.occurred, ctx.tz).isoformat()
        text = (
            f"on record as dead since {day.isoformat()}, and {first.name} of {seen_on} says that the patient lives: correct or "
            "void one of the two"
        )
        return (
            oblige(ctx, "ALIVE-AFTER-DEATH", "ALIVE-AFTER-DEATH", "deviation", text, "coordinator", [("critical", since)]),
        )

    return alive


def _words(ctx: Evaluation, end: Ending) -> str:
    text = ctx.compiled.actions[end.event.name].text
    return f"{text[:1].lower()}{text[1:]} on {local_day(end.event.occurred, ctx.tz).isoformat()}"
