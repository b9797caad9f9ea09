"""Blinatumomab: two cycles of 28 infusion days, the label's adverse-event table, and the decisions about going on."""

from pathway.language import (
    AdverseEventRule,
    AnyOf,
    Choice,
    Compare,
    Crit,
    Decision,
    Directed,
    Infusion,
    Input,
    LedgerFlag,
    LedgerIs,
    Not,
    Param,
    Predicate,
    Reached,
    Restart,
    Stop,
    Taken,
    VerdictIs,
    all_of,
    any_of,
    assumption,
    public,
    registry,
    row,
    without,
)
from protocols.interfant21.criteria import BLINATUMOMAB_CLEAR, OTHERWISE_EXCLUDED, VACCINE_PASSES
from protocols.interfant21.facts import BL1_MRD
from protocols.interfant21.risk import BL1_MRD_UNOBTAINABLE
from protocols.shared.blinatumomab_label import rules

LABEL = "label, below 45 kg; the retrieved text is the relapsed/refractory one"

ADVERSE_EVENT_RULES = (
    *rules("5 ug/m2/day", "15", LABEL),
    AdverseEventRule("SEIZURE-1", "SEIZURE", (1, 5), "interrupt",
                     "first seizure: hold as for neurotoxicity of grade 3, until over for 3 days, restart at 5 ug/m2/day, to 15 after 7 "
                     "days; the label stops at the second", assumption("the stricter of the two tables"),
                     restart=Restart(grade_at_most=0, for_days=3, low_days=7)),
    AdverseEventRule("HYPERSENSITIVITY", "HYPERSENSITIVITY", (1, 5), "stop", "proven hypersensitivity: stop for good (X3)",
                     registry()),
)  # fmt: skip


def cycle(number: str) -> Infusion:
    """A cycle: 15 ug/m2/day, no step dose, 672 hours net of pauses."""
    return Infusion(
        "blina",
        f"Blinatumomab cycle {number}",
        scope=(("cycle", number),),
        days=Param("blina_days"),
        dose="15",
        low_dose="5",
        unit="ug/m2/day",
        rules=ADVERSE_EVENT_RULES,
        source=public("P7", "B6", note="dose of the pilot, cap of the label (G6)"),
        same_cycle_pause=Param("same_cycle_pause_max"),
        supervised_pause_hours=4,
        end_tolerance=Param("infusion_end_tolerance"),
        stops=(
            Stop(
                "HYPERSENSITIVE",
                "proven hypersensitivity (X3)",
                Not(Crit("X3")),
                registry(),
            ),
        ),
        lifted_by=((f"BLINA_{number}_STOP", "CONTINUE"),),
    )


LEDGERS = (cycle("1"), cycle("2"))


def stop_decision(number: str) -> Decision:
    """Permanent stop of a cycle: directed by the table, or left to a clinician."""
    ledger = f"blina[cycle={number}]"
    return Decision(
        f"BLINA_{number}_STOP",
        f"Stop blinatumomab cycle {number} for good?",
        inputs=(
            Input("directed", Directed(ledger, ("stop",), lifted=True)),
            Input("review", Directed(ledger, ("review",), lifted=True)),
            Input("over", LedgerIs(ledger, ("complete", "short"))),
        ),
        rules=(
            row("STOP", public("B3", "B4"), over="no", directed="yes"),
            row(Choice(("STOP", "CONTINUE")), public("B4"), over="no", directed="no", review="yes"),
            row(None, public("B3"), over="no", directed="no", review="no"),
            row(
                None, public("B3"), "", "the cycle is over; a later event belongs to the next one", over="yes"
            ),
        ),
        options=("STOP", "CONTINUE"),
        source=public("B3", "B4", note=LABEL),
        confirm="clinician",
        asked=Not(LedgerIs(ledger, ("not_started",))),
        enacted=(("STOP", LedgerIs(ledger, ("stopped",))),),
    )


