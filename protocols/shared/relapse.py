"""Marrow relapse by the Ponte-di-Legno consensus (2022): one marrow with its other tests, or a repeat marrow."""

from pathway.language import (
    Band,
    Compare,
    Decision,
    Fact,
    Input,
    Known,
    Limit,
    Outcome,
    Predicate,
    Reading,
    Unit,
    all_of,
    assumption,
    public,
    row,
    without,
)

VERSION = "PONTE-DI-LEGNO-2022"
MARROW = (("", "suspected_marrow"),)
"""Other tests and the repeat belong to one marrow: the next suspicion has its own."""


def facts(key: str) -> tuple[Fact, Fact, Fact]:
    """What the table reads; `key` is the trial's reference to the consensus."""
    return (
        Fact("suspected_marrow", "number", "Marrow of a suspected relapse, MRD or blasts as a fraction", "laboratory",
             public(key), units=(Unit("fraction"), Unit("%", "0.01")), cardinality="latest", possible=("0", "1")),
        Fact("relapse_other_tests", "number", "Other tests on that marrow with at least 1 %", "laboratory", public(key),
             cardinality="latest", possible=("0", "5"), about=MARROW),
        Fact("relapse_repeat_tests", "number", "Tests with at least 1 % on the repeat marrow", "laboratory", public(key),
             cardinality="latest", possible=("0", "5"), about=MARROW),
    )  # fmt: skip


def table(key: str, remission: Predicate) -> Decision:
    """The decision `relapse_marrow`; asked once there is a suspected marrow after a remission."""
    return Decision(
        "relapse_marrow",
        "Marrow relapse by the consensus table: one marrow with its other tests, or a repeat marrow",
        inputs=(
            Input("marrow", Reading("suspected_marrow"), bands=(
                Band("under_1", (Limit("<", "0.01"),)),
                Band("1_to_5", (Limit(">=", "0.01"), Limit("<", "0.05"))),
                Band("5_to_25", (Limit(">=", "0.05"), Limit("<", "0.25"))),
                Band("from_25", (Limit(">=", "0.25"),)),
            )),
            Input("other_tests", Reading("relapse_other_tests"), bands=(
                Band("0", (Limit("<", "1"),)), Band("1", (Limit(">=", "1"), Limit("<", "2"))), Band("2", (Limit(">=", "2"),))),
            ),
            Input("repeat", Reading("relapse_repeat_tests"), bands=(
                Band("under_2", (Limit("<", "2"),)), Band("2", (Limit(">=", "2"),))),
                closed=("not_yet", Known(Reading("suspected_marrow"))),
            ),
        ),
        rules=(
            row("RELAPSE", public(key), marrow="from_25"),
            row("RELAPSE", public(key), marrow="5_to_25", other_tests=("1", "2")),
            row("RELAPSE", public(key), marrow="5_to_25", other_tests="0", repeat="2"),
            row("REPEAT_MARROW", public(key), marrow="5_to_25", other_tests="0", repeat="not_yet"),
            row("NO_RELAPSE", public(key), marrow="5_to_25", other_tests="0", repeat="under_2"),
            row("RELAPSE", public(key), marrow="1_to_5", other_tests="2"),
            row("RELAPSE", public(key), marrow="1_to_5", other_tests=("0", "1"), repeat="2"),
            row("REPEAT_MARROW", public(key), marrow="1_to_5", other_tests=("0", "1"), repeat="not_yet"),
            row("NO_RELAPSE", public(key), marrow="1_to_5", other_tests=("0", "1"), repeat="under_2"),
            row("NO_RELAPSE", assumption("an MRD event only"), marrow="under_1"),
        ),
        options=("RELAPSE", "REPEAT_MARROW", "NO_RELAPSE"),
        source=public(key, note="general consensus; the team states the relapse"),
        asked=all_of(Known(Reading("suspected_marrow")), remission),
        latches=("RELAPSE",),
    )  # fmt: skip


def suspected(since: str = "") -> Predicate:
    """A marrow of 1 % or more that the consensus does not call no relapse: a worse result than any by which a patient is eligible
    for transplant, whether or not the team has stated the relapse yet. `since`: an anchor; what was found before it is settled."""
    marrow = Reading("suspected_marrow", since=since)
    return all_of(
        Known(marrow),
        Compare(marrow, Limit(">=", "0.01")),
        without(Outcome("relapse_marrow", ("NO_RELAPSE",))),
    )
