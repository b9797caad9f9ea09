"""Stages: the two stages of an efficacy design, when they open, hold and stop.

Opening a stage is proposed and needs a confirmation; holding and stopping take effect at once. A patient who is inevaluable for
response is replaced (an assumption: the sources do not say).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pathway.designs.simon import Staged, TwoStage, stage_of
from pathway.designs.simon_search import find_design
from pathway.errors import AllpathError
from pathway.language import Param, SimonTwoStage
from pathway.record import Record
from pathway.subtrial.plan import Governor, StageState
from pathway.subtrial.questions import Question, Settled, latest, settle
from pathway.subtrial.slots import SlotHolder

PARAMETERS = ("p0", "p1", "alpha", "beta", "kind")


@dataclass(slots=True)
class Stages:
    """Phase II as it stands. `phase`: a phase of the subtrial, "" before phase II; `entry`: OPEN, or why not.
    `beyond`: patients of stage 2 while by today's responses it should not be open."""

    state: StageState
    phase: str
    entry: tuple[str, str]
    settled: list[Settled] = field(default_factory=list)
    beyond: tuple[str, ...] = ()


def stage_design(governor: Governor, spec: SimonTwoStage) -> tuple[TwoStage | None, tuple[str, ...], str]:
    """The design's numbers; or None, with the parameters that are not set, and what is wrong with those that are."""
    texts = {name: governor.text(getattr(spec, name)) for name in PARAMETERS}
    missing = tuple(name for name, text in texts.items() if text is None)
    if missing:
        return None, missing, ""
    try:
        return find_design(*(text or "" for text in texts.values())), (), ""
    except AllpathError as error:
        return None, (), str(error)


def stage_keys(spec: SimonTwoStage) -> tuple[str, ...]:
    """The profile keys that the stages rest on."""
    values = [getattr(spec, name) for name in (*PARAMETERS, "phase_one_counts")]
    return tuple(v.key for v in values if isinstance(v, Param))


def look_at_stages(
    governor: Governor,
    spec: SimonTwoStage,
    seats: list[SlotHolder],
    record: Record,
    spent: set[str],
    level: str,
    *,
    opened: bool,
    closed: bool,
) -> Stages:
    """Phase II. `level`: the recommended dose, "" without dose finding: then it opens with the subtrial (`opened`)."""
    design, missing, wrong = stage_design(governor, spec)
    counted = _counted(governor, spec, seats, level)
    outcomes = [{"YES": True, "NO": False}.get(response_of(s)) for s in counted]
    if design is None:
        return _not_set(governor, spec, level, missing, wrong, outcomes)
    staged = stage_of(design, outcomes, closed=closed)
    settled: list[Settled] = []
    values = (
        ("design", str(design)),
        *((f"{s.subject} response", response_of(s)) for s in counted if response_of(s)),
    )
    if level:
        begin = Question(
            "PHASE2",
            "PHASE2",
            f"Open phase II at dose level {level}: {design}",
            "OPEN",
            ("OPEN",),
            (("recommended level", level), ("design", str(design))),
            (),
            "the recommended dose is declared: stage 1 opens",
            spec.source,
            ((f"recommended level {level}", "OPEN", f"Simon two-stage {design}"),),
            keys=stage_keys(spec),
            enacted=any(s.stage == "PHASE2" for s in counted),
        )
        found = settle(begin, latest(record.decisions.get("PHASE2", []), ("OPEN",)), spent)
        settled.append(found)
        opened = found.in_force is not None
    if not opened:
        entry = (
            ("STAGE_DECISION_OPEN", f"PHASE2 waits for the {governor.subtrial.confirm}")
            if level
            else ("NOT_ACTIVATED", "")
        )
        return Stages(_state(0, "NOT_OPEN", design, outcomes, staged), "", entry, settled)
    answers = record.decisions.get("STAGE2", [])
    # Stage 2 was opened, and by today's responses it should not have been: entry stops, and the meeting decides anew.
    undone = not staged.passed and len(counted) > design.n1 and latest(answers, ("OPEN",)) is not None
    second = Question(
        "STAGE2",
        "STAGE2",
        f"{'Go on with stage 2, or stop' if undone else 'Open stage 2'}: {design}",
        "OPEN" if staged.passed else "STOP" if undone and staged.advice == "STOP_FUTILITY" else None,
        ("OPEN", "STOP") if staged.passed else ("STOP", "OPEN") if undone else (),
        values,
        (("stage 1", "passed" if staged.passed else "not passed"),),
        f"stage 2 has begun, and no longer more than {design.r1} responders among {design.n1} are known: nobody enters until the "
        "meeting has decided"
        if undone
        else f"more than {design.r1} responders among {design.n1}: stage 2 opens",
        spec.source,
        ((f"{sum(o is True for o in outcomes)} responders", staged.advice, staged.reason),),
        keys=stage_keys(spec),
        enacted=len(counted) > design.n1 and not undone,
    )
    on = settle(second, latest(answers, ("OPEN", "STOP")), spent)
    settled.append(on)
    stages = _opened(governor, design, outcomes, staged, on, settled)
    if undone and on.in_force is None:
        waits = f"{staged.reason} STAGE2 waits for the {governor.subtrial.confirm}"
        stages.phase, stages.entry = "PHASE2_STAGE2", ("STAGE_DECISION_OPEN", waits)
        stages.beyond = tuple(s.subject for s in counted[design.n1 :])
    return stages


