"""Mistakes made on purpose in the real protocols, one at a time: how many of them the prover finds.

`python -m benchmarks.mutants [NAME ...]` makes all of them. A mistake counts as found if the check of the part in which it
is reports something that it does not report of the protocol itself; `shown`: and the engine shows the same of the
counterexample's record.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from time import perf_counter

from analysis.proof.check_phases import phase_findings
from analysis.proof.check_tables import findings_of
from analysis.proof.counterexample import Counterexample
from analysis.proof.findings import Finding
from analysis.proof.replay import UTC_SITE
from analysis.proof.source_locations import SourceLocations
from pathway.engine.compiler import compile_protocol
from pathway.engine.context import Compiled
from pathway.errors import ProtocolError
from pathway.language import Band, Decision, Exit, Limit, Protocol, Reading, Rule
from pathway.language.profile import make_profile
from pathway.language.terms import key_of
from pathway.patient.evaluate import context
from protocols import ALL

FLIPPED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A protocol with one mistake: what kind, where (a decision's key, or a phase), and in words."""

    kind: str
    where: str
    words: str
    protocol: Protocol


def mutants(protocol: Protocol) -> Iterator[Mutant]:
    """Every mutant of a protocol."""
    for decision in protocol.decisions:
        key = key_of(decision.id, decision.scope)
        for kind, words, changed in _tables(decision):
            decisions = tuple(changed if d is decision else d for d in protocol.decisions)
            yield Mutant(kind, key, words, replace(protocol, decisions=decisions))
    for track in protocol.tracks:
        for phase in track.phases:
            for n, way in enumerate(phase.exits):
                left = (*phase.exits[:n], *phase.exits[n + 1 :])
                yield _rerouted(
                    protocol, "exit removed", phase.id, f"{phase.id} -> {way.to}", {phase.id: left}
                )
        for phase in track.phases[1:]:
            into = {
                p.id: tuple(e for e in p.exits if e.to != phase.id)
                for p in track.phases
                if any(e.to == phase.id for e in p.exits)
            }
            if into and not any(e.to == phase.id for e in track.anywhere):
                yield _rerouted(protocol, "phase cut off", phase.id, phase.id, into)


def _rerouted(
    protocol: Protocol, kind: str, where: str, words: str, exits: dict[str, tuple[Exit, ...]]
) -> Mutant:
    tracks = tuple(
        replace(t, phases=tuple(replace(p, exits=exits.get(p.id, p.exits)) for p in t.phases))
        for t in protocol.tracks
    )
    return Mutant(kind, where, words, replace(protocol, tracks=tracks))


def _tables(decision: Decision) -> Iterator[tuple[str, str, Decision]]:
    rules = decision.rules
    for n, rule in enumerate(rules):
        yield "row removed", f"row {n + 1}", replace(decision, rules=(*rules[:n], *rules[n + 1 :]))
        other = _other(rule, decision)
        if other is not None:
            yield "row doubled", f"row {n + 1} also {other.then}", replace(decision, rules=(*rules, other))
    for item in decision.inputs:
        for band in item.bands if isinstance(item.of, Reading) else ():
            for n, limit in enumerate(band.limits):
                if isinstance(limit, Limit):
                    for kind, moved in _moved(limit):
                        limits = (*band.limits[:n], moved, *band.limits[n + 1 :])
                        bands = tuple(Band(b.name, limits) if b is band else b for b in item.bands)
                        inputs = tuple(replace(i, bands=bands) if i is item else i for i in decision.inputs)
                        words = (
                            f"{item.name} {band.name} {moved.op} {moved.value} for {limit.op} {limit.value}"
                        )
                        yield kind, words, replace(decision, inputs=inputs)


def _other(rule: Rule, decision: Decision) -> Rule | None:
    left = [o for o in decision.options if o != rule.then]
    return replace(rule, then=left[0], id=f"{rule.id}*") if left else None


