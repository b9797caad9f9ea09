"""`prove` on every protocol: how many questions to the solver, how many of its steps, how long."""

from __future__ import annotations

from analysis.proof.prove import prove
from protocols import ALL


def main() -> None:
    """Print a line per protocol."""
    print("prove (s, once)")
    print(f"{'protocol':>16} {'seconds':>8} {'questions':>10} {'steps':>12} {'open':>5} {'waived':>7}")
    for protocol in ALL:
        proof = prove(protocol)
        print(
            f"{protocol.name:>16} {proof.seconds:>8.1f} {proof.questions:>10} {proof.steps:>12} "
            f"{len(proof.open):>5} {len(proof.waived):>7}"
        )
