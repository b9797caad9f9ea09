"""Simon's two-stage design: its characteristics, exactly, and the conduct of a trial by it (`stage`).

Simon 1989, doi:10.1016/0197-2456(89)90015-9. Finding the design for given error limits is `pathway.designs.simon_search`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import comb
from typing import Literal

from pathway.errors import AllpathError

StageAdvice = Literal[
    "STAGE1_OPEN",
    "STAGE1_HOLD",
    "STOP_FUTILITY",
    "STAGE2_OPEN",
    "STAGE2_HOLD",
    "PROMISING",
    "NOT_PROMISING",
    "JUDGE",
]


class ImpossibleDesign(AllpathError):
    """Numbers that are no two-stage design, or counts that no trial can have. The message says what would be accepted."""


@dataclass(frozen=True, slots=True)
class TwoStage:
    """Stop for futility if at most `r1` of the first `n1` respond; promising only if more than `r` of `n` do."""

    r1: int
    n1: int
    r: int
    n: int

    def __post_init__(self) -> None:
        if not (0 <= self.r1 < self.n1 < self.n and self.r1 <= self.r < self.n):
            raise ImpossibleDesign(
                f"{self}: accepted is 0 <= r1 < n1 < n and r1 <= r < n, such as 3/13, 12/43"
            )

    def __str__(self) -> str:
        return f"{self.r1}/{self.n1}, {self.r}/{self.n}"


@dataclass(frozen=True, slots=True)
class Characteristics:
    """What a design does when the true response rate is `p`, as exact fractions.

    `pet`: probability of early termination. `expected`: expected number of patients (EN). `promising`: probability that the
    treatment is found promising (the type I error under p0, the power under p1).
    """

    p: Fraction
    pet: Fraction
    expected: Fraction
    promising: Fraction


def proportion(text: str, name: str) -> Fraction:
    """A proportion written as a decimal, exactly. Raises `ImpossibleDesign` unless 0 < value < 1."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 < value < 1:
        raise ImpossibleDesign(f"{name} {text!r}: accepted is a decimal between 0 and 1, such as 0.2")
    if value.as_tuple().exponent < -6:  # type: ignore[operator]  # finite, so a number
        raise ImpossibleDesign(f"{name} {text!r}: accepted are at most six decimals")
    return Fraction(value)


def characteristics(design: TwoStage, p: Fraction) -> Characteristics:
    """The exact characteristics of the design under a response rate `p`, 0 <= p <= 1."""
    first = _binomial(design.n1, p)
    second = _binomial(design.n - design.n1, p)
    below = [Fraction(0)]
    for each in second:
        below.append(below[-1] + each)
    pet = sum(first[: design.r1 + 1], Fraction(0))
    rejected = pet + sum(
        first[x] * below[min(design.r - x, len(second) - 1) + 1]
        for x in range(design.r1 + 1, min(design.n1, design.r) + 1)
    )
    return Characteristics(p, pet, design.n1 + (1 - pet) * (design.n - design.n1), 1 - rejected)


def _binomial(n: int, p: Fraction) -> list[Fraction]:
    hit, miss, whole = p.numerator, p.denominator - p.numerator, p.denominator**n
    return [Fraction(comb(n, x) * hit**x * miss ** (n - x), whole) for x in range(n + 1)]


@dataclass(frozen=True, slots=True)
class Tally:
    """Patients in the order of entry, those not evaluable for response left out.

    `responders` are among the `evaluable`, whose response is known; `pending` are entered and not yet assessed.
    """

    responders: int
    evaluable: int
    pending: int = 0

    def __post_init__(self) -> None:
        if min(self.responders, self.evaluable, self.pending) < 0 or self.responders > self.evaluable:
            raise ImpossibleDesign(
                f"{self.responders} responders of {self.evaluable} evaluable, {self.pending} pending: "
                "accepted are counts from 0, with at most as many responders as evaluable patients"
            )

    @property
    def entered(self) -> int:
        """Patients entered, those not evaluable left out."""
        return self.evaluable + self.pending

    @property
    def words(self) -> str:
        """The tally as people say it."""
        pending = f", {self.pending} pending" if self.pending else ""
        return f"{self.responders} of {self.evaluable} evaluable patients responded{pending}"


@dataclass(frozen=True, slots=True)
class Staged:
    """What the design says of a trial.

    STAGE1_OPEN, STAGE2_OPEN: `room` more patients may enter. STAGE1_HOLD, STAGE2_HOLD: all planned patients of the stage are
    entered, responses are awaited. STOP_FUTILITY, PROMISING, NOT_PROMISING: the end. JUDGE: the planned rule does not
    apply, the meeting must judge. `passed`: more than r1 responders are known of stage 1, whatever is still pending.
    `over`: patients beyond the plan. `reason`: whole sentences, with the counts.
    """

    advice: StageAdvice
    reason: str
    room: int = 0
    passed: bool = False
    over: int = 0


