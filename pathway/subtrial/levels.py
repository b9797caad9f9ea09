"""Dose levels: which one is open, what the design says of it, and how the trial moves up and down between them.

The moves follow the trial's own definition of the maximum tolerated dose; what the sources leave open is said in the reasons as
an assumption.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from pathway.designs.dose_finding import Advice, Advised, Counts, advise
from pathway.events import Event
from pathway.language import Param, PhaseOne, RollingSix
from pathway.language.terms import key_of
from pathway.record import Record
from pathway.subtrial.plan import Governor
from pathway.subtrial.questions import Question, Settled, latest, settle
from pathway.subtrial.slots import SlotHolder

FULL = 6
"""Patients on a level before it can be the recommended one: the definition of the MTD speaks of 0/6 and 1/6."""
TOO_MANY: Final[Advice] = "DE_ESCALATE"
DOWN = ("DE_ESCALATE", "REOPEN")
"""Going to the next lower level: one that was never open, or one that was. Either name is understood."""
OF_PEOPLE = ("TOXICITY", "ESCALATION")
"""Questions to which the design proposes no answer."""
BEYOND = "assumption: more patients on a level than the table knows"


@dataclass(slots=True)
class Latch:
    """A level on which too many DLTs were seen. `left`: the trial had moved on when that was learnt."""

    at: datetime
    left: bool


@dataclass(slots=True)
class Levels:
    """Phase I as it stands.

    `top`: the highest level ever opened (an index, as all here), `blocked`: the lowest that nobody may enter because of toxicity
    (the number of levels if there is none). `current`: where patients enter, or would; None once phase I is over. `entry`: OPEN
    or the code why nobody enters, with words. `recommended`: the level declared as recommended phase II dose.
    """

    counts: list[Counts]
    advised: list[Advised]
    top: int
    blocked: int
    current: int | None = None
    entry: tuple[str, str] = ("OPEN", "")
    stopped: bool = False
    recommended: int | None = None
    settled: list[Settled] = field(default_factory=list)
    opened: dict[int, Settled] = field(default_factory=dict)


def verdict_of(seat: SlotHolder) -> str:
    """The verdict on the DLT window; what was said before the present slot was taken up does not count, nor that there was no DLT
    while there still may be one. A DLT counts at once."""
    return seat.said.dlt if seat.state == "ENROLLED" and not seat.early else ""


def counts_of(seats: list[SlotHolder]) -> Counts:
    """The counts of a level: everybody with a slot on it but the inevaluable."""
    n = t = p = 0
    for seat in seats:
        verdict = verdict_of(seat)
        if not seat.holds or verdict == "INEVALUABLE":
            continue
        n += 1
        t += verdict == "YES"
        p += verdict == ""
    return Counts(n, t, p)


def counts_words(counts: Counts) -> str:
    """`(n, DLT, pending) = (6, 0, 2)`."""
    return f"(n, DLT, pending) = ({counts.n}, {counts.t}, {counts.p})"


def advice(governor: Governor, phase: PhaseOne, counts: Counts) -> Advised:
    """What the design says of a level. More patients than its table has rows for (who began without a slot): nobody enters, and
    once none is pending the level is judged by at most one DLT, as with six."""
    table = governor.text(phase.design.table) if isinstance(phase.design, RollingSix) else None
    if counts.n <= FULL:
        return advise(phase.design, counts, table)
    words = f"{counts_words(counts)}: more than {FULL} on the level, beyond the table"
    if counts.t >= 2:
        return Advised(TOO_MANY, f"{words}. Two or more DLTs on one level.", BEYOND)
    if counts.p:
        return Advised("SUSPEND", f"{words}. Nobody enters while {counts.p} are pending.", BEYOND)
    return Advised("ESCALATE", f"{words}. At most one DLT, nobody pending.", BEYOND)


def level_keys(phase: PhaseOne) -> tuple[str, ...]:
    """The profile keys that the dose finding rests on."""
    found = [phase.window_days] + ([phase.design.table] if isinstance(phase.design, RollingSix) else [])
    return tuple(v.key for v in found if isinstance(v, Param))


class Ladder:
    """One look at phase I: seats, answers of the meeting and latches in, `Levels` out."""

    def __init__(
        self,
        governor: Governor,
        phase: PhaseOne,
        seats: list[SlotHolder],
        record: Record,
        latches: dict[int, Latch],
        spent: set[str],
    ) -> None:
        self.governor, self.phase, self.record, self.latches = governor, phase, record, latches
        self.spent = spent
        self.ids = [level.id for level in phase.levels]
        self.start = self.ids.index(phase.start) if phase.start in self.ids else 0
        self.on: list[list[SlotHolder]] = [[] for _ in self.ids]
        self.second_phase = False
        for seat in seats:
            if seat.stage == "PHASE1" and seat.level in self.ids:
                self.on[self.ids.index(seat.level)].append(seat)
            elif seat.stage == "PHASE2" and seat.holds:
                self.second_phase = True
        self.used = [any(seat.holds for seat in on) for on in self.on]
        self.counts = [counts_of(on) for on in self.on]
        self.advised = [advice(governor, phase, counts) for counts in self.counts]
        self.toxic = [each.advice == TOO_MANY for each in self.advised]

    def look(self) -> Levels:
        """Phase I as it stands."""
        settled: list[Settled] = []
        blocked = next((i for i in range(len(self.ids)) if self._blocked(i, settled)), len(self.ids))
        levels = Levels(self.counts, self.advised, self.start, blocked, settled=settled)
        held = self._climb(levels)
        if held is not None:
            levels.entry = ("LEVEL_DECISION_OPEN", held)
            return levels
        if blocked <= levels.top:
            self._below(levels)
        else:
            self._at(levels)
        return levels

    def _blocked(self, i: int, settled: list[Settled]) -> bool:
        """Whether nobody may enter the level: too many DLTs, or too many once and nobody has confirmed that it may go on."""
        latch = self.latches.get(i)
        if self.toxic[i] or latch is None:
            return self.toxic[i]
        question = self._question(
            "RESUME",
            i,
            f"Resume entry on dose level {self.ids[i]}",
            "RESUME",
            ("RESUME",),
            (i,),
            "the DLTs that had stopped the level are no longer on record; resuming needs a confirmation",
        )
        found = settle(question, latest(self._answers(question), ("RESUME",), latch.at), self.spent)
        settled.append(found)
        return found.in_force is None

    def _climb(self, levels: Levels) -> str | None:
        """Up from the start, as far as the meeting has confirmed; a patient who was treated higher without it opens nothing. Why
        nobody enters, if the counts under which a level was opened have changed and the meeting has not looked at that."""
        while levels.top + 1 < len(self.ids):
            i = levels.top
            up = self._question(
                "LEVEL",
                i + 1,
                f"Open dose level {self.ids[i + 1]}, close entry on level {self.ids[i]}",
                "ESCALATE" if self.advised[i].advice == "ESCALATE" and levels.blocked > i + 1 else None,
                ("ESCALATE", "STAY") if self.counts[i].n < FULL else ("ESCALATE",),
                (i,),
                "ESCALATE, and the next level exists and is not toxic: open it, close entry here (section 2.3)",
                enacted=self.used[i + 1],
            )
            taken = latest(self._answers(up), ("ESCALATE", "STAY"))
            if taken is not None and taken.value == "STAY" and self.counts[i].n >= FULL:
                taken = None  # to stay is to fill this level first; it is full
            found = settle(up, taken, self.spent)
            if found.state in ("amended", "diverged") and levels.blocked == i + 1:
                # The level has shown itself toxic since, and the trial has gone down: opening it is history.
                found = replace(found, state="in_force")
            levels.settled.append(found)
            levels.opened[i + 1] = found
            if found.in_force != "ESCALATE":
                return None
            if found.state == "diverged" and levels.blocked > i + 1 and not self.second_phase:
                review = self._escalation(i)
                levels.settled.append(review)
                if review.in_force == "REOPEN":
                    return None
                if review.in_force is None:
                    levels.top = levels.current = i + 1
                    return (
                        f"level {self.ids[i]}: {self.advised[i].reason} {review.question.key} waits for the "
                        f"{self.governor.subtrial.confirm}"
                    )
            levels.top += 1
        return None

    def _escalation(self, i: int) -> Settled:
        """What was known when the next level was opened has changed: the design would not open it today."""
        lower, upper = self.ids[i], self.ids[i + 1]
        text = f"Level {upper} was opened, and the counts of level {lower} do not support that today: go on, or reopen {lower}"
        rule = "what the design says today stops entry; people decide how the trial goes on (section 2.3): assumption"
        question = self._question("ESCALATION", i + 1, text, None, ("CONTINUE", "REOPEN"), (i,), rule)
        return settle(question, latest(self._answers(question), question.options), self.spent)

    def _at(self, levels: Levels) -> None:
        """At the highest level opened, and nothing is toxic up to it."""
        i = levels.current = levels.top
        here, counts, name = self.advised[i], self.counts[i], self.ids[i]
        up = levels.opened.get(i + 1)
        if here.advice == "SUSPEND":
            levels.entry = ("SUSPENDED", f"level {name}: {here.reason}")
        elif here.advice == "ESCALATE" and levels.blocked > i + 1 and up is not None:
            if up.in_force != "STAY":
                levels.entry = (
                    "LEVEL_DECISION_OPEN",
                    f"level {name}: {here.reason} {up.question.key} waits for the {self.governor.subtrial.confirm}",
                )
        elif here.advice == "ESCALATE" and counts.n >= FULL:
            top = levels.blocked == len(self.ids)
            self._declare(
                levels,
                i,
                "ESCALATE at the top level with six: the MTD is not reached, the recommended dose is the top level"
                if top
                else "the next level is toxic, and this one has six with at most one DLT: it is the MTD",
                () if top else (levels.blocked,),
            )

    def _below(self, levels: Levels) -> None:
        """A level that was opened is blocked: down, or stop."""
        b = levels.current = levels.blocked
        lower, latch, here = b - 1, self.latches.get(b), f"level {self.ids[b]}: {self.advised[b].reason}"
        if not self.toxic[b]:
            levels.entry = ("RESUME_OPEN", f"entry on level {self.ids[b]} waits for the decision to resume")
            return
        if lower < 0:
            levels.stopped, levels.current = True, None
            levels.entry = ("STOP_PHASE1_TOXIC", f"{here} There is no lower level.")
            return
        if latch is not None and latch.left and self._review(levels, b, latch) != "DE_ESCALATE":
            return
        reopened = self._entered_since(lower, latch)
        counts, name = self.counts[lower], self.ids[lower]
        if counts.n >= FULL:
            levels.current = lower if reopened else b
            rule = "the next higher level is toxic, and this one has six with at most one DLT: it is the MTD (section 2.3)"
            self._declare(levels, lower, rule, (b,))
            return
        taken = latest(self._answers_to("LEVEL", lower), DOWN, latch.at if latch else None)
        used = self._entered_before(lower, latch)
        option = (taken.value if taken is not None else None) or DOWN[used]
        again = self._question(
            "LEVEL",
            lower,
            f"{'Reopen' if used else 'Open'} dose level {name}, up to six",
            option,
            (option,),
            (lower, b),
            "DE_ESCALATE, and the lower level has fewer than six: "
            f"{'reopen' if used else 'open'} it up to six, then apply the table (section 2.3)",
            enacted=reopened,
        )
        found = settle(again, taken, self.spent)
        levels.settled = [s for s in levels.settled if s.question.key != again.key]
        levels.settled.append(found)
        if found.in_force is None:
            levels.entry = (
                "LEVEL_DECISION_OPEN",
                f"{here} {again.key} waits for the {self.governor.subtrial.confirm}",
            )
            return
        levels.current = lower
        if self.advised[lower].advice == "SUSPEND":
            levels.entry = ("SUSPENDED", f"level {name}: {self.advised[lower].reason}")

    def _review(self, levels: Levels, b: int, latch: Latch) -> str | None:
        """A DLT learnt late on a level that the trial had left: people look before anything else happens."""
        question = self._question(
            "TOXICITY",
            b,
            f"Too many DLTs on level {self.ids[b]}, learnt after the trial had moved on",
            None,
            ("DE_ESCALATE", "STOP"),
            (b,),
            "a DLT learnt late on a level already left: entry stops on it and above, people review (section 2.3)",
        )
        found = settle(question, latest(self._answers(question), question.options, latch.at), self.spent)
        levels.settled.append(found)
        if found.in_force == "STOP":
            levels.stopped, levels.current = True, None
            levels.entry = (
                "STOP_PHASE1_TOXIC",
                f"level {self.ids[b]}: {self.advised[b].reason} The review stopped phase I.",
            )
        elif found.in_force is None:
            levels.entry = (
                "TOXICITY_REVIEW",
                f"level {self.ids[b]}: {self.advised[b].reason} {question.key} is open",
            )
        return found.in_force

    def _declare(self, levels: Levels, i: int, rule: str, also: tuple[int, ...]) -> None:
        """The recommended level: proposed to the meeting; a lower level that was tested may be taken with a reason."""
        tested = tuple(self.ids[k] for k in range(i) if self.counts[k].n and k < levels.blocked)
        waits = self.counts[i].p > 0
        question = self._question(
            "RP2D",
            None,
            f"Declare dose level {self.ids[i]} as the recommended phase II dose",
            None if waits else self.ids[i],
            () if waits else (self.ids[i], *reversed(tested)),
            (i, *also),
            rule,
            enacted=self.second_phase,
        )
        since = max((latch.at for k, latch in self.latches.items() if k <= i + 1), default=None)
        found = settle(question, latest(self._answers(question), tuple(self.ids[: i + 1]), since), self.spent)
        levels.settled.append(found)
        if found.in_force is not None:
            levels.recommended = self.ids.index(found.in_force)
            levels.current = None
            levels.entry = ("RP2D_DECLARED", f"level {found.in_force} is the recommended phase II dose")
            return
        words = f"level {self.ids[i]}: {self.advised[i].reason}"
        pending = (
            "it is declared once nobody is pending"
            if waits
            else f"RP2D waits for the {self.governor.subtrial.confirm}"
        )
        levels.entry = ("SUSPENDED" if waits else "LEVEL_DECISION_OPEN", f"{words} {pending}")

    def _entered_since(self, i: int, latch: Latch | None) -> bool:
        return latch is not None and any(
            seat.holds and seat.granted is not None and seat.granted >= latch.at for seat in self.on[i]
        )

    def _entered_before(self, i: int, latch: Latch | None) -> bool:
        """Whether the level was open before the one above it turned out toxic."""
        return i >= self.start or any(
            seat.holds and (latch is None or seat.granted is None or seat.granted < latch.at)
            for seat in self.on[i]
        )

    def _answers(self, question: Question) -> list[Event]:
        return self.record.decisions.get(question.key, [])

    def _answers_to(self, id: str, level: int) -> list[Event]:
        return self.record.decisions.get(self._key(id, level), [])

    def _key(self, id: str, level: int | None) -> str:
        return key_of(id, (("level", self.ids[level]),) if level is not None else ())

    def _question(
        self,
        id: str,
        level: int | None,
        text: str,
        proposal: str | None,
        options: tuple[str, ...],
        rests_on: tuple[int, ...],
        rule: str,
        enacted: bool = False,
    ) -> Question:
        """A question that rests on the patients of some levels: who is on them, and every verdict that is known."""
        values: list[tuple[str, str]] = []
        for i in rests_on:
            values += [(f"{s.subject} DLT", verdict_of(s)) for s in self.on[i] if verdict_of(s)]
        return Question(
            id,
            self._key(id, level),
            text,
            proposal,
            options if proposal is not None or id in OF_PEOPLE else (),
            tuple(values),
            tuple((f"level {self.ids[i]}", self.advised[i].advice) for i in rests_on),
            rule,
            self.phase.source,
            tuple(
                (
                    f"level {self.ids[i]} {counts_words(self.counts[i])}",
                    self.advised[i].advice,
                    self.advised[i].reason,
                )
                for i in rests_on
            ),
            keys=level_keys(self.phase),
            enacted=enacted,
        )
