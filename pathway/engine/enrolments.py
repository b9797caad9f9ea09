"""How a pathway stands towards the subtrials of its trial: whether it wants a slot, and what their governors must hear of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pathway.engine.context import Evaluation
from pathway.engine.linker import Linker
from pathway.engine.predicates import predicate
from pathway.language import SLOT_DETAILS, SLOT_FACT, SLOT_STATES, Enrolment, Protocol, Reading
from pathway.language.parsing import nearest
from pathway.plan import Standing

KEPT = ("WAITING", "RESERVED", "ENROLLED")
"""Answers that say: this patient has asked, and waits or has a slot."""
VERDICTS = ("YES", "NO", "INEVALUABLE")
"""What a decision about a DLT or a response may say to a governor."""


def check_enrolments(protocol: Protocol, linker: Linker) -> None:
    """Raises ProtocolError on a subtrial that is not defined, or is enrolled in twice, and when the protocol has no place for
    the governors' answers."""
    subtrials = [subtrial.id for subtrial in protocol.subtrials]
    for n, name in enumerate(subtrials):
        if name in subtrials[:n]:
            raise linker.error(f"subtrial {name} is defined twice")
    seen: list[str] = []
    for spec in protocol.enrolments:
        with linker.within(f"enrolment {spec.subtrial}"):
            if spec.subtrial not in subtrials:
                raise linker.error(
                    f"subtrial {spec.subtrial!r} is not defined; {nearest(spec.subtrial, subtrials)}"
                )
            if spec.subtrial in seen:
                raise linker.error(f"enrolment {spec.subtrial} is defined twice")
            _check_slot_fact(protocol, spec.subtrial, linker)
        seen.append(spec.subtrial)


def compile_enrolment(spec: Enrolment, linker: Linker) -> Callable[[Evaluation], Standing]:
    """How a patient stands towards the subtrial. Raises ProtocolError on a name that is not defined."""
    watch, ask = predicate(spec.watch, linker), predicate(spec.ask, linker)
    started = linker.anchor(spec.started)
    dlt, response = _verdict(spec.dlt, linker), _verdict(spec.response, linker)
    answer = linker.reading(Reading(SLOT_FACT, spec.subtrial))

    def standing(ctx: Evaluation) -> Standing:
        event = ctx.reading(answer).event
        asked = ask(ctx).verdict
        wants: Literal["nothing", "notice", "slot"] = "nothing"
        # What is doubtful or missing for now is no reason to give up a place; only a FAIL is.
        if asked == "PASS" or (asked != "FAIL" and event is not None and event.value in KEPT):
            wants = "slot"
        elif watch(ctx).verdict == "PASS":
            wants = "notice"
        first = ctx.anchor(started)
        day = first.day if first is not None and first.actual else None
        said = Standing(spec.subtrial, wants)
        if day is not None:  # what became of a course that was not this subtrial's is none of its matters
            said = Standing(spec.subtrial, wants, day, dlt(ctx), response(ctx))
        if event is not None:
            said.slot = event.value or ""
            said.level, said.reason, said.until = (event.detail(name) or "" for name in SLOT_DETAILS)
        return said

    return standing


def _verdict(decision: str, linker: Linker) -> Callable[[Evaluation], str]:
    """What is in force of a decision; "" while nothing is, and where there is no such decision."""
    if not decision:
        return lambda ctx: ""
    index = linker.decision(decision, ())
    for option in linker.options(decision):
        if option not in VERDICTS:
            raise linker.error(
                f"decision {decision} has the option {option!r}; a governor understands {', '.join(VERDICTS)}"
            )
    return lambda ctx: ctx.decision(index).outcome or ""


def _check_slot_fact(protocol: Protocol, subtrial: str, linker: Linker) -> None:
    fact = linker.facts.get(SLOT_FACT)
    how = f"write slot_fact({', '.join(repr(s.id) for s in protocol.subtrials)}, source=...)"
    if fact is None:
        raise linker.error(f"there is no fact {SLOT_FACT!r} for the governors' answers; {how}")
    wrong = (
        fact.type != "choice"
        or fact.values != SLOT_STATES
        or fact.cardinality != "latest"
        or any(detail not in fact.details for detail in SLOT_DETAILS)
    )
    if wrong:
        raise linker.error(f"the fact {SLOT_FACT!r} cannot hold the governors' answers; {how}")
    if subtrial not in fact.points:
        raise linker.error(
            f"the fact {SLOT_FACT!r} has no point {subtrial!r}; {nearest(subtrial, fact.points)}"
        )