def _opened(
    governor: Governor,
    design: TwoStage,
    outcomes: list[bool | None],
    staged: Staged,
    on: Settled,
    settled: list[Settled],
) -> Stages:
    n = len(outcomes)
    if on.in_force == "STOP":
        state = _state(1, "FINAL_ANALYSIS", design, outcomes, staged)
        return Stages(state, "FINAL_ANALYSIS", ("CLOSED", "the meeting decided not to open stage 2"), settled)
    if on.in_force != "OPEN":
        if staged.advice == "STOP_FUTILITY":
            phase, entry = "STOPPED_FUTILITY", ("STOPPED_FUTILITY", staged.reason)
        elif staged.advice == "STAGE1_HOLD":
            phase, entry = "STAGE1_HOLD", ("STAGE_HOLD", staged.reason)
        elif n < design.n1:
            phase, entry = "PHASE2_STAGE1", ("OPEN", "")
        else:
            waits = f"{staged.reason} STAGE2 waits for the {governor.subtrial.confirm}"
            phase, entry = "PHASE2_STAGE1", ("STAGE_DECISION_OPEN", waits)
        return Stages(_state(1, phase, design, outcomes, staged), phase, entry, settled)
    complete = ("ENROLMENT_COMPLETE", f"all {design.n} patients of the two stages are entered")
    entry = ("OPEN", "") if n < design.n else complete
    over = staged.advice in ("PROMISING", "NOT_PROMISING")
    phase = "FINAL_ANALYSIS" if over and n >= design.n else "PHASE2_STAGE2"
    return Stages(_state(2, phase, design, outcomes, staged), phase, entry, settled)


def _not_set(
    governor: Governor,
    spec: SimonTwoStage,
    level: str,
    missing: tuple[str, ...],
    wrong: str,
    outcomes: list[bool | None],
) -> Stages:
    words = f"not set: {', '.join(missing)}" if missing else wrong
    begin = Question(
        "PHASE2",
        "PHASE2",
        "Open phase II",
        None,
        (),
        (),
        (),
        "phase II opens with the design's parameters set",
        spec.source,
        (("parameters of the two-stage design", "PENDING", words),),
        tuple((_named(spec, name), "sponsor") for name in missing) or (("parameters", "sponsor"),),
        stage_keys(spec),
    )
    return Stages(
        _state(0, "NOT_SET", None, outcomes, None, words),
        "",
        ("NOT_SET", f"phase II cannot open, {words}"),
        [settle(begin, None)],
    )


def _named(spec: SimonTwoStage, name: str) -> str:
    value = getattr(spec, name)
    return value.key if isinstance(value, Param) else name


def response_of(seat: SlotHolder) -> str:
    """The response; what was said before the present slot was taken up does not count."""
    return seat.said.response if seat.state == "ENROLLED" else ""


def _counted(
    governor: Governor, spec: SimonTwoStage, seats: list[SlotHolder], level: str
) -> list[SlotHolder]:
    """The patients whose response counts, in order of entry; replaced ones left out."""
    also = governor.text(spec.phase_one_counts) == "YES"
    found = [
        seat
        for seat in seats
        if seat.holds
        and response_of(seat) != "INEVALUABLE"
        and seat.level == level
        and (
            seat.stage == "PHASE2" or (also and level and seat.stage == "PHASE1" and seat.state == "ENROLLED")
        )
    ]
    return sorted(found, key=lambda s: (s.stage, s.granted or s.since, s.place))


def _state(
    stage: int,
    phase: str,
    design: TwoStage | None,
    outcomes: list[bool | None],
    staged: Staged | None,
    reason: str = "",
) -> StageState:
    verdict = {"PROMISING": "promising", "NOT_PROMISING": "not promising"}.get(
        staged.advice if staged else "", ""
    )
    pending = sum(o is None for o in outcomes)
    return StageState(
        stage,
        phase,
        design.n1 if design else None,
        design.r1 if design else None,
        design.n if design else None,
        design.r if design else None,
        len(outcomes),
        len(outcomes) - pending,
        sum(o is True for o in outcomes),
        pending,
        staged.advice if staged else "",
        staged.reason if staged else reason,
        verdict,
    )