def pause_decision(number: str) -> Decision:
    """A pause of more than 7 days: the label starts a new cycle, the trial may differ."""
    ledger = f"blina[cycle={number}]"
    return Decision(
        f"BLINA_{number}_PAUSE",
        f"Cycle {number} paused for more than 7 days: complete it, count 28 days anew, or stop?",
        inputs=(Input("over", LedgerFlag(ledger, "pause_over_limit")),),
        rules=(
            row(Choice(("COMPLETE_CYCLE", "NEW_CYCLE", "STOP")), public("B3"), over="yes"),
            row(None, public("B3"), over="no"),
        ),
        options=("COMPLETE_CYCLE", "NEW_CYCLE", "STOP"),
        source=public("B3", note="label: a new cycle; the trial may differ"),
        confirm="clinician",
        asked=all_of(
            LedgerIs(ledger, ("running", "end_expected", "paused", "stopped", "short")),
            without(Taken(f"BLINA_{number}_STOP", ("STOP",))),
        ),
        enacted=(("STOP", LedgerIs(ledger, ("stopped",))),),
    )


def stop_decided(number: str) -> AnyOf:
    """A person has decided to stop the cycle for good, whether or not the stop is recorded yet."""
    return any_of(Taken(f"BLINA_{number}_STOP", ("STOP",)), Taken(f"BLINA_{number}_PAUSE", ("STOP",)))


def stopped(number: str) -> Predicate:
    """The cycle has been stopped for good, or that has been decided."""
    return any_of(LedgerIs(f"blina[cycle={number}]", ("stopped",)), stop_decided(number))


BLINA_STATUS = Decision(
    "blina_status",
    "Blinatumomab: eligible, excluded (the patient stays on study and is treated without it), or stopped for good",
    inputs=(Input("stopped", any_of(stopped("1"), stopped("2"))), Input("clear", BLINATUMOMAB_CLEAR)),
    rules=(
        row("stopped_permanently", public("B3", "B4"), stopped="yes"),
        row("excluded", registry(), stopped="no", clear="no"),
        row("eligible", registry(), stopped="no", clear="yes"),
    ),
    options=("eligible", "excluded", "stopped_permanently"),
    source=registry("X2 and X4 may pass later, X1 and X3 cannot"),
)


BLINA1_WAIT = Decision(
    "BLINA1_WAIT",
    "Excluded from blinatumomab by a live vaccine until a day inside the window (to D47): wait until then (BLINA1-WAIT names the day), "
    "or go on to consolidation without it?",
    inputs=(Input("passes", VACCINE_PASSES), Input("otherwise", OTHERWISE_EXCLUDED)),
    rules=(
        row("WAIT", assumption("what passes in time excludes for no longer"), passes="yes", otherwise="no"),
        row(None, registry("excluded by something else"), passes="yes", otherwise="yes"),
        row(None, registry("nothing to wait for"), passes="no"),
    ),
    options=("WAIT", "CONSOLIDATION"),
    source=assumption(
        "the registry text excludes; it does not say that a date that comes in time is waited for"
    ),
    confirm="clinician",
    asked=all_of(LedgerIs("blina[cycle=1]", ("not_started",)), Reached("EOI_SAMPLE")),
)


BLINA2_PLANNED = Decision(
    "blina2_planned",
    "Second cycle, in place of MARMA: MR with a good response, blinatumomab neither excluded nor stopped",
    inputs=(
        Input("group", "risk_blina1"),
        Input("good", Compare(BL1_MRD, Param("blina1_good")), closed=("unobtainable", BL1_MRD_UNOBTAINABLE)),
        Input("status", "blina_status"),
    ),
    rules=(
        row("YES", registry(), group="MR", good="yes", status="eligible"),
        row("NO", registry(), group="HR"),
        row("NO", registry(), group="MR", good="no"),
        row("NO", assumption("missing is never negative"), group="MR", good="unobtainable"),
        row("NO", registry(), group="MR", good="yes", status=("excluded", "stopped_permanently")),
    ),
    options=("YES", "NO"),
    source=registry("respond well: < 1e-4 is the only limit that agrees with the registry text and P1; MR-low and MR-high alike"),
)  # fmt: skip

DECISIONS = (
    stop_decision("1"),
    stop_decision("2"),
    pause_decision("1"),
    pause_decision("2"),
    BLINA_STATUS,
    BLINA1_WAIT,
    BLINA2_PLANNED,
)

# Checked again before cycle 2 (X1 cannot change).
CYCLE2_CLEAR = all_of(Crit("X2-C2"), Crit("X3"), Crit("X4-C2"))
CYCLE2_BARRED = VerdictIs(CYCLE2_CLEAR, ("FAIL",))
