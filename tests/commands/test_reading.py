"""What people type."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from commands.errors import UsageError
from commands.options import pseudonym
from commands.reading import moment, pairs
from pathway.language.hours import by_the_hour
from pathway.moments import day_alone
from protocols import compiled

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-03-10 10:00", datetime(2025, 3, 10, 9, tzinfo=UTC)),
        ("2025-03-10T10:00", datetime(2025, 3, 10, 9, tzinfo=UTC)),
        ("2025-03-07", datetime(2025, 3, 7, 8, tzinfo=UTC)),
        ("2025-07-07", datetime(2025, 7, 7, 7, tzinfo=UTC)),
    ],
)
def test_a_moment_is_in_site_time_and_a_day_alone_means_nine(text: str, instant: datetime) -> None:
    assert moment(text, BERLIN, NOW) == instant


def test_today_before_nine_means_the_beginning_of_the_day() -> None:
    early = datetime(2025, 3, 10, 6, tzinfo=UTC)
    assert moment("2025-03-10", BERLIN, early) == datetime(2025, 3, 9, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["yesterday", "10.3.2025", "D33", "2025-02-30", "2025-03-10 25:00", "2025-03-10 + 1d", ""]
)
def test_what_is_no_moment_is_refused_with_what_is(text: str) -> None:
    with pytest.raises(UsageError, match="accepted: a day such as"):
        moment(text, BERLIN, NOW)


def test_an_hour_that_the_clocks_skip_does_not_exist() -> None:
    with pytest.raises(UsageError, match="does not exist in Europe/Berlin"):
        moment("2025-03-30 02:30", BERLIN, NOW)


def test_pairs_are_sorted_and_keep_what_follows_the_first_equals_sign() -> None:
    assert pairs("--with", ["b=2", "a=x=y"]) == (("a", "x=y"), ("b", "2"))


@pytest.mark.parametrize("text", ["P1", "DE-017", "A" * 32, "007"])
def test_pseudonyms(text: str) -> None:
    assert pseudonym(text) == text


@pytest.mark.parametrize("text", ["P", "p1", "Anna", "P 1", "-P1", "A" * 33, "P1\n", "Ä1", ""])
def test_what_could_be_a_name_is_no_pseudonym(text: str) -> None:
    with pytest.raises(UsageError, match="must never be used"):
        pseudonym(text)


def test_what_counts_by_the_hour_needs_its_hour() -> None:
    assert [day_alone(text) for text in ("2025-03-10", "2025-03-10 10:00", "yesterday")] == [
        True,
        False,
        False,
    ]
    assert {"infusion_started", "infusion_ended"} <= by_the_hour(compiled("cbc-all2024-1").protocol)
    assert "premedicated" in by_the_hour(compiled("dara-tall").protocol)
    assert by_the_hour(compiled("hem-ismart").protocol) == frozenset()
