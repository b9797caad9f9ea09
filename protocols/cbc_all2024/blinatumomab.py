"""Blinatumomab: one course of 14 infusion days from D29, the label's adverse-event table, and the decisions about going on."""

from pathway.language import (
    AdverseEventRule,
    Choice,
    Crit,
    Decision,
    Directed,
    DoseBand,
    Infusion,
    Input,
    LedgerFlag,
    LedgerIs,
    Limit,
    Not,
    Param,
    Reached,
    Recorded,
    Stop,
    Taken,
    VerdictIs,
    all_of,
    any_of,
    assumption,
    public,
    row,
)
from protocols.shared.blinatumomab_label import rules

LABEL = "the retrieved label page is the relapsed/refractory one"

ADVERSE_EVENT_RULES = (
    *rules("5 ug/m2/day (9 ug/day from 45 kg)", "15 (28)", LABEL, "5 mg/m2 (max 8 mg; from 45 kg 8 mg)"),
    AdverseEventRule("SEIZURE-1", "SEIZURE", (1, 5), "review", "first seizure: hold, and a clinician decides, given E6",
                     assumption("the label stops only after the second")),
    AdverseEventRule("HYPERSENSITIVITY", "HYPERSENSITIVITY", (1, 5), "stop", "hypersensitivity: stop for good", public("B5")),
)  # fmt: skip

BLINA = Infusion(
    "blina",
    "Blinatumomab, 14 days",
    scope=(),
    days=Param("blina_days"),
    dose="15",
    low_dose="5",
    unit="ug/m2/day",
    dose_by="weight",
    dose_bands=(
        DoseBand((Limit("<", "45"),), "15", "5", "ug/m2/day"),
        DoseBand((Limit(">=", "45"),), "28", "9", "ug/day"),
    ),
    rules=ADVERSE_EVENT_RULES,
    source=public("B6", note="registry: full dose, without a number (H9); no step dose"),
    same_cycle_pause=Param("pause_max"),
    supervised_pause_hours=4,
    end_tolerance=Param("infusion_end_tolerance"),
    stops=(
        Stop(
            "HYPERSENSITIVE",
            "known hypersensitivity",
            Not(Crit("S-HYPERSENSITIVITY")),
            public("B5"),
        ),
        Stop("CONSENT", "consent to the drug withdrawn", Recorded("drug_consent_withdrawn"), assumption()),
    ),
    lifted_by=(("BLINA_REVIEW", "CONTINUE"), ("BLINA_STOP", "CONTINUE")),
)

LEDGERS = (BLINA,)

STARTED = Not(LedgerIs("blina", ("not_started",)))
OVER = LedgerIs("blina", ("complete", "short"))
STOPPED = LedgerIs("blina", ("stopped",))
FOUND_LATE = all_of(Reached("BLINA_START"), VerdictIs(Crit("E6"), ("FAIL",)))
"""A convulsion or epilepsy that came to light after the start."""

BLINA_REVIEW = Decision(
    "BLINA_REVIEW",
    "First seizure, a convulsion history found late, or another grade 4: go on with blinatumomab or stop for good?",
    inputs=(Input("review", Directed("blina", ("review",), lifted=True)), Input("late", FOUND_LATE), Input("over", OVER)),
    rules=(
        row(Choice(("CONTINUE", "STOP")), assumption(), review="yes", over="no"),
        row(Choice(("CONTINUE", "STOP")), assumption(), "", "a history that is found later is another question", review="no", late="yes", over="no"),
        row(None, public("B4"), review="no", late="no", over="no"),
        row(None, public("B4"), over="yes"),
    ),
    options=("CONTINUE", "STOP"),
    source=public("B4", note="seizure and late convulsion history: assumption, given E6"),
    confirm="clinician",
    asked=STARTED,
    enacted=(("STOP", STOPPED),),
)  # fmt: skip

BLINA_STOP = Decision(
    "BLINA_STOP",
    "Stop blinatumomab for good? Directed by the table of adverse events, by a hypersensitivity, or consent to the drug withdrawn",
    inputs=(
        Input("directed", Directed("blina", ("stop",), lifted=True)),
        Input("over", OVER),
    ),
    rules=(
        row("STOP", public("B3", "B4"), directed="yes", over="no"),
        row(None, public("B3"), directed="no", over="no"),
        row(None, public("B3"), over="yes"),
    ),
    options=("STOP", "CONTINUE"),
    source=public("B3", "B4", note=LABEL),
    confirm="clinician",
    asked=STARTED,
    enacted=(("STOP", STOPPED),),
)  # fmt: skip

BLINA_PAUSE = Decision(
    "BLINA_PAUSE",
    "Paused for more than 7 days: stop and go to the end-of-induction marrow, or complete the 14 days all the same?",
    inputs=(Input("over_limit", LedgerFlag("blina", "pause_over_limit")),),
    rules=(row(Param("pause_over_max"), assumption("H8"), over_limit="yes"), row(None, assumption("H8"), over_limit="no")),
    options=("STOP", "COMPLETE"),
    source=assumption("no rule exists for a 14-day course (H8)"),
    confirm="clinician",
    asked=LedgerIs("blina", ("running", "end_expected", "paused", "stopped")),
    enacted=(("STOP", STOPPED),),
)  # fmt: skip

STOP_DECIDED = any_of(
    Taken("BLINA_REVIEW", ("STOP",)), Taken("BLINA_STOP", ("STOP",)), Taken("BLINA_PAUSE", ("STOP",))
)
STOPPED_FOR_GOOD = any_of(STOPPED, STOP_DECIDED)

DECISIONS = (BLINA_REVIEW, BLINA_STOP, BLINA_PAUSE)
