"""A patient gets another pseudonym, from the command line; against a real server, worker, store and mail server."""

import pytest
from temporalio.client import Client

from runtime.settings import Settings, SmtpSettings, make_data_dir
from tests.activities.mail_server import mail_server
from tests.commands.conftest import Process, environment_of
from tests.commands.test_events import by_id
from tests.commands.test_patients import enrolled, steroid
from tests.workflows.conftest import until
from worker import running

WHY = ("--reason", "the initials of the child")


async def test_a_pseudonym_is_replaced_everywhere_and_the_old_one_says_by_which(clinic: Process) -> None:
    await enrolled(clinic, "JM-2019")
    await enrolled(clinic, "OTHER-7", ())
    before = (await clinic("show", "JM-2019", "--json")).data["plan"]
    unreasoned = await clinic("rename", "JM-2019", "PAT-7", "--yes")
    assert (unreasoned.status, "needs a reason" in unreasoned.err) == (2, True)
    unasked = await clinic("rename", "JM-2019", "PAT-7", *WHY)
    assert (unasked.status, "cannot be taken back" in unasked.err) == (2, True)
    taken = await clinic("rename", "JM-2019", "OTHER-7", *WHY, "--yes")
    assert (taken.status, "is used once" in taken.err) == (3, True)
    once = ("--by", "KM", "rename", "JM-2019", "PAT-7", *WHY, "--yes", "--id", "rn1")
    done = await clinic(*once)
    assert (done.status, "JM-2019 is PAT-7 from now on" in done.out) == (0, True), done.err
    again = await clinic(*once, "--json")
    assert (again.status, again.data["subject"], again.data["recorded"]) == (0, "PAT-7", True), again.err

    shown = await clinic("show", "PAT-7", "--json")
    assert shown.status == 0, shown.err
    assert [each["key"] for each in shown.data["plan"]["items"]] == [each["key"] for each in before["items"]]
    found = await by_id(clinic, "PAT-7")
    last = found["rn1"]
    assert (last["kind"], last["person"], last["reason"]) == ("rename", "KM", "the initials of the child")
    assert "renamed from JM-2019 to PAT-7" in (await clinic("events", "PAT-7")).out
    everywhere: tuple[tuple[str, ...], ...] = (
        ("list",),
        ("list", "--all"),
        ("due",),
        ("timeline", "PAT-7"),
        ("show", "PAT-7"),
    )
    for line in everywhere:
        assert "JM-2019" not in (await clinic(*line)).out, line
    assert "PAT-7" in (await clinic("list")).out
    old: tuple[tuple[str, ...], ...] = (
        ("show", "JM-2019"),
        ("timeline", "JM-2019"),
        ("events", "JM-2019"),
        ("explain", "JM-2019", "eligibility"),
        ("record", "JM-2019", "wbc", "85", "--unit", "10^9/L"),
        ("annul", "JM-2019", "--reason", "x", "--yes"),
        ("enrol", "JM-2019", "--protocol", "interfant-21", "--site", "S01"),
        ("rename", "JM-2019", "PAT-8", *WHY, "--yes"),
        ("rename", "PAT-7", "JM-2019", *WHY, "--yes"),
    )
    for line in old:
        said = await clinic(*line)
        assert said.status == 3, (line, said.err)
        assert "was renamed to PAT-7 on " in said.err, (line, said.err)
        assert "by the coordinator (KM): the initials of the child" in said.err
    # What was due goes on: the last value that screening waits for decides.
    assert (await steroid(clinic, "PAT-7")).status == 0
    # Without the server it reads the same.
    away = Process({**clinic.environment, "ALLPATH_TEMPORAL_ADDRESS": "127.0.0.1:1"}, clinic.folder)
    for line in (("show", "JM-2019"), ("events", "JM-2019")):
        said = await away(*line)
        assert (said.status, "was renamed to PAT-7 on " in said.err) == (3, True), said.err


async def test_an_archived_pathway_keeps_its_pseudonym(clinic: Process) -> None:
    await enrolled(clinic, "JM-2020", ())
    assert (await clinic("annul", "JM-2020", "--reason", "twice", "--yes")).status == 0
    said = await clinic("rename", "JM-2020", "PAT-9", *WHY, "--yes")
    assert (said.status, "is archived" in said.err) == (3, True), said.err


async def test_no_mail_names_the_old_pseudonym_any_more(
    own_settings: Settings, temporal_client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    async with mail_server() as inbox:
        recipients: dict[str, tuple[str, ...]] = {
            role: (f"{role}@s01.org",) for role in ("clinician", "coordinator", "laboratory")
        }
        recipients |= {"sponsor": (), "meeting": (), "operations": ()}
        smtp = SmtpSettings(
            host="127.0.0.1", port=inbox.port, sender="a@b.org", starttls=False, recipients=recipients
        )
        settings = own_settings.model_copy(update={"smtp": smtp})
        make_data_dir(settings)
        async with running(temporal_client, settings):
            clinic = Process(environment_of(settings), own_settings.data_dir)
            await enrolled(clinic, "JM-2021")
            renamed = await clinic("rename", "JM-2021", "PAT-10", *WHY, "--yes")
            assert renamed.status == 0, renamed.err

            async def come() -> bool:
                return any("RENAMED" in str(mail["Subject"]) for mail in inbox.mails)

            await until(come)
            heard = len(inbox.mails)
            assert (await steroid(clinic, "PAT-10")).status == 0

            async def more() -> bool:
                return len(inbox.mails) > heard

            await until(more)
            first = next(n for n, mail in enumerate(inbox.mails) if "PAT-10" in str(mail["Subject"]))
            for mail in inbox.mails[first:]:
                assert "JM-2021" not in mail.as_string()
            told = [str(mail["Subject"]) for mail in inbox.mails]
            assert sorted(str(m["To"]) for m in inbox.mails if "RENAMED" in str(m["Subject"])) == [
                "clinician@s01.org",
                "coordinator@s01.org",
            ], told
