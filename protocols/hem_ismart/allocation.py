"""Molecular allocation (1.4): every subtrial that matches, what drops it, and where several are left the meeting."""

from itertools import combinations

from pathway.language import (
    Always,
    AtLeast,
    Choice,
    Closed,
    Compare,
    Crit,
    Criterion,
    Decision,
    Input,
    Is,
    Limit,
    Not,
    Param,
    Predicate,
    Reached,
    Reading,
    ReviewIf,
    Rule,
    Setting,
    Taken,
    VerdictIs,
    all_of,
    any_of,
    assumption,
    public,
    registry,
    row,
)
from protocols.hem_ismart.criteria import GIVEN, REPORTED, SUBTRIAL_CRITERIA, any_lesion
from protocols.hem_ismart.facts import B_LESIONS, C_LESIONS, D_LESIONS, PAM_LESIONS, at
from protocols.hem_ismart.profile import ORDER, PLACES, SUBTRIALS

ARMS = (*ORDER, "E_GENERIC")
SUBTRIAL_OF = {arm: arm[0] for arm in ARMS}
ENGINE = assumption("engine default, not protocol: no public rule")
UNSURE = "a lesion is uncertain: does it qualify?"


def qualifies(lesions: tuple[str, ...], *more: Predicate) -> Predicate:
    """Waits for the report; an uncertain lesion is judged."""
    return any_of(
        any_lesion(lesions, "PRESENT"), *more, Not(ReviewIf(any_lesion(lesions, "UNCERTAIN"), UNSURE))
    )


SENSITIVE = Closed(
    Compare(at("dasatinib_ic50", "CENTRAL"), Limit("<", "10")),
    REPORTED,
    "drug-response profiling is recommended and not mandatory: without it the lesions alone decide",
)

TARGETS = (
    Criterion("B-TARGET", "ABL1 fusion or amplification, PDGFRB fusion, or ex-vivo dasatinib IC50 < 10 nM in the centralised laboratory",
              "target", qualifies(B_LESIONS, SENSITIVE), public("P2")),
    Criterion("C-TARGET", "IL7R or JAK/STAT pathway alteration", "target", qualifies(C_LESIONS), registry("gene list: passage not seen")),
    Criterion("D-TARGET", "RAS/MAPK pathway: KRAS, NRAS, HRAS, FLT3, PTPN11, MAP2K1, CBL; NF1 deletion", "target", qualifies(D_LESIONS),
              public("P4")),
    Criterion("E-PAM-TARGET", "PI3K/AKT/mTOR pathway alteration", "target", qualifies(PAM_LESIONS), registry("genes: assumption")),
    Criterion("E-GENERIC-TARGET", "no actionable alteration at all", "target",
              Not(any_of(*(Crit(f"{t}-TARGET") for t in ("B", "C", "D", "E-PAM")), any_lesion(("OTHER-ACTIONABLE",), "PRESENT", "UNCERTAIN"))),
              public("P6")),
)  # fmt: skip

MATCHES: dict[str, Predicate] = {arm: Crit(f"{arm.replace('_', '-')}-TARGET") for arm in ARMS}
EXCLUDED: dict[str, Predicate] = {
    s: any_of(*(
        Closed(Not(Crit(c.id)), Always(), "a subtrial stays a candidate until something is known to bar the patient: its own screening "
               "asks for all of it before a slot")
        for c in SUBTRIAL_CRITERIA[s]
    ))
    for s in SUBTRIALS
}  # fmt: skip
"""A subtrial's own exclusion is known to apply. What is not known yet is asked for in screening; what is in doubt is settled first."""
CANDIDATE: dict[str, Predicate] = {
    s: any_of(*(MATCHES[arm] for arm in ARMS if SUBTRIAL_OF[arm] == s)) for s in SUBTRIALS
}
BARRED = any_of(
    *(all_of(MATCHES[arm], EXCLUDED[SUBTRIAL_OF[arm]]) for arm in ORDER),
    any_lesion(("OTHER-ACTIONABLE",), "PRESENT"),
)
"""An actionable lesion whose subtrial excludes the patient, or that has none: only then is unselected treatment thought of. A subtrial
that matches and is closed does not lead there."""
WATCHED: dict[str, Predicate] = {**CANDIDATE, "E": any_of(CANDIDATE["E"], all_of(REPORTED, BARRED))}
"""Subtrials of whose slots the patient's pathway must hear."""


