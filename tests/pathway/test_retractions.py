"""How something that was told has ended: ended, resolved, superseded and untrue are different words."""

from datetime import UTC, datetime, timedelta

import pytest

from pathway.events import Event, EventKind
from pathway.retractions import how_it_ended
from tests.pathway.toy import enrolled, infused

NOW = datetime(2025, 3, 10, 9, tzinfo=UTC)


def event(kind: EventKind, *, hours_ago: int = 0) -> Event:
    return Event("e9", kind, NOW, NOW - timedelta(hours=hours_ago), "clinician", "mrd", target="e1")


@pytest.mark.parametrize(
    ("kind", "id", "cause", "left", "word"),
    [
        ("deviation", "BL1-MISSING", event("observation"), False, "resolved"),
        ("deviation", "BL1-MISSING", event("action"), True, "ended"),
        ("deviation", "BL1-MISSING", event("correction"), False, "untrue"),
        ("deviation", "BL1-MISSING", event("void"), True, "untrue"),
        ("deviation", "BL1-MISSING", None, False, "ended"),
        ("alert", "DECISION-OPEN", event("decision"), True, "resolved"),
        ("alert", "REVIEW", event("correction"), False, "resolved"),
        ("milestone", "DONE", event("correction"), False, "untrue"),
        ("milestone", "DONE", event("action"), False, "ended"),
        ("milestone", "DONE", event("action", hours_ago=30), False, "untrue"),
        ("milestone", "DONE", event("observation", hours_ago=30), False, "superseded"),
        ("decision", "next", event("decision"), False, "superseded"),
        ("milestone", "DONE", None, False, "ended"),
    ],
)
def test_the_word_follows_from_what_brought_the_end(
    kind: str, id: str, cause: Event | None, left: bool, word: str
) -> None:
    assert how_it_ended(kind, id, cause, by_clock=cause is None, replaced=False, left=left).word == word


def test_what_turns_out_otherwise_by_a_new_value_is_superseded_and_by_a_correction_untrue() -> None:
    life = enrolled()
    life.tell("2025-02-03T09:30")
    life.correct("2025-02-03T10:00", "e1", "2024-10-01")
    life.fact("2025-02-03T10:00", "blasts", "4000", unit="/uL")
    (gone,) = [c for c in life.tell("2025-02-03T10:00") if c.kind == "retraction" and c.id == "RISK"]
    assert (gone.state, gone.text) == ("superseded", "superseded: risk: MR (blasts was reported)")


def test_a_milestone_that_a_late_report_refutes_was_never_true() -> None:
    life = infused()
    life.tell("2025-04-08T09:00")
    life.blina("2025-04-08T10:00", "paused", on="2025-03-20T10:00")
    (gone,) = [c for c in life.tell("2025-04-08T10:00") if c.id == "BLINA1-DONE"]
    assert gone.state == "untrue"
    assert gone.text.endswith("reported late)")
