"""What is told of reports that come after the end: late results, what is given all the same, a patient who lives after death."""

from __future__ import annotations

from collections.abc import Callable

from pathway.clock import local_day
from pathway.engine.context import Evaluation
from pathway.engine.endings import Ending, compile_ending, ending_actions
from pathway.engine.linker import Linker
from pathway.engine.obligations import oblige
from pathway.language import Action, Done, Doses, Infusion
from pathway.language.terms import key_of
from pathway.language.walk import atoms
from pathway.plan import Obligation

INFUSED, RESUMED = "infusion_started", ("infusion_resumed",)
LATE = "came after {end}: it is on record, and nobody is asked to decide anything because of it"


def compile_late_results(linker: Linker) -> Callable[[Evaluation], tuple[Obligation, ...]]:
    """A notice for the results of each time point, and for each fact without points, that came after the end of the study for
    this patient; one for each day on which some came."""
    ended = compile_ending(linker, "study")
    told: dict[str, tuple[str, list[tuple[str, str]]]] = {}
    for fact in linker.facts.values():
        if fact.alive or fact.supplier not in ("laboratory", "clinician"):
            continue
        linker.recorded(fact.id)
        for point in fact.points or ("",):
            key = key_of("LATE-RESULT", (("point", point) if point else ("fact", fact.id),))
            linker.recorded(key)
            what = f"What was found at {point}" if point else fact.text
            told.setdefault(key, (what, []))[1].append((fact.id, point))

    def results(ctx: Evaluation) -> tuple[Obligation, ...]:
        end = ended(ctx)
        if end is None:
            return ()
        out = []
        for key, (what, slots) in told.items():
            late = sorted(
                e.recorded
                for name, point in slots
                for e in ctx.record.observations.get(name, {}).get(point, ())
                if e.recorded > end.known
            )
            if late:
                text, rung = f"{what} {LATE.format(end=_words(ctx, end))}", [("info", late[0])]
                times = [*{local_day(at, ctx.tz): at for at in late}.values()]
                out.append(oblige(ctx, "LATE-RESULT", key, "alert", text, "clinician", rung, times=times))
        return tuple(out)

    return results


def compile_given_after_exit(linker: Linker) -> Callable[[Evaluation], tuple[Obligation, ...]]:
    """A notice for each act that gives treatment of the protocol and comes after an exit; ledgers tell of their own."""
    acts = [
        (action, compile_ending(linker, "treatment", but=_checked(action, linker)))
        for action in _giving(linker)
    ]
    keys = {action.id: key_of("AFTER-EXIT", (("action", action.id),)) for action, _ in acts}
    for action, _ in acts:
        linker.recorded(action.id)
        linker.recorded(keys[action.id])

    def given(ctx: Evaluation) -> tuple[Obligation, ...]:
        out = []
        for action, ended in acts:
            events = ctx.record.actions.get(action.id)
            end = ended(ctx) if events else None
            if not events or end is None:
                continue
            late = [e for e in events if e.occurred > end.at]
            if not late:
                continue
            last, times = late[-1], [max(e.recorded, end.known) for e in late]
            what, day = key_of(action.text, last.scope), local_day(last.occurred, ctx.tz).isoformat()
            text = (
                f"{what} on {day}: given after treatment had ended ({_words(ctx, end)}): "
                "stop it, or say why it goes on; or correct the day that is wrong"
            )
            rung = [("critical", min(times))]
            key = keys[action.id]
            out.append(oblige(ctx, "AFTER-EXIT", key, "deviation", text, "clinician", rung, times=times))
        return tuple(out)

    return given


def _giving(linker: Linker) -> list[Action]:
    """The actions that give treatment of the protocol, but for those of ledgers."""
    begins = {
        done.action
        for track in linker.protocol.tracks
        for phase in track.phases
        if not phase.terminal
        for done in atoms(phase.started_by, Done)
    }
    counted = {each.given for each in linker.protocol.doses}
    counted |= {INFUSED} if any(isinstance(x, Infusion) for x in linker.ledgers.values()) else set()
    return [
        action
        for action in linker.protocol.actions
        if action.id not in counted
        and not action.ends
        and (action.gives if action.gives is not None else action.id in begins or "dose" in action.details)
        and action.id not in RESUMED
    ]


def _checked(action: Action, linker: Linker) -> tuple[str, ...]:
    """The exits that an action may come after. Raises ProtocolError for what is none."""
    exits = ending_actions(linker, "treatment")
    wrong = [name for name in action.gives_after if name not in exits]
    if wrong:
        raise linker.error(
            f"{action.id} is given after {wrong[0]!r}, which ends nothing; accepted: {', '.join(exits)}"
        )
    return action.gives_after


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
            oblige(
                ctx,
                "ALIVE-AFTER-DEATH",
                "ALIVE-AFTER-DEATH",
                "deviation",
                text,
                "coordinator",
                [("critical", since)],
            ),
        )

    return alive


def _words(ctx: Evaluation, end: Ending) -> str:
    text = ctx.compiled.actions[end.event.name].text
    return f"{text[:1].lower()}{text[1:]} on {local_day(end.event.occurred, ctx.tz).isoformat()}"
