"""What the engine tells of every ledger, whatever the trial: what still runs after treatment has ended, what was given in spite
of a stop, and reports that cannot be true as they stand."""

from __future__ import annotations

from collections.abc import Callable

from pathway.clock import local_day
from pathway.engine.context import Evaluation
from pathway.engine.ledgers.course import events_of
from pathway.engine.ledgers.directives import actions_of
from pathway.engine.ledgers.readiness import Lacks, compile_lacked
from pathway.engine.linker import Linker
from pathway.engine.obligations import oblige, occasions
from pathway.engine.results import Run
from pathway.events import Event
from pathway.language import Doses, Infusion, LedgerFlag, LedgerPoint
from pathway.language.terms import key_of
from pathway.language.walk import atoms
from pathway.plan import Obligation

LEDGER_NOTICES = {
    "DISCONNECT": "treatment has ended and an infusion is still recorded as running",
    "AFTER-EXIT": "given after treatment had ended: stop it, or say why it goes on; or correct the day that is wrong",
    "STOP-DIRECTED": "a rule of the protocol has stopped it, and nobody has signed yet",
    "DESPITE-STOP": "given while a rule of the protocol had stopped it",
    "DESPITE-HOLD": "given while a rule of the protocol held it",
    "DESPITE-OPEN": "given before what must be settled first was known",
    "WITHOUT-FIRST": "a later dose is on record, and the one with which the course begins is neither given nor left out",
    "WITHOUT-START": "acts of an infusion are on record, and its start is not",
    "RATE-UNKNOWN": "resumed after a reaction, and nobody has entered at which rate",
    "IMPOSSIBLE-ORDER": "a report of an infusion or a dose that cannot be true as it stands",
}
PUMP_ACTS = ("infusion_paused", "infusion_resumed", "infusion_ended", "infusion_stopped", "bag_change_missed")
ENDS = ("infusion_stopped", "infusion_ended")
STANDING = ("infusion_started", "infusion_resumed", "infusion_stopped")
"""A second start and a restart without a pause are told for themselves; a stop may be decided again."""
PUMP = ("infusion_started", "infusion_paused", "infusion_resumed", *ENDS)
ON_FLAG = (
    ("given_after_exit", "AFTER-EXIT"),
    ("given_after_stop", "DESPITE-STOP"),
    ("given_while_held", "DESPITE-HOLD"),
    ("resumed_rate_unknown", "RATE-UNKNOWN"),
)
"""Flags that must not be silent: the engine tells of them, unless a deviation of the protocol itself reads the flag."""


def compile_ledger_notices(
    key: str, spec: Infusion | Doses, linker: Linker
) -> Callable[[Evaluation], tuple[Obligation, ...]]:
    """The notices of a ledger; `key` is its id with its scope."""
    index = linker.ledger(key)
    keys = {name: key_of(name, (("ledger", key),)) for name in (*LEDGER_NOTICES, "REPORTED-TWICE")}
    for each in keys.values():
        linker.recorded(each)
    own = {
        flag.flag
        for deviation in linker.protocol.deviations
        for flag in atoms(deviation.when, LedgerFlag)
        if flag.ledger == key
    }
    # A track that this ledger starts a phase of, and that has come to its end without a report that ends treatment.
    walks = [
        (linker.track(track.id, ()), {p.id: p.text for p in track.phases if p.terminal})
        for track in linker.protocol.tracks
        if any(point.ledger == key for point in atoms(track.phases, LedgerPoint))
    ]
    flags = [(flag, name) for flag, name in ON_FLAG if flag not in own]
    following = [
        linker.ledger(key_of(x.id, x.scope))
        for x in linker.protocol.doses
        if x.previous and x.previous == key
    ]
    lacked = compile_lacked(spec, linker) if isinstance(spec, Doses) else None

    def tell(ctx: Evaluation) -> tuple[Obligation, ...]:
        run = ctx.ledger(index)
        out = []
        since = run.flags.get("left_running")
        if since is not None and run.left is not None:
            exit_ = ctx.compiled.actions[run.left.name].text
            day = local_day(run.left.occurred, ctx.tz).isoformat()
            text = (
                f"{spec.text}: treatment is over since {day} ({exit_[:1].lower()}{exit_[1:]}), and the infusion is still "
                "recorded as running: disconnect, and report when it ended"
            )
            out.append(
                oblige(
                    ctx,
                    "DISCONNECT",
                    keys["DISCONNECT"],
                    "deviation",
                    text,
                    "clinician",
                    [("critical", since)],
                )
            )
        elif _going(ctx, run):
            for walk, terminal in walks:
                found = ctx.track(walk)
                if found.phase in terminal and run.start is not None:
                    text = (
                        f"{spec.text}: {found.phase} ({terminal[found.phase]}), and the infusion is still recorded as running: "
                        "disconnect, and report when it ended"
                    )
                    rung = [("critical", max(found.since, run.start))]
                    out.append(
                        oblige(ctx, "DISCONNECT", keys["DISCONNECT"], "deviation", text, "clinician", rung)
                    )
                    break
        for flag, name in flags:
            at = run.flags.get(flag)
            if at is not None:
                text = f"{spec.text}: {LEDGER_NOTICES[name]}"
                severity = "major" if name == "RATE-UNKNOWN" else "critical"
                out.append(oblige(
                        ctx, name, keys[name], "deviation", text, "clinician", [(severity, at)],
                        times=occasions(ctx, run, flag),
                    ))  # fmt: skip
        if lacked is not None:
            if not any(ctx.ledger(n).start is not None for n in following):
                out += _unsigned_stops(ctx, spec, run, keys["STOP-DIRECTED"])
            out += _despite_open(ctx, spec, run, keys["DESPITE-OPEN"], lacked)
            out += _without_first(ctx, spec, run, keys["WITHOUT-FIRST"])
        out += _contradictory(ctx, spec, own, keys["REPORTED-TWICE"])
        out += _without_start(ctx, spec, run, keys["WITHOUT-START"])
        odd = [*run.odd, *(run.stray if "resumed_without_pause" not in own else ())]
        if odd:
            text = f"{spec.text}: {'; '.join(dict.fromkeys(what for _, what in odd))}"
            at = min(when for when, _ in odd)
            name = "IMPOSSIBLE-ORDER"
            out.append(oblige(ctx, name, keys[name], "deviation", text, "clinician", [("major", at)]))
        return tuple(out)

    return tell


