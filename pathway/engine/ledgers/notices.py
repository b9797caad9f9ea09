"""What the engine tells of every ledger, whatever the trial: what still runs after treatment has ended, what was given in spite
of a stop, and reports that cannot be true as they stand."""

from __future__ import annotations

from collections.abc import Callable

from pathway.clock import local_day
from pathway.engine.context import Evaluation
from pathway.engine.ledgers.course import events_of
from pathway.engine.ledgers.readiness import Lacks, compile_lacked
from pathway.engine.linker import Linker
from pathway.engine.obligations import oblige, occasions
from pathway.engine.results import Run
from pathway.language import Doses, Infusion, LedgerFlag, LedgerPoint
from pathway.language.terms import key_of
from pathway.language.walk import atoms
from pathway.plan import Obligation

LEDGER_NOTICES = {
    "DISCONNECT": "treatment has ended and an infusion is still recorded as running",
    "AFTER-EXIT": "given after treatment had ended",
    "STOP-DIRECTED": "a rule of the protocol has stopped it, and nobody has signed yet",
    "DESPITE-STOP": "given while a rule of the protocol had stopped it",
    "DESPITE-HOLD": "given while a rule of the protocol held it",
    "DESPITE-OPEN": "given before what must be settled first was known",
    "WITHOUT-FIRST": "a later dose is on record, and the one with which the course begins is neither given nor left out",
    "RATE-UNKNOWN": "resumed after a reaction, and nobody has entered at which rate",
    "IMPOSSIBLE-ORDER": "a report of an infusion or a dose that cannot be true as it stands",
}
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
    keys = {name: key_of(name, (("ledger", key),)) for name in LEDGER_NOTICES}
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


def _going(ctx: Evaluation, run: Run) -> bool:
    """Whether an infusion is recorded as running or paused."""
    if run.course is None:
        return run.state in ("running", "paused")
    going = [d for d in run.course.infusion_runs if d.state in ("running", "interrupted", "resumed")]
    return any(each.end is None or not ctx.passed(each.end) for each in going)
