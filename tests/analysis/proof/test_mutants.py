"""A sample of the mistakes that `benchmarks.mutants` makes in the real protocols: each is found, and the engine shows it too."""

from __future__ import annotations

from functools import cache
from itertools import islice

import pytest

from benchmarks.mutants import Examiner, Mutant, mutants, shown
from pathway.language import Protocol
from protocols import find

SAMPLED = ("interfant-21", "cbc-all2024-1", "ino-dli", "dara-tall")
EVERY = {
    "row removed": 23,
    "row doubled": 29,
    "limit shifted": 19,
    "limit in or out": 13,
    "phase cut off": 11,
}
"""One of so many mistakes of a kind is in the sample."""


@cache
def examiner(name: str) -> Examiner:
    return Examiner(find(name))


def sample(protocol: Protocol) -> list[Mutant]:
    """The same few mutants at each run."""
    every = list(mutants(protocol))
    return [
        m for kind, step in EVERY.items() for m in islice((x for x in every if x.kind == kind), 1, None, step)
    ]


CASES = [(name, m) for name in SAMPLED for m in sample(find(name))]


@pytest.mark.parametrize(
    ("name", "mutant"), CASES, ids=[f"{n}: {m.kind}: {m.where}: {m.words}" for n, m in CASES]
)
def test_a_mistake_made_in_a_real_protocol_is_found(name: str, mutant: Mutant) -> None:
    compiled, found = examiner(name).new(mutant)
    assert found
    said = [f for f in found if f.kind in ("gap", "overlap") and f.replay is not None and not f.replay.unsaid]
    if mutant.kind.startswith("row") and said:
        assert shown(compiled, mutant, said)
