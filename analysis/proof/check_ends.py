"""What goes on after the end: ledgers that a way out leaves running, questions that are put of a patient who is gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import z3

from analysis.proof.check_phases import others_at_rest
from analysis.proof.counterexample import Counterexample
from analysis.proof.ends import ends_level, level_of
from analysis.proof.expressions import Expr, both, either
from analysis.proof.findings import Finding, or_not_settled
from analysis.proof.polarity import alternatives, sides
from analysis.proof.source_locations import SourceLocations
from pathway.language import (
    Crit,
    Done,
    Doses,
    Exit,
    Infusion,
    InPhase,
    LedgerFlag,
    LedgerIs,
    Outcome,
    Predicate,
    Protocol,
    Reached,
    Recorded,
    Taken,
    Track,
)
from pathway.language.terms import key_of
from pathway.language.walk import atoms
from pathway.language.words import words


def end_findings(witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    """Ledgers without an end in some way out, and questions that outlive the patient's pathway."""
    protocol = witness.world.compiled.protocol
    ledgers: list[Infusion | Doses] = [*protocol.ledgers, *protocol.doses]
    for spec in ledgers:
        key = key_of(spec.id, spec.scope)
        found = _left_running(key, spec, witness, places)
        what = f"whether {key} ends with every way out"
        yield from or_not_settled(found, f"no-end:{key}", what, places.of(("Infusion", "Doses"), spec.id))
    yield from or_not_settled(
        _dead_questions(witness, places),
        "dead-question",
        "which questions outlive the patient",
        places.of("Protocol", protocol.name),
    )


# --- ledgers --------------------------------------------------------------------------------------------------------


def _left_running(
    key: str, spec: Infusion | Doses, witness: Counterexample, places: SourceLocations
) -> Iterator[Finding]:
    protocol, meaning = witness.world.compiled.protocol, witness.meaning
    serves = _serves(spec, protocol)
    reported = [witness.world.recorded(a.id, ()) for a in protocol.actions if a.ends]
    for track in protocol.tracks:
        for way in track.anywhere if track.id in serves else ():
            out = meaning.phase(track.id) == [p.id for p in track.phases].index(way.to)
            for part in alternatives(way.when):
                if _ends(part, spec, protocol) or _follows(part):
                    continue
                # Without any of the reports that end it, and in other tracks only where something has led.
                rest = others_at_rest(track, (replace(way, when=part),), witness)
                question = both(
                    meaning.of(part).passes,
                    out,
                    rest,
                    z3.Not(either(*reported)),
                    _goes_on(key, spec, witness),
                )
                if not witness.can(question):
                    continue
                name = _name(part)
                yield Finding(
                    f"no-end:{key}:{track.id}:{way.to}:{name}",
                    "no-end",
                    f"Ledger {key} goes on after the way out of {track.id} to {way.to} by {name}: nothing ends it, and nobody is "
                    "told that it runs. Give the action that is reported its `ends`, or raise a critical alert while it runs",
                    (f"way out: {words(part, witness.world.profile)}",),
                    places.of("Track", track.id),
                )


def _ends(part: Predicate, spec: Infusion | Doses, protocol: Protocol) -> bool:
    """Whether a way out rests on a report that ends the ledger."""
    stopping = "infusion_stopped" if isinstance(spec, Infusion) else spec.stopped
    return any(ends_of(protocol, name) or name == stopping for name in reports(part, protocol))


def _follows(part: Predicate) -> bool:
    """Whether a way out only follows another track: what ends is judged there."""
    wanted = [node for node, asserted in sides(part) if asserted]
    return bool(wanted) and all(isinstance(node, InPhase) for node in wanted)


def _serves(spec: Infusion | Doses, protocol: Protocol) -> set[str]:
    """The tracks by which a ledger ends: of doses those that speak of them, by a phase or by their stop; else all."""
    every = {t.id for t in protocol.tracks}
    if isinstance(spec, Infusion):
        return every
    found = {
        a.track for part in (spec.asked, spec.cancelled) if part is not None for a in atoms(part, InPhase)
    }
    found |= {
        t.id for t in protocol.tracks if any(spec.stopped in reports(e.when, protocol) for e in t.anywhere)
    }
    return found or every


def ends_of(protocol: Protocol, action: str) -> str:
    """What an action ends."""
    return next((str(a.ends) for a in protocol.actions if a.id == action), "")


def reports(part: Predicate, protocol: Protocol) -> dict[str, None]:
    """The actions that a condition wants on record."""
    found: dict[str, None] = {}
    for node, wanted in sides(part):
        if wanted and isinstance(node, Recorded):
            found[node.action] = None
        elif wanted and isinstance(node, Reached):
            times = [a.actual for a in protocol.anchors if a.id == node.anchor]
            found |= dict.fromkeys(done.action for done in atoms(times, Done))
    return found