ATTAINED = (
    "there are methods for sizes other than planned (Green and Dahlberg 1992, doi:10.1002/sim.4780110703; "
    "Koyama and Chen 2008, doi:10.1002/sim.3123); the meeting must judge with the statistician"
)


def stage_of(
    design: TwoStage, outcomes: Sequence[bool | None], *, closed: bool = False, curtail: bool = False
) -> Staged:
    """`stage` for patients one by one: True responded, False did not, None pending; in order of entry.

    Patients not evaluable for response are left out before; whoever replaces them moves up.
    """

    def tally(some: Sequence[bool | None]) -> Tally:
        known = [each for each in some if each is not None]
        return Tally(sum(known), len(known), len(some) - len(known))

    total = tally(outcomes)
    return stage(
        design,
        total.responders,
        total.evaluable,
        total.pending,
        first=tally(outcomes[: design.n1]),
        planned=tally(outcomes[: design.n]),
        closed=closed,
        curtail=curtail,
    )


def stage(
    design: TwoStage,
    responders: int,
    evaluable: int,
    pending: int,
    *,
    first: Tally | None = None,
    planned: Tally | None = None,
    closed: bool = False,
    curtail: bool = False,
) -> Staged:
    """What the design says of a trial with these counts.

    `first` and `planned`: the tallies of the first n1 and the first n patients in order of entry; only they decide, and
    patients beyond them are described, not counted. Without them, and with more patients than planned, the answer is given
    only if it is the same whoever came first. `closed`: nobody else will enter. `curtail`: end as soon as the result is
    certain, instead of waiting for all planned patients. Raises `ImpossibleDesign` for counts that cannot be.
    """
    total = Tally(responders, evaluable, pending)
    one = first or (total if total.entered <= design.n1 else None)
    whole = planned or (total if total.entered <= design.n else None)
    _fit(total, first, design.n1)
    _fit(total, planned, design.n)
    if one is not None:
        passed = one.responders > design.r1
    else:
        # Patients beyond n1, and no word on who came first. With more than r1 responders the trial went on as planned; with
        # fewer, those pending may be among the first.
        passed = responders > design.r1
        known = max(min(responders, design.n1), design.n1 - pending)
        one = Tally(min(responders, design.n1), known, design.n1 - known)
    if not passed:
        return _stage_one(design, total, one, told=first is not None, closed=closed, curtail=curtail)
    return _stage_two(design, total, one, whole, told=first is not None, closed=closed, curtail=curtail)


def _fit(total: Tally, part: Tally | None, size: int) -> None:
    if part is None:
        return
    if (
        part.entered != min(size, total.entered)
        or part.responders > total.responders
        or part.evaluable > total.evaluable
        or part.pending > total.pending
        or part.evaluable - part.responders > total.evaluable - total.responders
    ):
        raise ImpossibleDesign(
            f"the first {size} patients ({part.words}) do not fit the whole trial ({total.words})"
        )


def _stage_one(
    design: TwoStage, total: Tally, one: Tally, *, told: bool, closed: bool, curtail: bool
) -> Staged:
    """Stage 1, with at most r1 responders known among its patients."""
    rule = (
        f"stage 1 goes on to stage 2 only with more than {design.r1} responders among {design.n1} ({design})"
    )
    over = max(0, total.entered - design.n1)
    said = f"Of the first {design.n1}: {one.words}" if told and over else total.words
    beyond = (
        f" {_patients(over)} entered beyond the {design.n1} of stage 1, too early; they do not decide it."
        if over
        else ""
    )
    missing = max(0, design.n1 - one.entered)
    most = one.responders + min(one.pending + missing, max(0, design.n1 - one.evaluable))
    if one.evaluable >= design.n1:
        text = f"{said}; {rule}. At most {design.r1}: stop for futility.{beyond}"
        return Staged("STOP_FUTILITY", text, over=over)
    if curtail and most <= design.r1:
        text = f"{said}; {rule}. Even if all the others responded there would be {most}: stop for futility.{beyond}"
        return Staged("STOP_FUTILITY", text, over=over)
    if not missing or (closed and one.pending):
        why = "closed to entry; " if missing else f"all {design.n1} of stage 1 are entered; "
        text = f"{said}; {rule}. Hold: {why}{one.pending} responses are awaited.{beyond}"
        return Staged("STAGE1_HOLD", text, over=over)
    if not closed:
        return Staged("STAGE1_OPEN", f"{said}; {rule}. {_patients(missing)} may still enter.", missing)
    if most <= design.r1:
        even = f"Even {missing} more responders could not change it: stop for futility."
        text = f"{said}, and nobody else enters; {rule}. {even}"
        return Staged("STOP_FUTILITY", text)
    text = (
        f"{said}, and nobody else enters; {rule}. {missing} fewer than planned: the rule does not apply. Counting the "
        f"missing as non-responders, which is the cautious reading, it would be a stop for futility; {ATTAINED}."
    )
    return Staged("JUDGE", text)


