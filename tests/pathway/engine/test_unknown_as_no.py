"""What would be silent, or go on, while something is not known does not load."""

from dataclasses import replace
from typing import Any

import pytest

from pathway.engine.compiler import compile_protocol
from pathway.errors import ProtocolError
from pathway.language import (
    Assessment,
    Closed,
    Crit,
    Criterion,
    Deviation,
    Exit,
    Is,
    Known,
    Limit,
    Moment,
    Not,
    NotObtainable,
    Outcome,
    Phase,
    Predicate,
    Reading,
    Recorded,
    Rung,
    Series,
    Sign,
    Taken,
    Task,
    all_of,
    any_of,
    registry,
    without,
)
from protocols.ino_dli import INO_DLI
from tests.pathway.toy import TOY

R = registry()
CNS1 = Is(Reading("cns"), ("CNS1",))
ASKED = Taken("cycle2", ("YES",))


def deviation(when: Predicate) -> Any:
    return {"deviations": (*TOY.deviations, Deviation("X", "x", when, (Rung("major"),), R))}


def task(when: Predicate) -> Any:
    return {
        "tasks": (
            *TOY.tasks,
            Task("X", "x", when, Recorded("donor_found"), "clinician", R, ends_with="study"),
        )
    }


def assessment(asked: Predicate) -> Any:
    made = Assessment("X", "x", Moment("D1"), Recorded("donor_found"), "clinician", R, asked=asked)
    return {"assessments": (*TOY.assessments, made)}


def series(while_: Predicate) -> Any:
    return {
        "series": (
            *TOY.series,
            Series("X", "x", Moment("D1"), "clinician", R, days=7, fact="cns", while_=while_),
        )
    }


def way_out(when: Predicate) -> Any:
    tracks = list(TOY.tracks)
    first: Phase = replace(tracks[0].phases[0], exits=(*tracks[0].phases[0].exits, Exit("FAILED", when, R)))
    tracks[0] = replace(tracks[0], phases=(first, *tracks[0].phases[1:]))
    return {"tracks": tuple(tracks)}


SILENT: dict[str, Any] = {
    "an alarm while a value is not known": deviation(Not(CNS1)),
    "an alarm while a question is open": deviation(all_of(Recorded("consent"), Not(ASKED))),
    "an alarm while one of several is not known": deviation(Not(any_of(Recorded("consent"), CNS1))),
    "a task while a criterion is not settled": task(Not(Crit("I2"))),
    "an item while nobody has answered": assessment(Not(Outcome("cycle2", ("NO",)))),
    "a series while nobody has answered": series(Not(any_of(Recorded("relapse"), ASKED))),
    "a way out while nobody has answered": way_out(Not(ASKED)),
}


@pytest.mark.parametrize("change", SILENT.values(), ids=SILENT)
def test_a_negation_that_waits_is_refused(change: Any) -> None:
    with pytest.raises(ProtocolError, match=r"without\(\.\.\.\)"):
        compile_protocol(replace(TOY, **change))


@pytest.mark.parametrize(
    "change",
    [
        deviation(without(CNS1)),
        deviation(without(ASKED)),
        deviation(Not(Recorded("consent"))),
        deviation(Not(any_of(Known(Reading("cns")), NotObtainable(Reading("cns"))))),
        task(without(Crit("I2"))),
        assessment(without(ASKED)),
        series(without(ASKED)),
        way_out(without(ASKED)),
        way_out(Not(Crit("I2"))),
    ],
)
def test_what_says_what_it_does_with_unknown_loads(change: Any) -> None:
    compile_protocol(replace(TOY, **change))


def test_a_hold_that_compares_a_value_says_how_old_it_may_be() -> None:
    course = INO_DLI.doses[0]
    hold = replace(course.holds[0], signs=((Sign("anc", limit=Limit("<", "1")),),), within=None)
    with pytest.raises(ProtocolError, match="compares anc: say within how many days"):
        compile_protocol(replace(INO_DLI, doses=(replace(course, holds=(hold,)), *INO_DLI.doses[1:])))


@pytest.mark.parametrize(
    ("node", "why"),
    [
        (Closed(any_of(CNS1, CNS1), Recorded("consent"), "a reason"), "close each value by itself"),
        (Closed(Known(Reading("cns")), Recorded("consent"), "a reason"), "close each value by itself"),
        (Closed(CNS1, Recorded("consent"), ""), "without a reason"),
    ],
)
def test_what_absence_means_is_said_of_one_value_and_with_its_reason(node: Predicate, why: str) -> None:
    with pytest.raises(ProtocolError, match=why):
        compile_protocol(replace(TOY, criteria=(*TOY.criteria, Criterion("X", "x", "x", node, R))))
