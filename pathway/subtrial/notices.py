"""What a subtrial asks people to do or to take note of: verdicts that are due, deviations, alerts."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from pathway.clock import at_hour, close_of, local_day
from pathway.engine.confirmations import told_changes
from pathway.engine.context import Evaluation
from pathway.engine.notices import ENGINE_NOTICES
from pathway.engine.obligations import RANK, oblige
from pathway.events import Event
from pathway.language.terms import key_of
from pathway.plan import Item, Obligation
from pathway.subtrial.dlt_window import before_first_dose, window_of
from pathway.subtrial.fold import Fold
from pathway.subtrial.levels import verdict_of
from pathway.subtrial.slots import SlotHolder, contradict, subject_of

NOTICES = {
    "STARTED-WITHOUT-SLOT": "received the first dose without a slot; the patient counts all the same",
    "ENTERED-WHILE-SUSPENDED": "received the first dose while entry was suspended; the patient counts all the same",
    "FIRST-DOSE-MISSING": "has a verdict, and no first dose on record",
    "SECOND-SLOT": "asked for a slot again, and has one already",
    "VERDICT-EARLY": "was judged free of DLT before the last day of the window: that never counts; judge it again",
    "VERDICT-LAST-DAY": "was judged free of DLT on the last day of the window: it counts when that is over",
    "VERDICT-BEFORE-DOSE": "was judged free of DLT on a day before the first dose: it does not count, correct its day",
    "OVER-ENROLLED": "more patients than planned",
    "ACTIVATED-BEFORE-APPROVAL": "activated before an approval was on record",
    "DLT-LIMIT": "two or more DLTs: nobody enters this level or a higher one",
    "DLT-CONFLICT": "contradictory verdicts on DLT; correct or void all but one",
    "RESPONSE-CONFLICT": "contradictory verdicts on the response; correct or void all but one",
    "START-CONFLICT": "the first dose is on record twice, differently; correct or void all but one",
    "VERDICT-VOIDED": "decided on a verdict that does not count any more",
    "LAPSED": "the decision is no longer in force, what it rested on has changed; it comes back only if it is confirmed again",
    "DLT-LATE": "too many DLTs, learnt after the trial had moved on: people must review what was decided since",
}
"""What a governor tells besides the engine's own notices, by id."""
ITEMS = {
    "DLT-VERDICT": "verdict on the DLT window",
    "TAKE-UP": "first dose, or the slot expires",
    "RESPONSE": "verdict on the response",
    "PARAMETERS": "parameters of the design that are not set",
}


def items_of(fold: Fold, ctx: Evaluation) -> list[Item]:
    """What is to be done: reservations to be taken up, verdicts to be given, parameters to be set."""
    governor, found = fold.governor, []
    for seat in fold.seats.values():
        if seat.state == "RESERVED":
            found.append(_take_up(seat, ctx))
        elif seat.state == "ENROLLED" and seat.stage == "PHASE1":
            found.append(_verdict(fold, seat, ctx))
        elif seat.state == "ENROLLED" and seat.stage == "PHASE2" and fold.look.stages is not None:
            full = fold.look.entry[0] in ("STAGE_HOLD", "ENROLMENT_COMPLETE")
            state = "done" if seat.said.response else "due" if full else "planned"
            found.append(
                _item("RESPONSE", seat.subject, state, governor.subtrial.confirm, None, None, seat.since)
            )
    if fold.look.stages is not None and fold.look.stages.state.state == "NOT_SET":
        text = f"{ITEMS['PARAMETERS']}: {fold.look.stages.state.reason}"
        found.append(Item("PARAMETERS", "PARAMETERS[of=PHASE2]", "task", "not_set", text, "sponsor", None))
    cap = governor.subtrial.cap
    if cap is not None and governor.number(cap.patients) is None:
        found.append(
            Item("PARAMETERS", "PARAMETERS[of=CAP]", "task", "not_set", ITEMS["PARAMETERS"], "sponsor", None)
        )
    return found


