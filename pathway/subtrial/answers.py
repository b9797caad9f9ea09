"""Answers: what a governor says to each patient who has to do with its subtrial."""

from __future__ import annotations

from pathway.subtrial.fold import Fold
from pathway.subtrial.plan import Answer, Waiting
from pathway.subtrial.slots import SlotHolder
from pathway.subtrial.snapshot import entry_state


def answers_of(fold: Fold) -> dict[str, Answer]:
    """An answer to everyone who wants to hear one or had a slot, in the order of first contact."""
    found = {}
    for subject, seat in fold.seats.items():
        answer = _answer(fold, seat)
        if answer is not None:
            found[subject] = answer
    return found


def waiting_of(fold: Fold) -> tuple[Waiting, ...]:
    """Who waits, in the order in which they will be served."""
    queue = sorted((s for s in fold.seats.values() if s.queued), key=lambda s: (s.asked, s.place))
    return tuple(
        Waiting(s.subject, s.said.site, s.said.country, s.asked, _reason(fold, s))
        for s in queue
        if s.asked is not None
    )


def _answer(fold: Fold, seat: SlotHolder) -> Answer | None:
    if seat.state == "ENROLLED":
        return Answer(seat.subject, "ENROLLED", seat.level)
    if seat.state == "RESERVED":
        return Answer(seat.subject, "RESERVED", seat.level, "", seat.until)
    if seat.queued:
        reason = _reason(fold, seat)
        state = entry_state(reason.partition(":")[0])
        return Answer(
            seat.subject, state if state in ("CLOSED", "ENROLMENT_COMPLETE") else "WAITING", "", reason
        )
    code, words = fold.entry_of(seat)
    state = entry_state(code)
    # Once a slot has expired, the patient is told so until they wish for something else, or the subtrial is over.
    expired = seat.state == "EXPIRED" and not seat.spoke and state != "CLOSED"
    if seat.said.wants == "notice" and not expired:
        return Answer(seat.subject, state, "", f"{code}: {words}" if state != "OPEN" else "")
    if seat.state == "EXPIRED":
        words = "EXPIRED: the first dose did not come in time; ask anew if a slot is still wanted"
        return Answer(seat.subject, "EXPIRED", seat.level, words)
    return Answer(seat.subject, "RELEASED") if seat.state in ("RELEASED", "WITHDRAWN") else None


def _reason(fold: Fold, seat: SlotHolder) -> str:
    code, words = fold.entry_of(seat)
    taken_back = "the slot was taken back; " if seat.state == "WITHDRAWN" else ""
    return f"{code}: {taken_back}{words}"