def _unsigned_stops(ctx: Evaluation, spec: Infusion | Doses, run: Run, key: str) -> list[Obligation]:
    """Stop rules in force of which nobody has decided yet; told at once, whether or not anything runs, of the newest course."""
    assert isinstance(spec, Doses)
    if run.start is None or run.state == "stopped" or run.closed:
        return []
    signed = [e.recorded for name, _ in spec.lifted_by for e in ctx.record.decisions.get(name, ())]
    halts = [h for h in run.stops if h.until is None and not any(at >= h.since for at in signed)]
    if not halts:
        return []
    why = "; ".join(halt.text for halt in halts)
    text = f"{spec.text}: {why}: nothing more is given, unless a clinician decides to go on"
    at = min(halt.since for halt in halts)
    return [oblige(ctx, "STOP-DIRECTED", key, "alert", text, "clinician", [("critical", at)])]


def _despite_open(
    ctx: Evaluation, spec: Infusion | Doses, run: Run, key: str, lacked: Lacks
) -> list[Obligation]:
    """Doses that were given while a criterion, a stop rule or a value that holds compare was open."""
    assert run.course is not None
    assert isinstance(spec, Doses)
    told, at = [], []
    for dose in run.course.doses:
        if dose.state == "given" and (lacks := lacked(ctx, run, dose)):
            told.append(f"{dose.label} ({', '.join(lacks)})")
            at.append(events_of(ctx, spec, spec.given, dose.label)[0].recorded)
    if not told:
        return []
    text = f"{spec.text}: {LEDGER_NOTICES['DESPITE-OPEN']}: {'; '.join(told)}"
    return [oblige(ctx, "DESPITE-OPEN", key, "deviation", text, "clinician", [("critical", min(at))])]


def _without_first(ctx: Evaluation, spec: Infusion | Doses, run: Run, key: str) -> list[Obligation]:
    """A course that is on record without its beginning: nobody guesses that it began with what was reported."""
    assert run.course is not None
    assert isinstance(spec, Doses)
    first, *later = spec.labels
    if events_of(ctx, spec, spec.given, first) or events_of(ctx, spec, spec.omitted, first):
        return []
    given = [
        (event.recorded, label) for label in later for event in events_of(ctx, spec, spec.given, label)[:1]
    ]
    if not given:
        return []
    at, label = min(given)
    text = f"{spec.text}: {label} is on record as given, and {first} is not: report it with its day, or that it was left out"
    return [oblige(ctx, "WITHOUT-FIRST", key, "deviation", text, "coordinator", [("major", at)])]