def _item(
    id: str,
    subject: str,
    state: str,
    owner: str,
    due: date | None,
    window: tuple[date, date] | None,
    since: datetime | None,
    late_from: datetime | None = None,
) -> Item:
    key = key_of(id, (("subject", subject),))
    return Item(id, key, "task", state, f"{subject}: {ITEMS[id]}", owner, due, window, since, None, late_from)


def _take_up(seat: SlotHolder, ctx: Evaluation) -> Item:
    if seat.until is None:
        return _item("TAKE-UP", seat.subject, "not_set", "coordinator", None, None, seat.since)
    last = local_day(seat.until - timedelta(seconds=1), ctx.tz)
    first = seat.valid[0] if seat.valid is not None else last
    return _item("TAKE-UP", seat.subject, "due", "coordinator", last, (first, last), seat.since, seat.until)


def _verdict(fold: Fold, seat: SlotHolder, ctx: Evaluation) -> Item:
    owner, window = fold.governor.subtrial.confirm, window_of(fold.governor, seat)
    if window is None:
        state = "done" if verdict_of(seat) else "not_set"
        return _item("DLT-VERDICT", seat.subject, state, owner, None, None, seat.since)
    # The verdict is due on the day after the window. A pathway gives it by itself as that day begins, which is not late.
    due = window[1] + timedelta(days=1)
    late_from = at_hour(due, ctx.profile.integer("warn_hour"), ctx.tz)
    state = "done" if verdict_of(seat) else "late" if ctx.passed(late_from) else "planned"
    return _item("DLT-VERDICT", seat.subject, state, owner, due, (due, due), seat.since, late_from)


def obligations_of(fold: Fold, ctx: Evaluation) -> list[Obligation]:
    """Deviations and alerts, the most severe first."""
    found = [
        *_of_patients(fold, ctx),
        *_of_verdicts(fold, ctx),
        *_of_levels(fold, ctx),
        *_of_decisions(fold, ctx),
        *_of_lost_ground(fold, ctx),
    ]
    event = fold.look.status.unapproved
    if event is not None:
        found.append(
            _oblige(fold, ctx, "ACTIVATED-BEFORE-APPROVAL", "", "deviation", "major", event.recorded)
        )
    found.sort(key=lambda o: -RANK[o.severity])
    return found


def _oblige(
    fold: Fold,
    ctx: Evaluation,
    id: str,
    label: str,
    kind: str,
    severity: str,
    since: datetime,
    what: str = "",
) -> Obligation:
    scope = ((label, what),) if label else ()
    named = f"{label} {what}" if label == "level" else what or fold.governor.id
    text = f"{fold.governor.id}, {named}: {NOTICES[id]}" if label else f"{fold.governor.id}: {NOTICES[id]}"
    to = fold.governor.subtrial.confirm
    return oblige(ctx, id, key_of(id, scope), kind, text, to, [(severity, since)])


def _of_patients(fold: Fold, ctx: Evaluation) -> list[Obligation]:
    found = []
    for seat in fold.seats.values():
        if seat.irregular and seat.state == "ENROLLED":
            since = seat.since or ctx.start
            found.append(
                _oblige(fold, ctx, seat.irregular, "subject", "deviation", "major", since, seat.subject)
            )
        if seat.state == "ENROLLED" and seat.said.started is None:
            since = seat.since or ctx.start
            found.append(
                _oblige(fold, ctx, "FIRST-DOSE-MISSING", "subject", "deviation", "minor", since, seat.subject)
            )
        if seat.again is not None and seat.state == "ENROLLED":
            found.append(
                _oblige(fold, ctx, "SECOND-SLOT", "subject", "deviation", "minor", seat.again, seat.subject)
            )
        window, on = window_of(fold.governor, seat), seat.said.dlt_on
        if window is not None and seat.holds and seat.said.dlt == "NO" and on is not None and on <= window[1]:
            found.append(_too_soon(fold, ctx, seat, on, window[1]))
    return found


