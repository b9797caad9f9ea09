"""The same said twice: what is reported again with the same content is on record already, under whichever id it comes."""

from __future__ import annotations

from collections.abc import Sequence

from pathway.events import Event
from pathway.record import Record


def on_record(record: Record, event: Event) -> Event | None:
    """The event that counts and says what this one says, of the same moment and by the same role; None if there is none.

    Voided events do not count, and of a corrected one the newest content does. A declaration that a value cannot be had has
    no moment of its own. Answers to what was asked (decisions, judgements, acknowledgements) are bound to the question.
    """
    known: Sequence[Event]
    match event.kind:
        case "observation":
            known = record.observations.get(event.name, {}).get(event.point, ())
        case "action":
            known = record.actions.get(event.name, ())
        case "adverse_event":
            known = record.adverse.get(event.name, ())
        case "not_obtainable":
            known = record.unobtainable.get((event.name, event.point), ())
        case _:
            return None
    same = [each for each in known if _where(each) == _where(event)]
    # Whoever changes their mind about one moment, and changes it back, says something new.
    return same[-1] if same and _content(same[-1]) == _content(event) else None


def _where(event: Event) -> tuple[object, ...]:
    moment = None if event.kind == "not_obtainable" else event.occurred
    return event.scope, event.target, moment


def _content(event: Event) -> tuple[object, ...]:
    return event.role, event.value, event.unit, event.details
