"""Cycles and what opens the next: recovery of counts, the gates to cycle 2 and 3, what comes after, why treatment ended."""

from pathway.language import (
    AllOf,
    Always,
    Choice,
    Compare,
    Decision,
    Input,
    Not,
    Outcome,
    Param,
    Predicate,
    Reached,
    Reading,
    Recorded,
    Rule,
    Setting,
    Taken,
    VerdictIs,
    all_of,
    any_of,
    assumption,
    public,
    row,
)
from protocols.hem_ismart.criteria import sponsor_approval
from protocols.hem_ismart.facts import CYCLES, REASONS


def counts(number: str, until: str = "") -> Predicate:
    """Neutrophils and platelets, the last since the cycle began, have recovered."""

    def last(fact: str) -> Reading:
        return Reading(fact, points=(f"EOC{number}", "OTHER"), since=f"C{number}D1", until=until)

    return all_of(
        Compare(last("anc"), Param("recovered_anc")), Compare(last("platelets"), Param("recovered_platelets"))
    )


RECOVERED: dict[str, AllOf] = {n: all_of(Reached(f"C{n}D1"), counts(n)) for n in CYCLES}

RESPONSES = ("CR", "CRp", "CRi", "PR", "MR", "NR", "PD")
CR_AT_2 = any_of(
    Outcome("response[cycle=2]", ("CR",)),
    all_of(Setting("c3_response", ("CR_CRp_CRi",)), Outcome("response[cycle=2]", ("CRp", "CRi"))),
)
CYCLE_3_APPROVAL = sponsor_approval(
    "CYCLE_3", "CR at the end of cycle 2: does the sponsor approve a third cycle?", CR_AT_2, public("P8")
)


def over_before(number: str) -> AllOf:
    """Protocol treatment was over before this cycle began: nothing opens it any more."""
    return all_of(Reached("OFF_DAY"), Not(Reached(f"C{number}D1")))


C2_GATE = Decision(
    "C2_GATE",
    "Cycle 2: only with at least PR. MR is a response and does not open it",
    inputs=(Input("response", "response[cycle=1]"), Input("dlt", "dlt"), Input("over", over_before("2"))),
    rules=(
        row("ALLOWED", public("P8"), response=("CR", "CRp", "CRi", "PR"), dlt=("NO", "INEVALUABLE", "none"), over="no"),
        row(Choice(("ALLOWED", "CLOSED")), assumption("a DLT: at which dose, if at all, is not public"), "DLT", "after a DLT",
            response=("CR", "CRp", "CRi", "PR"), dlt="YES", over="no"),
        row(None, assumption("treatment is over"), response=("CR", "CRp", "CRi", "PR"), over="yes"),
        row("CLOSED", public("P8"), response=("MR", "NR", "PD")),
        row(None, public("P8"), response="none"),
    ),
    options=("ALLOWED", "CLOSED"),
    source=public("P8", note="for E: assumption"),
    asked=all_of(Reached("C1D1"), any_of(Taken("response[cycle=1]", RESPONSES), Reached("OFF_DAY"))),
)  # fmt: skip

C3_GATE = Decision(
    "C3_GATE",
    "Cycle 3: only with CR at the end of cycle 2, and the sponsor's approval",
    inputs=(Input("cr", CR_AT_2), Input("approval", "SPONSOR_APPROVAL[for=CYCLE_3]"), Input("over", over_before("3"))),
    rules=(
        row("ALLOWED", public("P8"), cr="yes", approval="APPROVED", over="no"),
        row(None, assumption("treatment is over"), cr="yes", approval="APPROVED", over="yes"),
        row("CLOSED", public("P8"), "", "the sponsor has refused", cr="yes", approval="REFUSED"),
        row("CLOSED", public("P8"), "", "no CR", cr="no"),
    ),
    options=("ALLOWED", "CLOSED"),
    source=public("P8", note="for E: assumption"),
    asked=all_of(Reached("C2D1"), VerdictIs(Outcome("response[cycle=2]", ("CR", "CRp", "CRi", "PR", "MR", "NR", "PD")), ("PASS",))),
)  # fmt: skip

AFTER_3 = Decision(
    "FURTHER_CYCLES",
    "After cycle 3: further cycles, or the end of treatment? Nothing is published",
    inputs=(Input("asked", Always()),),
    rules=(row(Choice(("CONTINUE", "END")), assumption(), asked="yes"),),
    options=("CONTINUE", "END"),
    source=assumption(),
    confirm="sponsor",
    asked=VerdictIs(Outcome("response[cycle=3]", ("CR", "CRp", "CRi", "PR", "MR", "NR", "PD")), ("PASS",)),
    on_reopen="keep",
)  # fmt: skip

GATES_CLOSED = (
    Taken("C2_GATE", ("CLOSED",)),
    Taken("C3_GATE", ("CLOSED",)),
    Taken("FURTHER_CYCLES", ("END",)),
)


def off(reason: str) -> Recorded:
    """Treatment was ended, for this reason."""
    return Recorded("off_treatment", (("reason", reason),))


def progressed(number: str) -> Taken:
    """Progression, or relapse, at the evaluation of a cycle."""
    return Taken(f"response[cycle={number}]", ("PD",))


# The first that holds is the reason: what was stated, then what the gates say, then what happened to the patient.
OFF_REASONS: tuple[tuple[str, Predicate, str], ...] = (
    *((reason.lower(), off(reason), reason) for reason in REASONS),
    ("c2_progressed", all_of(GATES_CLOSED[0], progressed("1")), "PD_RELAPSE"),
    ("c2_closed", GATES_CLOSED[0], "NR"),
    ("c3_progressed", all_of(GATES_CLOSED[1], progressed("2")), "PD_RELAPSE"),
    ("c3_closed", any_of(*GATES_CLOSED[1:]), "COMPLETED"),
    ("transplanted", Reached("HSCT_DAY"), "HSCT"),
    ("relapsed", Reached("RELAPSE_DAY"), "PD_RELAPSE"),
    ("withdrew", Reached("WITHDRAWAL"), "WITHDRAWAL"),
    ("died", Reached("DEATH_DAY"), "DEATH"),
    ("lost", Reached("LOSS"), "LOST"),
)  # fmt: skip


def first_reason() -> tuple[Rule, ...]:
    """A row for each reason, none of those before it being so."""
    names = [name for name, _, _ in OFF_REASONS]
    return tuple(
        row(outcome, public("P8", note="order: assumption"), "", name.replace("_", " "), **dict.fromkeys(names[:n], "no"), **{name: "yes"})
        for n, (name, _, outcome) in enumerate(OFF_REASONS)
    )  # fmt: skip


OVER = any_of(Reached("OFF_DAY"), *GATES_CLOSED)
"""Treatment is over by what was reported, or by what the gates say."""

OFF_REASON = Decision(
    "off_reason",
    "Why protocol treatment ended",
    inputs=tuple(Input(name, holds) for name, holds, _ in OFF_REASONS),
    rules=first_reason(),
    options=(*REASONS, "DEATH", "LOST"),
    source=public("P8", note="list of reasons: assumption"),
    asked=all_of(Reached("C1D1"), OVER),
)

DECISIONS = (CYCLE_3_APPROVAL, C2_GATE, C3_GATE, AFTER_3, OFF_REASON)
