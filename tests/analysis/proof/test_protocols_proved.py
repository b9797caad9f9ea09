"""Every protocol of the house is proved: no finding is open that is not waived with a reason in its file."""

from __future__ import annotations

import pytest

from analysis.proof.prove import prove
from pathway.language import Protocol
from protocols import ALL


@pytest.mark.parametrize("protocol", ALL, ids=lambda p: f"{p.name}@{p.version.number}")
def test_a_protocol_has_no_open_finding(protocol: Protocol) -> None:
    proof = prove(protocol)
    told = "\n".join(f"{f.id}: {f.text} ({f.place})" for f in proof.open)
    assert not proof.open, f"allpath prove {protocol.name}\n{told}"