def _goes_on(key: str, spec: Infusion | Doses, witness: Counterexample) -> Expr:
    """The ledger runs, or doses are still due; and no critical alert says so."""
    meaning, protocol = witness.meaning, witness.world.compiled.protocol
    if isinstance(spec, Doses):
        asked = meaning.of(spec.asked).passes if spec.asked is not None else z3.BoolVal(True)
        cancelled = meaning.of(spec.cancelled).passes if spec.cancelled is not None else z3.BoolVal(False)
        return both(asked, z3.Not(cancelled))
    alerts = [
        d.when
        for d in protocol.deviations
        if any(r.severity == "critical" for r in d.rungs)
        and key
        in [*(a.ledger for a in atoms(d.when, LedgerIs)), *(a.ledger for a in atoms(d.when, LedgerFlag))]
    ]
    told = either(*(meaning.of(when).passes for when in alerts))
    witness.world.ledger_started(key)
    return both(witness.world.ledger_is(key, ("running", "paused")), z3.Not(told))


def _name(part: Predicate) -> str:
    """What a way out goes by: its reports, else its decisions, criteria and phases."""
    named: list[str] = []
    for node, wanted in sides(part):
        match node:
            case Recorded(action, scope) if wanted:
                named.append(key_of(action, scope))
            case Reached(anchor) if wanted:
                named.append(anchor)
            case Outcome(decision, options) | Taken(decision, options) if wanted:
                named.append(f"{decision}={'|'.join(options)}")
            case InPhase(track, phases) if wanted:
                named.append(f"{track}={'|'.join(phases)}")
            case Crit(id):
                named.append(id)
    return "+".join(dict.fromkeys(named)) or "its condition"


# --- questions ------------------------------------------------------------------------------------------------------


def _dead_questions(witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    """Items and questions that are open after a report by which everything else is over."""
    protocol, meaning = witness.world.compiled.protocol, witness.meaning
    gone = {
        a.id: both(witness.world.recorded(a.id, ()), _all_over(a.id, witness))
        for a in protocol.actions
        if _is_final(a.id, protocol)
    }
    for kind, name, item, asked, done in _asked(protocol):
        key, level = key_of(item.id, item.scope), level_of(item, protocol)
        open_ = both(*(meaning.of(asked).passes for _ in (1,) if asked is not None))
        left = z3.Not(meaning.of(done).passes) if done is not None else z3.BoolVal(True)
        finals = [a for a in gone if level != "never" and not ends_level(ends_of(protocol, a), level)]
        left_by = [a for a in finals if witness.can(open_, left, gone[a])]
        if left_by:
            yield Finding(
                f"dead-question:{kind}:{key}",
                "dead-question",
                f"The {kind} {key} is still asked for after {left_by[0]}, when every track is in a terminal phase. Let it end "
                "with the phase that it serves, or give the action its `ends`",
                (
                    f"asked: {words(asked, witness.world.profile) if asked is not None else 'always'}",
                    f"still after: {', '.join(left_by)}",
                ),
                places.of(name, item.id),
            )


def _asked(protocol: Protocol) -> Iterator[tuple[str, str, Any, Predicate | None, Predicate | None]]:
    """What is asked of people: kind, class, the part, while it is asked, what settles it."""
    for d in protocol.decisions:
        if d.confirm is not None:
            yield "decision", "Decision", d, d.asked, None
    for s in protocol.series:
        yield "series", "Series", s, s.while_, None
    for t in protocol.tasks:
        yield "task", "Task", t, t.when, t.done
    for a in protocol.assessments:
        yield "assessment", "Assessment", a, a.asked, a.done


def _ways(track: Track, action: str, protocol: Protocol) -> list[Exit]:
    """The ways from anywhere into a terminal phase of a track by that report."""
    terminal = {p.id for p in track.phases if p.terminal}
    return [e for e in track.anywhere if e.to in terminal and action in reports(e.when, protocol)]


def _is_final(action: str, protocol: Protocol) -> bool:
    """Whether a report ends every track that can end from anywhere; one that only follows another track follows."""
    ways = [t for t in protocol.tracks if t.anywhere]
    following = [
        t
        for t in ways
        if not any(reports(e.when, protocol) for e in t.anywhere) and atoms(t.anywhere, InPhase)
    ]
    return len(ways) > len(following) and all(_ways(t, action, protocol) for t in ways if t not in following)


def _all_over(action: str, witness: Counterexample) -> Expr:
    """Every track is in a terminal phase; one that the report ends is where the report leads."""
    protocol, meaning = witness.world.compiled.protocol, witness.meaning
    rests: list[Expr] = []
    for track in protocol.tracks:
        ways = [e.to for e in _ways(track, action, protocol)]
        ranks = [n for n, p in enumerate(track.phases) if (p.id in ways if ways else p.terminal)]
        rests += [either(*(meaning.phase(track.id) == n for n in ranks))] if ranks else []
    return both(*rests)