def _stage_two(
    design: TwoStage,
    total: Tally,
    one: Tally,
    whole: Tally | None,
    *,
    told: bool,
    closed: bool,
    curtail: bool,
) -> Staged:
    """More than r1 responders are known among the patients of stage 1."""
    rule = f"promising only with more than {design.r} responders among {design.n} ({design})"
    if total.entered < design.n1 and not closed and not (curtail and total.responders > design.r):
        room = design.n1 - total.entered
        text = (
            f"{total.words}: more than {design.r1}, so stage 1 is passed whatever comes, and entry goes on into "
            f"stage 2 without a hold. {_patients(room)} of stage 1 may still enter."
        )
        return Staged("STAGE1_OPEN", text, room, passed=True)
    over = max(0, total.entered - design.n)
    if whole is None:
        return _unordered(design, total, rule, over)
    beyond = (
        f" {_patients(over)} beyond the planned {design.n}, whom the rule does not count." if over else ""
    )
    missing = max(0, design.n - whole.entered)
    certain = whole.responders > design.r or whole.responders + whole.pending + missing <= design.r
    if whole.evaluable >= design.n or (curtail and certain):
        return _final(
            design, whole, rule + ("; certain already" if whole.evaluable < design.n else ""), beyond, over
        )
    if not missing or (closed and whole.pending):
        why = "closed to entry" if missing else f"all {design.n} are entered"
        text = f"{whole.words}; {rule}. {why.capitalize()}; {whole.pending} responses are awaited.{beyond}"
        return Staged("STAGE2_HOLD", text, passed=True, over=over)
    if not closed:
        how = (
            f"More than {design.r1} responders in stage 1"
            if told or total.entered <= design.n1
            else f"More than {design.r1} responders, taken as those of stage 1, since patients entered after it"
        )
        hold = " without waiting for those pending in stage 1" if one.pending else ""
        text = f"{total.words}. {how}: stage 2 goes on{hold}, to {design.n}. {_patients(missing)} may still enter."
        return Staged("STAGE2_OPEN", text, missing, passed=True)
    if certain:
        return _final(
            design, whole, f"{rule}; {missing} fewer than planned, who could not change it", beyond, over
        )
    text = (
        f"{whole.words}, and nobody else enters; {rule}. {missing} fewer than planned: the rule does not apply. Counting the "
        f"missing as non-responders it would be not promising, which keeps the type I error but not the power; {ATTAINED}."
    )
    return Staged("JUDGE", text, passed=True)


def _final(design: TwoStage, whole: Tally, rule: str, beyond: str, over: int) -> Staged:
    if whole.responders > design.r:
        return Staged("PROMISING", f"{whole.words}; {rule}: promising.{beyond}", passed=True, over=over)
    return Staged("NOT_PROMISING", f"{whole.words}; {rule}: not promising.{beyond}", passed=True, over=over)


def _unordered(design: TwoStage, total: Tally, rule: str, over: int) -> Staged:
    """More patients than planned, and nobody said who came first."""
    if total.pending:
        text = f"{total.words}; {rule}. {_patients(over)} beyond the plan; {total.pending} responses are awaited."
        return Staged("STAGE2_HOLD", text, passed=True, over=over)
    least, most = max(0, total.responders - over), min(total.responders, design.n)
    told = f"{total.words}; {rule}. {_patients(over)} beyond the plan."
    if least > design.r:
        return Staged(
            "PROMISING",
            f"{told} Whoever came first, more than {design.r}: promising.",
            passed=True,
            over=over,
        )
    if most <= design.r:
        text = f"{told} Whoever came first, at most {design.r}: not promising."
        return Staged("NOT_PROMISING", text, passed=True, over=over)
    text = (
        f"{told} The first {design.n} patients in order of entry decide, and between {least} and {most} of them "
        "responded: say who came first, or the meeting must judge with the statistician."
    )
    return Staged("JUDGE", text, passed=True, over=over)


def _patients(count: int) -> str:
    return "1 patient" if count == 1 else f"{count} patients"
