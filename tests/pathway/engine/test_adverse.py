"""Which reports of an adverse event are of one occurrence, and what was on when a drug was begun."""

from tests.pathway.toy import Life, infused


def directed(life: Life, at: str) -> list[tuple[str, str]]:
    return [d[:2] for d in life.plan(at).ledgers[0].directives]


def test_an_event_that_is_over_releases_its_own_hold_and_no_other() -> None:
    life = infused()
    one = life.ae("2025-03-14T10:00", "OTHER", 3)
    life.ae("2025-03-15T10:00", "OTHER", 3)
    life.ae("2025-03-16T10:00", "OTHER", 0, target=one.id)
    assert directed(life, "2025-03-20T10:00") == [("OTHER-3", "interrupt")]


def test_an_end_that_names_none_of_two_ends_none_and_is_told() -> None:
    life = infused()
    life.ae("2025-03-14T10:00", "OTHER", 3)
    life.ae("2025-03-15T10:00", "OTHER", 3)
    life.ae("2025-03-16T10:00", "OTHER", 0)
    plan = life.plan("2025-03-20T10:00")
    assert [a.key for a in plan.alerts if a.id == "WHICH-EVENT"] == ["WHICH-EVENT[event=OTHER]"]
    assert len(directed(life, "2025-03-20T10:00")) == 2


def test_what_is_on_at_the_start_acts_from_the_start_and_what_was_over_does_not() -> None:
    for over, found in ((False, [("NEURO-3", "interrupt")]), (True, [])):
        life = Life()
        event = life.ae("2025-03-05T10:00", "NEURO", 3)
        if over:
            life.ae("2025-03-06T10:00", "NEURO", 0, target=event.id)
        life.blina("2025-03-10T10:00", "started")
        assert directed(life, "2025-03-10T10:00") == found


def test_an_onset_of_the_day_of_the_start_that_is_reported_after_it_came_after_it() -> None:
    life = infused()
    life.ae("2025-03-10T20:00", "CRS", 4, on="2025-03-10T09:00")
    assert directed(life, "2025-03-10T20:00") == [("CRS-4", "stop")]
