"""The hours of an infusion are those given by now, not those of the plan's last event."""

from datetime import UTC, datetime

import pytest

from commands.patient.patient_view import hours_given

NOW = datetime(2025, 3, 20, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "given", "shown"),
    [
        ("running", "0", "240"),
        ("running", "120", "360"),
        ("paused", "120", "120"),
        ("complete", "672", "672"),
    ],
)
def test_a_running_infusion_has_given_an_hour_more_each_hour(state: str, given: str, shown: str) -> None:
    ledger = {"state": state, "given": given, "as_of": "2025-03-10T10:00:00+00:00"}
    assert hours_given(ledger, NOW) == shown