def slot(subtrial: str, *states: str) -> Is:
    """What the governor of the subtrial has answered last."""
    return Is(Reading("slot", point=subtrial), states)


def slot_is(subtrial: str, *states: str) -> VerdictIs:
    """The same with two values: no answer is none of these."""
    return VerdictIs(slot(subtrial, *states), ("PASS",))


FOR_NOW = ("NOT_OPEN", "SUSPENDED", "ENROLMENT_COMPLETE")
# What became of the patient's own slot says nothing of the subtrial: else giving one back would end the allocation to it.
USABLE = ("OPEN", "WAITING", "RESERVED", "ENROLLED", "EXPIRED", "RELEASED")
LEFT: dict[str, Predicate] = {
    arm: all_of(MATCHES[arm], Not(EXCLUDED[SUBTRIAL_OF[arm]]), slot(SUBTRIAL_OF[arm], *USABLE))
    for arm in ARMS
}
SEVERAL = AtLeast(2, tuple(LEFT[arm] for arm in ORDER))
BARRED_TO_E = all_of(REPORTED, BARRED, Not(EXCLUDED["E"]))
UNSELECTED = all_of(BARRED_TO_E, slot("E", *USABLE))
"""An actionable lesion whose subtrial excludes the patient, and subtrial E can be had."""
MAY_OPEN = any_of(
    *(
        all_of(MATCHES[arm], Not(EXCLUDED[SUBTRIAL_OF[arm]]), slot(SUBTRIAL_OF[arm], *FOR_NOW))
        for arm in ARMS
    ),
    all_of(BARRED_TO_E, slot("E", *FOR_NOW)),
)
# Whom nothing else is open to is allocated to a subtrial that holds entry, and waits there: a place in the queue, not a slot.
NONE_OPEN = Not(any_of(*LEFT.values()))
TO_QUEUE: dict[str, Predicate] = {
    arm: any_of(
        LEFT[arm],
        all_of(MATCHES[arm], Not(EXCLUDED[SUBTRIAL_OF[arm]]), slot(SUBTRIAL_OF[arm], "SUSPENDED"), NONE_OPEN),
    )
    for arm in ARMS
}
ACTIONABLE = Not(MATCHES["E_GENERIC"])
BEGUN = Reached("C1D1")
WAITING_FOR_ALLOCATION = all_of(GIVEN, REPORTED, Not(BEGUN))

ALLOCATION = Decision(
    "allocation",
    "Where the molecular findings lead",
    inputs=(
        Input("left", any_of(*LEFT.values())),
        Input("several", SEVERAL),
        Input("may_open", MAY_OPEN),
    ),
    rules=(
        row("ONE", ENGINE, "", "one subtrial is left: proposed", left="yes", several="no"),
        row(
            "SEVERAL",
            ENGINE,
            "",
            "several are left: the coordinating meeting decides",
            left="yes",
            several="yes",
        ),
        row(
            "WAITLIST",
            ENGINE,
            "",
            "none is left now, and one that matches may open",
            left="no",
            may_open="yes",
        ),
        row(
            "NOT_ALLOCATED",
            ENGINE,
            "",
            "none is left, and none that matches may open",
            left="no",
            may_open="no",
        ),
    ),
    options=("ONE", "SEVERAL", "WAITLIST", "NOT_ALLOCATED"),
    source=ENGINE,
    asked=all_of(GIVEN, REPORTED),
)

