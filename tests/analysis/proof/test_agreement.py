"""The prover's formulas say of a record what the engine says of it; and what the prover shows, the engine shows too.

How the abstraction is met: `tests.analysis.reading`. Site time is UTC. Records in which a date lies within two days of a
limit in calendar months are left out: there the prover counts 30 7/16 days a month. Known to differ: a criterion that waits
both for a decision and for a value that is not obtainable is REVIEW to the engine and PENDING to the prover.
"""

from __future__ import annotations

from datetime import UTC
from random import Random

import pytest

from analysis.proof.counterexample import Counterexample
from analysis.proof.findings import Finding
from analysis.proof.prove import prove
from pathway.engine.compiler import compile_protocol
from pathway.engine.context import Compiled, Evaluation
from pathway.language.profile import make_profile
from pathway.patient.evaluate import context
from protocols import ALL
from tests.analysis.lives import UTC_SITE, Lives
from tests.analysis.random_protocol import random_protocol
from tests.analysis.reading import differences, engine_test, near_a_month


def agree(witness: Counterexample, seed: int, lives: int) -> int:
    """Draws records and compares; how many were compared."""
    drawn, compared = Lives(witness, Random(seed)), 0
    for number in range(lives):
        ctx = drawn.draw()
        found = list(differences(witness, ctx))
        if found and near_a_month(witness, ctx):
            continue
        compared += 1
        told = [
            f"{e.kind} {e.name} {e.point} {e.value or ''} {dict(e.scope)} {e.occurred}"
            for e in ctx.record.events
        ]
        assert not found, (witness.world.compiled.protocol.name, seed, number, found[:3], told, ctx.now)
    return compared


@pytest.mark.parametrize("simulation", [False, True])
@pytest.mark.parametrize("protocol", ALL, ids=lambda p: f"{p.name}@{p.version.number}")
def test_prover_and_engine_say_the_same_of_a_record(protocol: object, simulation: bool) -> None:
    compiled = compile_protocol(protocol)  # type: ignore[arg-type]
    witness = Counterexample(compiled, make_profile(compiled.protocol, simulation=simulation))
    assert agree(witness, 11, 12) > 8


@pytest.mark.parametrize("seed", range(16))
def test_prover_and_engine_say_the_same_of_random_protocols(seed: int) -> None:
    compiled = compile_protocol(random_protocol(Random(seed)))
    assert agree(Counterexample(compiled, make_profile(compiled.protocol)), seed, 12) == 12


def replayed(compiled: Compiled, finding: Finding) -> Evaluation:
    """The engine's evaluation of a finding's record."""
    replay = finding.replay
    assert replay is not None
    overrides = dict(replay.profile)
    profile = make_profile(compiled.protocol, overrides)
    return context(compiled, profile, UTC_SITE, replay.events, replay.at.astimezone(UTC))


def shows(compiled: Compiled, finding: Finding, ctx: Evaluation) -> bool:
    """Whether the engine shows what the prover found: no row, two rows, two exits open, no exit."""
    kind, *rest = finding.id.split(":")
    if kind in ("gap", "overlap"):
        index = list(compiled.decisions).index(rest[0])
        found = ctx.decision(index)
        if kind == "gap":
            return bool(found.cells) and not found.rules
        cells = dict(zip((i.name for i in compiled.decisions[rest[0]].inputs), found.cells, strict=False))
        met = [r for r in found.rules if all(set(cells[n].possible) <= set(wanted) for n, wanted in r.when)]
        return len(met) > 1
    phase = compiled.phases[rest[1]][1]
    passing = {e.to for e in phase.exits if engine_test(compiled, e.when)(ctx).verdict == "PASS"}
    return len(passing) > 1 if kind == "exits-together" else not passing


REPLAYED = ("gap", "overlap", "exits-together", "dead-end")


@pytest.mark.parametrize("seed", range(16))
def test_what_is_found_in_a_random_protocol_happens_in_the_engine(seed: int) -> None:
    compiled = compile_protocol(random_protocol(Random(seed)))
    for finding in prove(compiled.protocol).open:
        if finding.kind in REPLAYED and finding.replay is not None and not finding.replay.unsaid:
            assert shows(compiled, finding, replayed(compiled, finding)), (finding, finding.replay)
