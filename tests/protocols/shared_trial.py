"""A made-up trial of nothing but shared rule sets, and a patient in it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pathway.engine.compiler import compile_protocol
from pathway.engine.context import Compiled
from pathway.language import (
    Action,
    AdverseEventType,
    Anchor,
    Decision,
    Exit,
    Fact,
    Phase,
    Protocol,
    Recorded,
    Source,
    Track,
    Version,
    public,
)  # fmt: skip
from pathway.language.walk import atoms
from protocols.shared.rule_set import RuleSet
from tests.protocols.bedside import Patient

SOURCE = public("P1")


def trial(
    *sets: RuleSet,
    facts: tuple[Fact, ...] = (),
    decisions: tuple[Decision, ...] = (),
    actions: tuple[Action, ...] = (),
    adverse_events: tuple[AdverseEventType, ...] = (),
    anchors: tuple[Anchor, ...] = (),
) -> Protocol:
    """The trial: death ends it."""
    made = Protocol(
        name="shared",
        title="Shared rules (invented)",
        registry=("INVENTED-2",),
        version=Version("1.0", "2026-01-15", "first text"),
        profile_name="SHARED-0",
        references=(),
        profile=tuple(k for s in sets for k in s.profile),
        facts=(*facts, *(f for s in sets for f in s.facts)),
        actions=(
            Action("death", "Death", SOURCE, details=("cause",), ends="life"),
            *actions,
            *(a for s in sets for a in s.actions),
        ),
        adverse_events=adverse_events,
        anchors=(*anchors, *(a for s in sets for a in s.anchors)),
        criteria=(),
        decisions=(*(d for s in sets for d in s.decisions), *decisions),
        tracks=(
            Track("care", "Care", (
                Phase("CARE", "In care", SOURCE, exits=(Exit("DEAD", Recorded("death"), SOURCE),)),
                Phase("DEAD", "Dead", SOURCE, terminal=True),
            )),
        ),
        tasks=tuple(t for s in sets for t in s.tasks),
        deviations=tuple(d for s in sets for d in s.deviations),
    )  # fmt: skip
    return citing(made)


def citing(protocol: Protocol) -> Protocol:
    """The trial with all that it cites in its list of references: shared rules cite the sources of the trials that use them."""
    cited = dict.fromkeys(key for source in atoms(protocol, Source) for key in source.keys)
    return replace(protocol, references=tuple((key, "an invented reference") for key in cited))


@dataclass
class Bedside(Patient):
    """A patient of such a trial."""

    of: Compiled | None = None

    @property
    def protocol(self) -> Compiled:
        assert self.of is not None
        return self.of


def patient(protocol: Protocol, **settings: str) -> Bedside:
    """A new patient of it."""
    return Bedside("shared", settings, of=compile_protocol(citing(protocol)))