SUGGESTION = Decision(
    "allocation_suggestion",
    "Suggested order among several: an engine default, not protocol",
    inputs=tuple(
        Input(place, any_of(*(all_of(Setting(f"suggest_{place}", (arm,)), LEFT[arm]) for arm in ORDER))) for place in PLACES
    ),
    rules=(
        *(row(Param(f"suggest_{place}"), ENGINE, "", f"the {place} that is left", **dict.fromkeys(PLACES[:n], "no"), **{place: "yes"})
          for n, place in enumerate(PLACES)),
        row(None, ENGINE, **dict.fromkeys(PLACES, "no")),
    ),
    options=ORDER,
    source=ENGINE,
    asked=all_of(WAITING_FOR_ALLOCATION, SEVERAL),
)  # fmt: skip


def several() -> tuple[Rule, ...]:
    """A row for each set of subtrials that are left: one is proposed, of several none."""
    rules = []
    for size in range(1, len(ORDER) + 1):
        for chosen in combinations(ORDER, size):
            cells = {arm: "yes" if arm in chosen else "no" for arm in ORDER}
            then = chosen[0] if size == 1 else Choice((*chosen,))
            rules.append(row(then, ENGINE, "", " or ".join(chosen), **cells))
    return tuple(rules)


NONE_LEFT = dict.fromkeys(ORDER, "no")


def taken_up(arm: str) -> Predicate:
    """The slot is reserved or taken, or treatment has begun."""
    return any_of(slot_is(SUBTRIAL_OF[arm], "RESERVED", "ENROLLED"), BEGUN)


ALLOCATION_DECISION = Decision(
    "ALLOCATION_DECISION",
    "In which subtrial? One that is left is proposed; among several the meeting decides, and nothing is proposed",
    inputs=(
        *(Input(arm, TO_QUEUE[arm]) for arm in ARMS),
        Input("may_open", MAY_OPEN),
        Input("barred", all_of(ACTIONABLE, BARRED)),
        Input("unselected", UNSELECTED),
    ),
    rules=(
        *several(),
        row("E_GENERIC", public("P6"), "", "no actionable lesion", **NONE_LEFT, E_GENERIC="yes"),
        row(None, ENGINE, "", "wait", **NONE_LEFT, E_GENERIC="no", may_open="yes"),
        row("NOT_ALLOCATED", ENGINE, **NONE_LEFT, E_GENERIC="no", may_open="no", barred="no"),
        row(Choice(("E_GENERIC", "NOT_ALLOCATED")), ENGINE, "ACTIONABLE-BUT-EXCLUDED",
            "an actionable lesion exists, and its subtrial excludes the patient: not unselected by itself",
            **NONE_LEFT, E_GENERIC="no", may_open="no", barred="yes", unselected="yes"),
        row(Choice(("NOT_ALLOCATED",)), ENGINE, "EXCLUDED-EVERYWHERE",
            "an actionable lesion exists, its subtrial excludes the patient, and E cannot be had either",
            **NONE_LEFT, E_GENERIC="no", may_open="no", barred="yes", unselected="no"),
    ),
    options=(*ARMS, "NOT_ALLOCATED"),
    source=ENGINE,
    confirm="meeting",
    asked=WAITING_FOR_ALLOCATION,
    enacted=tuple((arm, taken_up(arm)) for arm in ARMS),
)  # fmt: skip

IN: dict[str, Predicate] = {
    s: Taken("ALLOCATION_DECISION", tuple(arm for arm in ARMS if SUBTRIAL_OF[arm] == s)) for s in SUBTRIALS
}
ALLOCATED = Taken("ALLOCATION_DECISION", ARMS)
NOT_ALLOCATED = Taken("ALLOCATION_DECISION", ("NOT_ALLOCATED",))

DECISIONS = (ALLOCATION, SUGGESTION, ALLOCATION_DECISION)