def _too_soon(fold: Fold, ctx: Evaluation, seat: SlotHolder, on: date, last: date) -> Obligation:
    """That a patient was judged free of DLT too soon. Of a day before the last one the coordinator is asked, too, and it is major
    once the window is over: until somebody judges again the patient is pending."""
    name, said, over = seat.subject, at_hour(on, 0, ctx.tz), close_of(last, ctx.tz)
    if before_first_dose(seat.said):
        since = seat.said.dlts[-1].recorded
        return _oblige(fold, ctx, "VERDICT-BEFORE-DOSE", "subject", "deviation", "major", since, name)
    if on == last:
        return _oblige(fold, ctx, "VERDICT-LAST-DAY", "subject", "deviation", "minor", said, name)
    rungs = [("minor", said), *([("major", over)] if ctx.passed(over) else [])]
    text = f"{fold.governor.id}, {name}: {NOTICES['VERDICT-EARLY']}"
    key, to = key_of("VERDICT-EARLY", (("subject", name),)), fold.governor.subtrial.confirm
    return oblige(
        ctx,
        "VERDICT-EARLY",
        key,
        "deviation",
        text,
        to,
        rungs,
        over if len(rungs) == 1 else None,
        also="coordinator",
    )


def _of_verdicts(fold: Fold, ctx: Evaluation) -> list[Obligation]:
    """Verdicts that contradict each other, and those that count again because a correction was voided."""
    found, to = [], fold.governor.subtrial.confirm
    for seat in fold.seats.values():
        said = seat.said
        for name, verdicts, counts in (
            ("DLT-CONFLICT", said.dlts, said.dlt), ("RESPONSE-CONFLICT", said.responses, said.response)
        ):  # fmt: skip
            other = contradict(verdicts)
            if other is None or not seat.holds:
                continue
            given = ", ".join(f"{v.value} (event {v.event})" for v in verdicts)
            until = f"until then it counts as {counts}" if counts else "until then the patient is pending"
            text = f"{fold.governor.id}, {seat.subject}: {NOTICES[name]}; {until}: {given}"
            rung = [("critical", other.recorded)]
            found.append(
                oblige(ctx, name, key_of(name, (("subject", seat.subject),)), "alert", text, to, rung)
            )
        other = contradict(said.starts)
        if other is not None and seat.holds:
            name, given = "START-CONFLICT", " and ".join(f"{v.value} (event {v.event})" for v in said.starts)
            text = f"{fold.governor.id}, {seat.subject}: {NOTICES[name]}: {given}; it counts on level {seat.level}"
            key = key_of(name, (("subject", seat.subject),))
            found.append(
                oblige(ctx, name, key, "alert", text, "coordinator", [("major", other.recorded)], also=to)
            )
    revived = {(subject_of(each[2]), each[2].name): each for each in fold.known.revived.values()}
    for void, gone, back in revived.values():
        if subject_of(back):
            text = (
                f"{subject_of(back)}: {ENGINE_NOTICES['REVIVED']}: {_worded(back)}, no longer {_worded(gone)}"
            )
            key = key_of("REVIVED", (("action", back.name), ("subject", subject_of(back))))
            found.append(oblige(ctx, "REVIVED", key, "alert", text, to, [("minor", void.recorded)]))
    return found


def _worded(event: Event) -> str:
    details = ", ".join(f"{name} {value}" for name, value in event.details)
    return f"{event.name} {details} of {event.occurred:%Y-%m-%d %H:%M} UTC".replace("  ", " ")


