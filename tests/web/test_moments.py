"""Days and hours as forms have them: those of the command line, at each time of day."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from commands.reading import moment as typed_in_a_terminal
from pathway.site import Site
from web.forms import BadForm
from web.moments import moment

BERLIN = Site("S01", "Europe/Berlin")
MIDNIGHT = datetime(2025, 3, 9, 23, tzinfo=UTC)


@pytest.mark.parametrize("hour", range(24))
def test_today_can_be_entered_at_each_time_of_day(hour: int) -> None:
    now = MIDNIGHT + timedelta(hours=hour)
    at = moment("2025-03-10", BERLIN, now)
    assert at is not None
    assert MIDNIGHT <= at <= now
    assert at == (MIDNIGHT + timedelta(hours=9) if hour >= 9 else MIDNIGHT)
    assert at == typed_in_a_terminal("2025-03-10", BERLIN.tz, now)


def test_a_day_that_begins_at_one_because_the_clocks_skip_midnight_has_a_beginning() -> None:
    beirut = Site("S02", "Asia/Beirut")
    now = datetime(2025, 3, 30, 5, tzinfo=beirut.tz)
    at = moment("2025-03-30", beirut, now)
    assert at is not None
    assert at.astimezone(ZoneInfo("Asia/Beirut")) == datetime(2025, 3, 30, 1, tzinfo=beirut.tz)


def test_tomorrow_stays_in_the_future_for_the_pathway_to_refuse() -> None:
    at = moment("2025-03-11", BERLIN, MIDNIGHT + timedelta(hours=3))
    assert at == MIDNIGHT + timedelta(hours=33)


@pytest.mark.parametrize("typed", ["10.3.2025", "D33", "2025-03-30 02:30", "2025-02-30", "x" * 5000])
def test_what_is_no_moment_is_refused_with_what_is(typed: str) -> None:
    with pytest.raises(BadForm, match="accepted: a day such as 2025-03-10") as refused:
        moment(typed, BERLIN, MIDNIGHT)
    assert len(str(refused.value)) < 250
