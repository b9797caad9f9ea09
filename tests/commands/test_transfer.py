"""A child moves to another site during treatment; against a real server, worker, store and mail server."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from temporalio.client import Client

from pathway.language import ROLES
from runtime.settings import Settings, SmtpSettings, make_data_dir
from tests.activities.mail_server import mail_server
from tests.commands.conftest import Process, environment_of
from tests.commands.test_events import by_id
from tests.commands.test_patients import enrolled
from tests.workflows.conftest import until
from worker import running

SYDNEY = ("--site", "S02", "--zone", "Australia/Sydney", "--country", "AU")


@pytest.fixture
def today() -> str:
    """Today in Sydney."""
    return str(datetime.now(ZoneInfo("Australia/Sydney")).date())


async def test_after_a_transfer_the_patient_is_shown_listed_and_timed_at_the_new_site(
    clinic: Process, today: str
) -> None:
    await enrolled(clinic, "MOVE-1", ())
    unreasoned = await clinic("transfer", "MOVE-1", *SYDNEY, "--from", today)
    assert (unreasoned.status, "needs a reason" in unreasoned.err) == (2, True)
    done = await clinic(
        "transfer", "MOVE-1", *SYDNEY, "--from", today, "--reason", "the family moves", "--id", "t1"
    )
    assert (done.status, f"moves to S02 from {today}" in done.out) == (0, True), done.err
    shown = await clinic("show", "MOVE-1", "--json")
    assert (shown.data["site"], shown.data["zone"]) == ("S02", "Australia/Sydney")
    (row,) = (await clinic("list", "--site", "S02", "--json")).data["pathways"]
    assert (row["subject"], row["zone"]) == ("MOVE-1", "Australia/Sydney")
    # A time that is typed is that of the clock where the patient was at that time.
    before, after = "2025-02-01 09:00", f"{today} 00:00"
    for id_, when in (("w1", before), ("w2", after)):
        line = ("record", "MOVE-1", "wbc", "85", "--unit", "10^9/L", "--sampled", when, "--id", id_)
        said = await clinic(*line)
        assert said.status == 0, said.err
    found = await by_id(clinic, "MOVE-1")
    assert found["w1"]["occurred"].startswith("2025-02-01 08:00:00")
    midnight = datetime.fromisoformat(after).replace(tzinfo=ZoneInfo("Australia/Sydney")).astimezone(UTC)
    assert found["w2"]["occurred"].startswith(f"{midnight:%Y-%m-%d %H:%M}")
    assert (found["t1"]["reason"], found["t1"]["what"]) == ("the family moves", "S02")


async def test_mail_goes_to_the_role_at_the_new_site(
    own_settings: Settings, temporal_client: Client, tmp_path: str, today: str
) -> None:
    async with mail_server() as inbox:
        recipients: dict[str, tuple[str, ...]] = {
            f"clinician@{site}": (f"clinician@{site.lower()}.org",) for site in ("S01", "S02")
        }
        recipients |= dict.fromkeys(ROLES, ())
        smtp = SmtpSettings(
            host="127.0.0.1", port=inbox.port, sender="a@b.org", starttls=False, recipients=recipients
        )
        settings = own_settings.model_copy(update={"smtp": smtp})
        make_data_dir(settings)
        async with running(temporal_client, settings):
            clinic = Process(environment_of(settings), own_settings.data_dir)
            await enrolled(clinic, "MOVE-2", ())

            async def told(mails: int) -> None:
                async def come() -> bool:
                    return len(inbox.mails) >= mails

                await until(come)

            day = str(datetime.now(UTC).date() - timedelta(days=9))
            assert (await clinic("record", "MOVE-2", "cd19", "POSITIVE", "--sampled", day)).status == 0
            await told(1)
            moved = await clinic(
                "transfer", "MOVE-2", *SYDNEY, "--from", today, "--reason", "the family moves"
            )
            assert moved.status == 0, moved.err
            kmt2a = await clinic("record", "MOVE-2", "kmt2a", "REARRANGED", "--sampled", day)
            assert kmt2a.status == 0, kmt2a.err
            await told(2)
            assert [str(mail["To"]) for mail in inbox.mails[:2]] == ["clinician@s01.org", "clinician@s02.org"]