def _of_lost_ground(fold: Fold, ctx: Evaluation) -> list[Obligation]:
    """Decisions of the meeting whose ground has gone: told at once, whether or not anything is asked now."""
    found, to = [], fold.governor.subtrial.confirm
    asked = {s.question.key for s in fold.look.settled if s.open}
    for key, (answer, since) in fold.lapsed.items():
        if key not in asked:
            text = f"{key}, {answer.value}: {NOTICES['LAPSED']}"
            scope = (("decision", key),)
            found.append(
                oblige(ctx, "LAPSED", key_of("LAPSED", scope), "alert", text, to, [("critical", since)])
            )
    for settled in fold.look.settled:
        key = key_of("VERDICT-VOIDED", (("decision", settled.question.key),))
        given = settled.taken or settled.lapsed
        if settled.gone and given is not None and key in fold.true:
            text = f"{settled.question.key}, {given.value}: {NOTICES['VERDICT-VOIDED']}: {', '.join(settled.gone)}"
            found.append(
                oblige(ctx, "VERDICT-VOIDED", key, "alert", text, to, [("critical", fold.true[key])])
            )
    return found


def _of_levels(fold: Fold, ctx: Evaluation) -> list[Obligation]:
    found = []
    phase = fold.governor.subtrial.phase_one
    for i, level in enumerate(phase.levels if phase is not None else ()):
        over, limit = f"OVER-ENROLLED[level={level.id}]", f"DLT-LIMIT[level={level.id}]"
        if over in fold.true:
            found.append(
                _oblige(fold, ctx, "OVER-ENROLLED", "level", "deviation", "major", fold.true[over], level.id)
            )
        if limit in fold.true:
            since = fold.true[limit]
            found.append(_oblige(fold, ctx, "DLT-LIMIT", "level", "alert", "critical", since, level.id))
            latch = fold.latches.get(i)
            if latch is not None and latch.left:
                found.append(_oblige(fold, ctx, "DLT-LATE", "level", "alert", "critical", latch.at, level.id))
    if (stage := fold.true.get("OVER-ENROLLED[stage=PHASE2]")) is not None:
        found.append(_oblige(fold, ctx, "OVER-ENROLLED", "stage", "deviation", "major", stage, "PHASE2"))
    if (cap := fold.true.get("OVER-ENROLLED")) is not None:
        found.append(_oblige(fold, ctx, "OVER-ENROLLED", "", "deviation", "major", cap))
    return found


def _of_decisions(fold: Fold, ctx: Evaluation) -> list[Obligation]:
    """The engine's notices about decisions, as for a patient's."""
    found = []
    to = fold.governor.subtrial.confirm
    for settled in fold.look.settled:
        key = settled.question.key
        since = fold.marks[key][1] if key in fold.marks else ctx.start
        name = {"amended": "AMENDED", "diverged": "DIVERGED", "reopened": "REOPENED"}.get(settled.state)
        scope = (("decision", key),)
        if name is not None:
            kind = "deviation" if name == "DIVERGED" else "alert"
            text, rung = f"{key}: {ENGINE_NOTICES[name]}", ("critical", since)
            # What was done diverges for good: with the counts that go on it would be told anew with every patient.
            seen = settled.taken.seen if settled.taken is not None and name != "DIVERGED" else None
            told = told_changes(dict(seen.values), dict(settled.question.values)) if seen is not None else ""
            text = f"{text} ({told})" if told else text
            levels = fold.look.levels
            if name == "DIVERGED" and settled.question.id == "LEVEL" and levels is not None:
                if levels.blocked > levels.top:
                    text, rung = f"{text}; no level is toxic", ("minor", since)
                elif (latch := fold.latches.get(levels.blocked)) is not None:
                    rung = ("critical", max(since, latch.at))
            found.append(oblige(ctx, name, key_of(name, scope), kind, text, to, [rung]))
        if settled.open:
            due = since + timedelta(hours=ctx.profile.integer("decision_reminder_hours"))
            if ctx.passed(due):
                text = f"{key}: {ENGINE_NOTICES['DECISION-OPEN']}"
                rung = ("minor", due)
                found.append(
                    oblige(ctx, "DECISION-OPEN", key_of("DECISION-OPEN", scope), "alert", text, to, [rung])
                )
    return found