def _without_start(ctx: Evaluation, spec: Infusion | Doses, run: Run, key: str) -> list[Obligation]:
    """Acts of a pump that nobody has started by the record: it may be running, and nothing is counted."""
    if isinstance(spec, Infusion):
        acts = (
            [] if run.start is not None else [e for a in PUMP_ACTS for e in actions_of(ctx.record, spec, a)]
        )
    elif spec.infusing is not None:
        pump = (spec.infusing.paused, spec.infusing.resumed, spec.infusing.ended)
        acts = [
            e
            for label in spec.labels
            if not events_of(ctx, spec, spec.given, label)
            for name in pump
            for e in events_of(ctx, spec, name, label)
        ]
    else:
        return []
    if not acts:
        return []
    last = max(acts, key=lambda e: (e.occurred, e.recorded, e.id))
    what = ctx.compiled.actions[last.name].text
    day = local_day(last.occurred, ctx.tz).isoformat()
    text = (
        f"{spec.text}: {key_of(what, last.scope)} on {day} is on record, and no start: is it running, and since when? "
        "Report the start, or void what is not so"
    )
    over = (
        "infusion_ended",
        "infusion_stopped",
        spec.infusing.ended if isinstance(spec, Doses) and spec.infusing else "",
    )
    severity = "major" if last.name in over else "critical"
    rung = [(severity, min(e.recorded for e in acts))]
    times = [e.recorded for e in acts]
    return [oblige(ctx, "WITHOUT-START", key, "deviation", text, "clinician", rung, times=times)]


def _contradictory(ctx: Evaluation, spec: Infusion | Doses, own: set[str], key: str) -> list[Obligation]:
    """Acts of which one must be wrong: a pump is not paused or taken off twice with nothing in between, no dose is given and left
    out. `own`: the flags that the protocol tells itself."""
    pairs: list[tuple[Event, Event]] = []
    if isinstance(spec, Infusion):
        acts = [e for name in PUMP for e in actions_of(ctx.record, spec, name)]
        pairs += _repeated(ctx, acts, STANDING)
    elif spec.infusing is not None:
        pump = (spec.given, spec.infusing.paused, spec.infusing.resumed, spec.infusing.ended)
        for label in spec.labels:
            acts = [e for name in pump for e in events_of(ctx, spec, name, label)]
            pairs += _repeated(ctx, acts, (spec.given, spec.infusing.resumed))
    doses = spec if isinstance(spec, Doses) else None
    for label in doses.labels if doses is not None else ():
        assert doses is not None
        given, omitted = (events_of(ctx, doses, name, label)[:1] for name in (doses.given, doses.omitted))
        told = "given_after_omission" in own
        pairs += [(o, g) for o in omitted for g in given if not (told and o.occurred <= g.occurred)]
    if not pairs:
        return []
    both = "; ".join(f"{_stamped(ctx, one)} and {_stamped(ctx, other)}" for one, other in pairs)
    text = f"{spec.text}: {both}: both cannot be: correct or void what is not so"
    times = [max(one.recorded, other.recorded) for one, other in pairs]
    rung = [("major", min(times))]
    return [oblige(ctx, "REPORTED-TWICE", key, "alert", text, "coordinator", rung, times=times)]


def _repeated(ctx: Evaluation, acts: list[Event], apart: tuple[str, ...]) -> list[tuple[Event, Event]]:
    """Acts that follow one of the same kind, or an end that follows a stop, with no other act between.

    `apart`: those of which a second one is told for itself, as is of an act that is done only once. A stop after an end is a
    decision.
    """
    found: list[tuple[Event, Event]] = []
    before: Event | None = None
    for act in sorted(acts, key=lambda e: (e.occurred, e.recorded, e.id)):
        if before is not None and act.occurred != before.occurred:
            again = act.name == before.name and ctx.compiled.actions[act.name].repeats
            if (again and act.name not in apart) or (before.name, act.name) == ENDS:
                found.append((before, act))
        before = act
    return found


def _stamped(ctx: Evaluation, event: Event) -> str:
    what = ctx.compiled.actions[event.name].text
    return f"{what} of {event.occurred.astimezone(ctx.tz):%Y-%m-%d %H:%M}"


def _going(ctx: Evaluation, run: Run) -> bool:
    """Whether an infusion is recorded as running or paused."""
    if run.course is None:
        return run.state in ("running", "paused")
    going = [d for d in run.course.infusion_runs if d.state in ("running", "interrupted", "resumed")]
    return any(each.end is None or not ctx.passed(each.end) for each in going)