def _moved(limit: Limit) -> Iterator[tuple[str, Limit]]:
    value = Decimal(limit.value)
    step = (
        Decimal(1)
        if value == value.to_integral_value() and abs(value) >= 1
        else abs(value) / 10 or Decimal(1)
    )
    for way in (step, -step):
        yield "limit shifted", Limit(limit.op, format(value + way, "f"))
    if limit.op in FLIPPED:
        yield "limit in or out", Limit(FLIPPED[limit.op], limit.value)  # type: ignore[arg-type]


# --- checking -------------------------------------------------------------------------------------------------------


class Examiner:
    """Checks the part of a mutant in which its mistake is, and compares with the protocol itself."""

    def __init__(self, protocol: Protocol) -> None:
        self.places = SourceLocations(protocol)
        self.witness = self._witness(protocol)
        self._known: dict[str, frozenset[str]] = {}

    @staticmethod
    def _witness(protocol: Protocol) -> Counterexample:
        return Counterexample(compile_protocol(protocol), make_profile(protocol))

    def new(self, mutant: Mutant) -> tuple[Compiled, list[Finding]]:
        """What is found in the mutant and not in the protocol."""
        if mutant.where not in self._known:
            self._known[mutant.where] = frozenset(f.id for f in self._found(self.witness, mutant))
        try:
            witness = self._witness(mutant.protocol)
        except ProtocolError as error:
            return self.witness.world.compiled, [Finding("malformed", "malformed", str(error))]
        found = [f for f in self._found(witness, mutant) if f.id not in self._known[mutant.where]]
        return witness.world.compiled, found

    def _found(self, witness: Counterexample, mutant: Mutant) -> list[Finding]:
        if mutant.where in witness.world.compiled.decisions:
            return list(findings_of(mutant.where, witness, self.places))
        return list(phase_findings(witness, self.places, only=mutant.where))


def shown(compiled: Compiled, mutant: Mutant, found: list[Finding]) -> bool:
    """Whether the engine shows a gap or an overlap for the record of its counterexample."""
    index = list(compiled.decisions).index(mutant.where)
    for finding in found:
        replay = finding.replay
        if replay is None:
            continue
        profile = make_profile(compiled.protocol, dict(replay.profile))
        answer = context(compiled, profile, UTC_SITE, replay.events, replay.at).decision(index)
        cells = dict(
            zip((i.name for i in compiled.decisions[mutant.where].inputs), answer.cells, strict=False)
        )
        met = [r for r in answer.rules if all(set(cells[n].possible) <= set(wanted) for n, wanted in r.when)]
        if answer.cells and (
            (finding.kind == "gap" and not answer.rules) or (finding.kind == "overlap" and len(met) > 1)
        ):
            return True
    return False


def main() -> None:
    """For the protocols that are named, or all: print a line per protocol and kind of mistake, and what was not found."""
    names = sys.argv[1:]
    print(f"{'protocol':>16} {'mistake':>16} {'made':>6} {'found':>6} {'shown':>6} {'seconds':>8}")
    missed: list[str] = []
    for protocol in ALL:
        if names and protocol.name not in names:
            continue
        examiner = Examiner(protocol)
        made, hit, seen, spent = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
        for mutant in mutants(protocol):
            began = perf_counter()
            compiled, found = examiner.new(mutant)
            made[mutant.kind] += 1
            hit[mutant.kind] += bool(found)
            if mutant.kind.startswith("row") and shown(compiled, mutant, found):
                seen[mutant.kind] += 1
            spent[mutant.kind] += round((perf_counter() - began) * 1000)
            if not found:
                missed.append(f"{protocol.name}: {mutant.kind}: {mutant.where}: {mutant.words}")
        for kind in made:
            told = seen[kind] if kind.startswith("row") else "-"
            print(
                f"{protocol.name:>16} {kind:>16} {made[kind]:>6} {hit[kind]:>6} {told:>6} {spent[kind] / 1000:>8.1f}"
            )
    print("\nnot found:", *missed, sep="\n  ")


if __name__ == "__main__":
    main()
