"""Inotuzumab ozogamicin: two cycles of three doses, what holds a dose, and the question of stopping for good."""

from pathway.language import (
    AnyOf,
    Choice,
    Compare,
    Decision,
    Doses,
    Graded,
    Hold,
    Input,
    LedgerFlag,
    Limit,
    Param,
    Predicate,
    Reached,
    Reading,
    Recorded,
    Setting,
    Sign,
    Stop,
    Taken,
    VerdictIs,
    all_of,
    any_of,
    assumption,
    public,
    registry,
    row,
)
from protocols.ino_dli.facts import CYCLES, DOSES

BASELINE_ANC, BASELINE_PLATELETS = Reading("anc", point="BASELINE"), Reading("platelets", point="BASELINE")
ANC_ENOUGH, PLATELETS_ENOUGH = Limit(">=", "1"), Limit(">=", "50")
ANC_LOW, PLATELETS_LOW = Limit("<", "1"), Limit("<", "50")

# A baseline that is not known counts as a good one: the stricter rule holds.
POOR_BASELINE = any_of(
    VerdictIs(Compare(BASELINE_ANC, ANC_LOW), ("PASS",)),
    VerdictIs(Compare(BASELINE_PLATELETS, PLATELETS_LOW), ("PASS",)),
)
GOOD_BASELINE = VerdictIs(POOR_BASELINE, ("FAIL",))


def on(key: str) -> Setting:
    """The label rule is switched on."""
    return Setting(f"label_{key}", ("ON",))


WITHIN_CYCLE = (
    Hold("LIVER-BILIRUBIN", "bilirubin over 1.5 x ULN, unless Gilbert's syndrome or haemolysis",
         ((Sign("bilirubin_uln", limit=Param("liver_bilirubin")),), (Sign("gilbert_or_haemolysis", unless=("YES",)),)),
         public("L3", note="either test holds: assumption"), when=on("liver"), within=Param("liver_days")),
    Hold("LIVER-TRANSAMINASES", "AST or ALT over 2.5 x ULN", ((Sign("transaminase_uln", limit=Param("liver_transaminase")),),),
         public("L3", note="either test holds: assumption"), when=on("liver"), within=Param("liver_days")),
    Hold("TOXICITY", "non-haematological toxicity of grade 2 or more, until grade 1 or as before treatment",
         ((Sign(event="TOXICITY", at_least=2),),), public("L3"), when=on("toxicity")),
)  # fmt: skip

BETWEEN_CYCLES = (
    Hold("COUNTS-ANC", "neutrophils were >= 1 before treatment and are lower", ((Sign("anc", limit=ANC_LOW),),), public("L2"),
         labels=("d1",), when=all_of(on("counts"), GOOD_BASELINE), reduces=False, within=Param("counts_days")),
    Hold("COUNTS-PLATELETS", "platelets were >= 50 before treatment and are lower", ((Sign("platelets", limit=PLATELETS_LOW),),),
         public("L2"), labels=("d1",), when=all_of(on("counts"), GOOD_BASELINE), reduces=False, within=Param("counts_days")),
    Hold("COUNTS-POOR-BASELINE", "counts were low before treatment: until both are back to that, or neutrophils >= 1 and platelets "
         ">= 50, or disease stable or better and the low counts due to it",
         ((Sign("anc", below=BASELINE_ANC), Sign("platelets", below=BASELINE_PLATELETS)),
          (Sign("anc", limit=ANC_LOW), Sign("platelets", limit=PLATELETS_LOW)),
          (Sign("cytopenia_of_disease", unless=("YES",)),)),
         assumption("first words: label; list: passage not seen"), labels=("d1",), when=all_of(on("counts"), POOR_BASELINE),
         reduces=False, within=Param("counts_days")),
)  # fmt: skip


def ledger(cycle: str) -> str:
    """The key of a cycle's dose ledger."""
    return f"ino[cycle={cycle}]"


def either(flag: str) -> AnyOf:
    """A flag of one of the cycles."""
    return any_of(*(LedgerFlag(ledger(c), flag) for c in CYCLES))


REACTION = all_of(on("reaction"), Graded("INFUSION_REACTION", 3))
VOD_FOUND = Taken("vod", ("VOD",))
STOP_RECORDED = any_of(*(Recorded("ino_stopped", (("cycle", c),)) for c in CYCLES))

INO_STOP = Decision(
    "INO_STOP",
    "Stop inotuzumab ozogamicin for good?",
    inputs=(
        Input("directed", any_of(all_of(on("vod"), VOD_FOUND), REACTION)),
        Input("consider", any_of(either("held_to_review"), either("exhausted"))),
    ),
    rules=(
        row("STOP", public("L3", "L6"), "", "VOD of any grade, or a severe infusion reaction", directed="yes"),
        row(Choice(("STOP", "CONTINUE")), assumption("EU SmPC table 4: passage not seen"), "", "held for more than 28 days, or reduced twice before",
            directed="no", consider="yes"),
        row(None, public("L3"), directed="no", consider="no"),
    ),
    options=("STOP", "CONTINUE"),
    source=public("L3", "L6", note="label (G5)"),
    confirm="clinician",
    asked=Reached("DAY0"),
    enacted=(("STOP", STOP_RECORDED),),
)  # fmt: skip

STOPPED = any_of(Taken("INO_STOP", ("STOP",)), STOP_RECORDED)
STOPS = (
    Stop("VOD", "VOD of any grade", all_of(on("vod"), VOD_FOUND), public("L3", "L6")),
    Stop("REACTION", "a severe infusion reaction", REACTION, public("L3")),
)
OVER = any_of(STOPPED, Reached("PROGRESSION_DAY"), Reached("DEATH_DAY"), Reached("WITHDRAWAL"))
"""No more inotuzumab is due."""


def cycle(
    number: str, start: str, amounts: tuple[tuple[str, tuple[str, ...]], ...], by: str, asked: Predicate
) -> Doses:
    """A cycle of three doses."""
    first = number == "1"
    return Doses(
        "ino",
        f"Inotuzumab ozogamicin cycle {number}",
        item="INO-DOSE",
        scope=(("cycle", number),),
        labels=DOSES,
        days=(1, 8, 15),
        amounts=amounts,
        by=by,
        unit="mg/m2",
        size=Reading("bsa"),
        measure="mg",
        size_cap=Param("bsa_cap"),
        rounding=Param("dose_rounding"),
        start=start,
        given="ino_given",
        omitted="ino_omitted",
        stopped="ino_stopped",
        # A day 1 counts from itself; its window is that of the cycle.
        window=(-2, 2),
        spacing=Param("dose_spacing"),
        holds=WITHIN_CYCLE if first else (*WITHIN_CYCLE, *BETWEEN_CYCLES),
        omit_after=Param("omit_after"),
        never_omitted=("d1",),
        reduce_after=Param("reduce_after"),
        review_after=Param("review_after"),
        previous="" if first else ledger("1"),
        asked=asked,
        cancelled=OVER,
        stops=STOPS,
        needs=("CONSENT",),
        lifted_by=(("INO_STOP", "CONTINUE"),),
        source=registry("doses; spacing, holds and omissions: label (G5)"),
    )


FULL = ("0.8", "0.5", "0.5")
DOSE_LEDGERS = (
    cycle("1", "C1_PLANNED", (("", FULL),), "", Taken("eligibility", ("ELIGIBLE",))),
    cycle(
        "2", "C2_PLANNED", (("REDUCED", ("0.5", "0.5", "0.5")), ("FULL", FULL)), "c2_plan", Reached("DAY0")
    ),
)
