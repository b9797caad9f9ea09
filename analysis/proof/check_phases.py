"""Phases: each can be reached, each that is not terminal can be left by every informed patient, no two ways at once.

An informed patient: every fact is known or declared not obtainable, every question is answered. What staff can still
do (record an action, let time pass, end a cycle) may help; what alone ends the pathway (death, relapse) may not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import combinations
from typing import Any

import z3

from analysis.proof.counterexample import Counterexample
from analysis.proof.expressions import Expr, both, either
from analysis.proof.findings import Finding, not_settled, or_not_settled
from analysis.proof.replay import replay
from analysis.proof.solver import Room, Unsure, name_of, names_in, outside
from analysis.proof.source_locations import SourceLocations
from analysis.proof.unknowns import Group
from pathway.language import AnyOf, Exit, InPhase, LedgerPoint, Not, Phase, Predicate, Recorded, Track
from pathway.language.terms import key_of
from pathway.language.walk import atoms
from pathway.language.words import words

ROUNDS = 400
"""How many ways of helping are tried before a phase is called not settled."""

LATE, NOW = 5000, 20_000
"""Days after every date that a given world may have (`world.COMING`): what is done so late, and what has passed by then."""


def phase_findings(witness: Counterexample, places: SourceLocations, only: str = "") -> Iterator[Finding]:
    """Everything that is wrong with the phases and what leads from one to the next; of one phase with its track, if named."""
    for track in witness.world.compiled.protocol.tracks:
        if only and all(only != phase.id for phase in track.phases):
            continue
        found = _unreachable(track, witness, places)
        what = f"which phases of track {track.id} can be reached"
        yield from or_not_settled(found, f"unreachable-phase:{track.id}", what, places.of("Track", track.id))
        for phase in track.phases:
            if phase.terminal or only not in ("", phase.id):
                continue
            if not phase.exits and not track.anywhere:
                yield Finding(
                    f"no-exit:{track.id}:{phase.id}", "no-exit",
                    f"Phase {phase.id} of track {track.id} is not terminal and has no exit",
                    (f"{phase.id}: {phase.text}",), places.of("Phase", phase.id),
                )  # fmt: skip
            if phase.hit == "exclusive":
                what = f"phase {phase.id} of track {track.id}: whether its exits exclude each other"
                found, at = _together(track, phase, witness, places), places.of("Phase", phase.id)
                yield from or_not_settled(found, f"exits-together:{track.id}:{phase.id}", what, at)
            if phase.exits or track.anywhere:
                yield from _dead_end(track, phase, witness, places)


# --- reachable ------------------------------------------------------------------------------------------------------


def _unreachable(track: Track, witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    """Phases that nothing proposes. One that only recorded reality enters is one: nobody is ever told to begin it."""
    open_ways: dict[str, list[str]] = {p.id: [] for p in track.phases}
    for phase in track.phases:
        ways = () if phase.terminal else (*phase.exits, *track.anywhere)
        open_ways[phase.id] = [w.to for w in ways if witness.can(witness.meaning.of(w.when).passes)]
    reached = {track.phases[0].id: None}
    todo = [track.phases[0].id]
    while todo:
        for to in open_ways[todo.pop()]:
            if to not in reached:
                reached[to] = None
                todo.append(to)
    for phase in track.phases:
        if phase.id in reached:
            continue
        into = [p.id for p in track.phases for e in p.exits if e.to == phase.id]
        facts = [
            f"{p} leads there, but is not reached or its condition never holds" for p in dict.fromkeys(into)
        ]
        facts = facts or ["no exit of any phase leads there"]
        if phase.started_by:
            facts.append("it is entered only when it is recorded as begun: nobody is asked to begin it")
        yield Finding(
            f"unreachable-phase:{track.id}:{phase.id}",
            "unreachable-phase",
            f"Phase {phase.id} of track {track.id} is never proposed",
            tuple(facts),
            places.of("Phase", phase.id),
        )


# --- together -------------------------------------------------------------------------------------------------------


def _together(
    track: Track, phase: Phase, witness: Counterexample, places: SourceLocations
) -> Iterator[Finding]:
    """Exits of an exclusive phase that are open at once, while nothing takes the patient out of the track."""
    away = either(*(witness.meaning.of(e.when).passes for e in track.anywhere))
    done: set[str] = set()
    for a, b in combinations(range(len(phase.exits)), 2):
        one, two = phase.exits[a], phase.exits[b]
        label = f"exits-together:{track.id}:{phase.id}:{one.to}+{two.to}"
        if one.to == two.to or label in done:
            continue
        question = z3.And(*(witness.meaning.of(e.when).passes for e in (one, two)))
        if witness.can(question, z3.Not(away)):
            done.add(label)
            example = witness.facts(question, z3.Not(away))
            yield Finding(
                label,
                "exits-together",
                f"Phase {phase.id}: {one.to} and {two.to} are open at once, and the phase says that its exits exclude "
                "each other",
                (
                    f"to {one.to}: {words(one.when, witness.world.profile)}",
                    f"to {two.to}: {words(two.when, witness.world.profile)}",
                    *(f"for example: {line}" for line in example.lines),
                ),
                places.exit(phase.id, b),
                replay=example.replay,
            )


# --- dead ends ------------------------------------------------------------------------------------------------------


def _dead_end(
    track: Track, phase: Phase, witness: Counterexample, places: SourceLocations
) -> Iterator[Finding]:
    """A patient who never leaves a phase. Where a waiver names whom it means: such a patient, and one who is not meant."""
    label = f"dead-end:{track.id}:{phase.id}"
    waivers = witness.world.compiled.protocol.waivers
    meant = [w.only for w in waivers if w.finding_id == label and w.only is not None]
    yield from _stuck(label, track, phase, witness, places, "", z3.BoolVal(True))
    for only in meant:
        others = z3.Not(witness.meaning.of(only).passes)
        whom = f", and the waiver does not mean them: {words(only, witness.world.profile)}"
        yield from _stuck(f"{label}:others", track, phase, witness, places, whom, others)


def _stuck(
    label: str,
    track: Track,
    phase: Phase,
    witness: Counterexample,
    places: SourceLocations,
    whom: str,
    among: Expr,
) -> Iterator[Finding]:
    hunt = Hunt(track, phase, witness, among)
    granted: list[Expr] = []
    found = None
    what = f"phase {phase.id} of track {track.id}: whether every patient can leave it"
    # First a patient who came here by what the protocol says; then one who was brought here by a later correction.
    # Of those whom a waiver does not mean, nobody is looked at who leaves anyhow: that would be a search without an end.
    wanted = [among, z3.Not(hunt.leaves)] if whom else [among]
    for most in ([hunt.came, *wanted], wanted):
        try:
            found = hunt.stuck(most, ROUNDS)
        except Unsure as unsure:
            if most is wanted:
                yield not_settled(label, what, unsure, places.of("Phase", phase.id))
                return
        if found is not None:
            granted = list(most)
            break
    if found is None:
        return
    found = _plainest(hunt, granted, found)
    yield Finding(
        label,
        "dead-end",
        f"Phase {phase.id} of track {track.id}: a patient of whom all is known may never leave it{whom}",
        (
            *(
                f"for example: {line}"
                for line in witness.fewest(hunt.help, hunt.groups, hunt.values(found), found)
            ),
            *(f"stays closed: to {e.to}: {words(e.when, witness.world.profile)}" for e in phase.exits),
        ),
        places.of("Phase", phase.id),
        replay=replay(witness.answers, found, names_in(hunt.leaves)),
    )


def _plainest(hunt: Hunt, granted: list[Expr], found: Any) -> Any:
    """The plainest world like the one found that is told apart within as many rounds as the search itself may take."""
    most = hunt.rounds + ROUNDS
    with suppress(Unsure):
        for wishes in hunt.witness.plain(z3.And(*hunt.help)):
            for batch in (wishes, *([w] for w in wishes)):
                if batch and (plainer := hunt.stuck([*granted, *batch], most - hunt.rounds)) is not None:
                    granted, found = [*granted, *batch], plainer
                    if batch is wishes:
                        break
    return found


class Hunt:
    """The search for a given world in which nothing that can still happen opens an exit of a phase.

    Help is offered until none is left: a course of events that opens an exit in one world is ruled out for all worlds
    in which the same course helps.
    """

    def __init__(self, track: Track, phase: Phase, witness: Counterexample, among: Expr) -> None:
        """`among`: the patients who are looked at, besides whatever else is asked of them."""
        ways: tuple[Exit, ...] = (*phase.exits, *track.anywhere)
        leaves = z3.Or(either(*(witness.meaning.of(e.when).passes for e in ways)), _asks(phase, witness))
        rest = others_at_rest(track, ways, witness)
        stay = both(*(z3.Not(e) for e in _escapes(track, phase, witness)))
        came = _at_rest(track, phase.id, witness)[2]
        fixed = _fixed(phase)
        self.witness, self.rounds = witness, 0
        legal, about = witness.cone.rules(sorted(names_in(z3.And(leaves, rest, stay, came, among))))
        settled = both(*(s for s in witness.world.settled if names_in(s) & about))
        moving = {n: u for n, u in witness.world.moving.items() if n not in fixed and n in about}
        # What moves within a group (when an action was done) is not given.
        left = [
            Group([u for u in g.unknowns if name_of(u) not in moving and name_of(u) in about], g.show)
            for g in witness.world.groups.values()
        ]
        self.groups = [g for g in left if g.unknowns]
        self.leaves, self.came = leaves, came
        self.help = [settled, leaves, rest, stay]
        late = [u == (NOW if n == "now" else LATE) for n, u in moving.items() if z3.is_real(u)]
        names = set(moving)
        helped = z3.And(leaves, rest, stay, *(r for r in legal if names & names_in(r)))
        # Both sides of the search in one context: what one finds is put into what the other asks.
        self.search = Room([*legal, settled, rest, stay], witness.effort)
        self.helping = Room([*legal, *self.help], witness.effort, beside=self.search)
        self._helped, self._late, *self._moving = self.search.inside([helped, both(*late), *moving.values()])
        self._given = [self.search.inside(g.unknowns) for g in self.groups]
        self._wishes: list[tuple[Expr, Expr]] = []

    def values(self, model: Any) -> list[Expr]:
        """What a model says of each given group."""
        return [both(*(u == model.eval(u, True) for u in g.unknowns)) for g in self.groups]

    def stuck(self, wishes: list[Expr], rounds: int) -> Any:
        """A given world with these wishes that nothing helps, None if there is none; `Unsure` after so many rounds."""
        for _ in range(rounds):
            self.rounds += 1
            self.witness.questions += 1
            if not self.search.can_with(*self._named(wishes)):
                return None
            model = self.search.found()
            values = [u == model.eval(u, True) for unknowns in self._given for u in unknowns]
            helped = self.helping.model(self._late, *values) or self.helping.model(*values)
            if helped is None:
                return outside(model)
            course = [(u, helped.eval(u, True)) for u in self._moving]
            self.search.add(z3.Not(z3.simplify(z3.substitute(self._helped, *course))))
        raise Unsure(f"{rounds} courses of events were tried")

    def _named(self, wishes: list[Expr]) -> list[Expr]:
        """A name for each wish, by which it is asked for."""
        names: list[Expr] = []
        for wish in wishes:
            known = next((name for name, of in self._wishes if of.eq(wish)), None)
            if known is None:
                known = z3.Bool(f"wish {len(self._wishes)}")
                self._wishes.append((known, wish))
                self.search.add(z3.Implies(known, wish))
            names.append(known)
        return names


def others_at_rest(track: Track, ways: tuple[Exit, ...], witness: Counterexample) -> Expr:
    """Where the exits read a phase of another track, the patient belongs there: something led there, nothing leads on."""
    tracks = {t.id: t for t in witness.world.compiled.protocol.tracks if t.id != track.id}
    rest: dict[tuple[str, str], Expr] = {}
    todo: list[object] = [e.when for e in ways]
    while todo:
        for read in atoms(todo.pop(), InPhase):
            for phase in read.phases:
                if read.track in tracks and (read.track, phase) not in rest:
                    rest[read.track, phase], guards, _ = _at_rest(tracks[read.track], phase, witness)
                    todo += guards
    return both(*rest.values())


def _at_rest(track: Track, id: str, witness: Counterexample) -> tuple[Expr, list[Predicate], Expr]:
    """That a track is in a phase only if something led there and nothing leads on; the conditions; what led there."""
    ids = [p.id for p in track.phases]
    phase = track.phases[ids.index(id)]
    led = [e.when for p in track.phases for e in p.exits if e.to == id]
    led += [e.when for e in track.anywhere if e.to == id]
    on = [] if phase.terminal else [e.when for e in (*phase.exits, *track.anywhere)]
    came = either(*(witness.meaning.of(w).passes for w in led)) if ids.index(id) else z3.BoolVal(True)
    stays = both(*(z3.Not(witness.meaning.of(w).passes) for w in on))
    here = witness.meaning.phase(track.id) == ids.index(id)
    return z3.Implies(here, z3.And(came, stays)), [*led, *on], came


def _asks(phase: Phase, witness: Counterexample) -> Expr:
    """Where no exit passes and nothing that is missing can come, a person picks among the exits that are left."""
    verdicts = [witness.meaning.of(e.when) for e in phase.exits]
    if phase.confirm is None:
        return z3.BoolVal(False)
    return z3.And(
        either(*(v.stuck for v in verdicts)), both(*(z3.Implies(v.waits, v.hopeless) for v in verdicts))
    )


def _own(phase: Phase) -> dict[tuple[str, object], None]:
    """Actions that the exits of a phase ask for: these may be recorded while it lasts."""
    denied = {(a.action, a.scope) for n in atoms(phase.exits, Not) for a in atoms(n, Recorded)}
    asked = dict.fromkeys((a.action, a.scope) for a in atoms(phase.exits, Recorded))
    return {key: None for key in asked if key not in denied}


def _escapes(track: Track, phase: Phase, witness: Counterexample) -> list[Expr]:
    """What takes a patient elsewhere without an exit of this phase: an action that by itself ends a track (death is no
    way out of a phase that does not speak of it), a later phase that is recorded as begun."""
    own = _own(phase)
    found: list[Expr] = []

    def gather(node: Predicate) -> None:
        if isinstance(node, AnyOf):
            for part in node.parts:
                gather(part)
        elif isinstance(node, Recorded) and (node.action, node.scope) not in own:
            found.append(witness.world.recorded(node.action, node.scope, node.where))

    for each in witness.world.compiled.protocol.tracks:
        for way in each.anywhere:
            gather(way.when)
    rank = [p.id for p in track.phases].index(phase.id)
    for begun in (start for later in track.phases[rank + 1 :] for start in later.started_by):
        if isinstance(begun, LedgerPoint):
            found.append(witness.world.ledger_started(begun.ledger))
        elif (begun.action, begun.scope) not in own:
            found.append(witness.world.recorded(begun.action, begun.scope))
    return found


def _fixed(phase: Phase) -> set[str]:
    """What would move, but not at anybody's will: an action that closes an exit may have been recorded already."""
    denied = [a for n in atoms(phase.exits, Not) for a in atoms(n, Recorded)]
    return {f"recorded {key_of(a.action, a.scope)}" for a in denied}
