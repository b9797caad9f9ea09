"""An enrolment made by mistake, from the command line; against a real server, worker and store."""

from tests.commands.conftest import Process
from tests.commands.test_events import by_id
from tests.commands.test_patients import enrolled


async def test_an_enrolment_by_mistake_ends_as_annulled_and_stays_readable(clinic: Process) -> None:
    await enrolled(clinic, "OOPS")
    assert (await clinic("annul", "OOPS", "--yes")).status == 2
    unasked = await clinic("annul", "OOPS", "--reason", "enrolled twice, see P8")
    assert (unasked.status, "cannot be taken back" in unasked.err) == (2, True)
    done = await clinic("--by", "KM", "annul", "OOPS", "--reason", "enrolled twice, see P8", "--yes")
    assert (done.status, "the enrolment is annulled" in done.out) == (0, True), done.err
    shown = await clinic("show", "OOPS", "--json")
    assert shown.status == 0, shown.err
    assert {track["phase"] for track in shown.data["plan"]["tracks"]} == {"ANNULLED"}
    listed = await clinic("list", "--all")
    assert "annulled" in listed.out
    assert "OOPS" not in (await clinic("list")).out
    assert "OOPS" not in (await clinic("due")).out
    *_, last = (await by_id(clinic, "OOPS")).values()
    assert (last["kind"], last["reason"], last["person"]) == ("annulment", "enrolled twice, see P8", "KM")
    more = await clinic("record", "OOPS", "wbc", "85", "--unit", "10^9/L")
    assert more.status == 3
    # Without the server it reads the same.
    away = Process({**clinic.environment, "ALLPATH_TEMPORAL_ADDRESS": "127.0.0.1:1"}, clinic.folder)
    stored = await away("show", "OOPS", "--json")
    assert {track["phase"] for track in stored.data["plan"]["tracks"]} == {"ANNULLED"}
