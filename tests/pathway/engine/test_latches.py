"""Outcomes that stay, stops of courses and holds that somebody lifts, on the trials that use them."""

from dataclasses import replace

import pytest

from pathway.engine.compiler import compile_protocol
from pathway.errors import ProtocolError
from pathway.language import Decision, Directed
from protocols import find
from tests.pathway.toy import TOY


def test_only_a_computed_table_can_latch_one_of_its_own_options() -> None:
    decision = next(d for d in TOY.decisions if d.confirm is None)
    for wrong in (
        replace(decision, latches=("NEVER-HEARD",)),
        replace(decision, confirm="clinician", latches=decision.options[:1]),
    ):
        others = tuple(wrong if d is decision else d for d in TOY.decisions)
        with pytest.raises(ProtocolError, match="latches"):
            compile_protocol(replace(TOY, decisions=others))


def test_a_course_that_is_lifted_by_no_decision_there_is_is_refused() -> None:
    protocol = find("ino-dli")
    wrong = replace(protocol.doses[0], lifted_by=(("INO_STOP", "GO_ON"),))
    with pytest.raises(ProtocolError, match="GO_ON"):
        compile_protocol(replace(protocol, doses=(wrong, *protocol.doses[1:])))


def test_a_question_that_lifts_a_stop_asks_by_what_it_has_lifted_too() -> None:
    protocol = find("interfant-21")
    blind = Directed("blina[cycle=1]", ("review",))

    def forgetful(decision: Decision) -> Decision:
        inputs = tuple(replace(i, of=blind) if i.name == "review" else i for i in decision.inputs)
        return replace(decision, inputs=inputs) if decision.id == "BLINA_1_STOP" else decision

    with pytest.raises(ProtocolError, match="write lifted=True"):
        compile_protocol(replace(protocol, decisions=tuple(map(forgetful, protocol.decisions))))
