"""A site's calendar of closed days, as people see it; against a real server, worker and store."""

import json
from datetime import UTC, date, datetime, timedelta

from tests.commands.conftest import Process
from tests.commands.test_patients import enrolled


async def test_due_on_a_closed_day_the_open_day_of_the_window_is_named_and_nothing_is_moved(
    clinic: Process,
) -> None:
    await enrolled(clinic, "XMAS")
    begun = (datetime.now(UTC) - timedelta(days=29)).date()
    started = await clinic("record", "XMAS", "--do", "first_prednisone", "--at", f"{begun} 09:00")
    assert started.status == 0, started.err
    before = await clinic("show", "XMAS", "--all", "--json")
    marrow = next(each for each in before.data["plan"]["items"] if each["key"] == "EOI-MARROW")
    due = date.fromisoformat(marrow["due"])
    assert marrow["window"][0] < marrow["due"]
    closed = json.dumps({"S01": [str(due)], "S02": [str(due - timedelta(days=1))]})
    shut = Process({**clinic.environment, "ALLPATH_CLOSED_DAYS": closed}, clinic.folder)
    for line in (("show", "XMAS", "--all"), ("due",)):
        assert "closed;" not in " ".join((await clinic(*line)).out.split())
    shown = " ".join((await shut("show", "XMAS", "--all")).out.replace("│", " ").split())
    assert "closed; last open day" in shown, shown
    assert "EOI-MARROW" in shown
    after = await shut("show", "XMAS", "--all", "--json")
    assert after.data["plan"]["items"] == before.data["plan"]["items"]
    listed = await shut("due")
    assert "closed; last" in " ".join(listed.out.split()), listed.out
    wrong = Process({**clinic.environment, "ALLPATH_CLOSED_DAYS": '{"S01": ["Christmas"]}'}, clinic.folder)
    said = await wrong("due")
    assert (said.status, "accepted are days such as 2025-12-25" in said.err) == (2, True), said.err
