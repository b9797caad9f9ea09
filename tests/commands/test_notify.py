"""`allpath people notify`, and what operations see of notices that do not get out."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from people import ways
from runtime.keys import load_keys
from runtime.sealing import Sealer
from store.engine import Store
from store.schema import WayRow
from tests.commands.conftest import ROOT, Said
from tests.commands.test_people import Held, ward  # noqa: F401
from tests.store.batches import batch, change
from tests.store.telling import tell

URL = "json://user:hunter2@127.0.0.1:1/topic"


async def reads(ward: Held, text: str, *arguments: str) -> Said:  # noqa: F811
    """A command that is told something on standard input."""
    made = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "starter", *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        cwd=ward.folder, env=ward.environment,
    )  # fmt: skip
    out, err = await made.communicate(f"{text}\n".encode())
    return Said(made.returncode or 0, out.decode(), err.decode())


async def test_operations_say_how_a_person_is_told(ward: Held) -> None:  # noqa: F811
    await ward.signed_in("ROOT")
    said = await ward("people", "notify", "KM")
    assert said.status == 0
    assert "KM is told by no way of their own" in said.out
    said = await ward("people", "notify", "KM", "--mail", "km@s01.org", "--quiet", "22:00-07:00")
    assert said.status == 0, said.err
    said = await reads(ward, URL, "people", "notify", "KM", "--url", "-", "--digest", "07:30")
    assert said.status == 0, said.err
    for each in ("hunter2", "km@s01", "topic"):
        assert each not in said.out + said.err
    data = (await ward("people", "notify", "KM", "--json")).data
    assert [(way["number"], way["channel"], way["shown"]) for way in data["ways"]] == [
        (1, "mail", "k...@s01.org"),
        (2, "url", "json://..."),
    ]
    assert (data["quiet"], data["digest"], data["deliveries"]) == ("22:00-07:00", "07:30", [])
    assert (await ward("people", "notify", "KM", "--remove", "1", "--quiet", "none")).status == 0
    data = (await ward("people", "notify", "KM", "--json")).data
    assert ([way["number"] for way in data["ways"]], data["quiet"], data["digest"]) == ([2], "", "07:30")
    # A number is never used again.
    assert (await ward("people", "notify", "KM", "--mail", "km@s01.org")).status == 0
    assert [way["number"] for way in (await ward("people", "notify", "KM", "--json")).data["ways"]] == [2, 3]
    assert (await ward("audit", "verify")).status == 0
    trail = (await ward("audit", "export")).out
    assert trail.count('"notify mail"') == 2
    assert "s01.org" not in trail


async def test_what_cannot_be_meant_is_refused_without_the_address(ward: Held) -> None:  # noqa: F811
    await ward.signed_in("ROOT")
    for arguments, why in (
        (("KM", "--mail", "hunter2 at s01.org"), "one mail address"),
        (("KM", "--mail", "hunter2@s01.org, b@c.org"), "one mail address"),
        (("KM", "--url", "json://hunter2"), "give --url - and the URL on standard input"),
        (("KM", "--quiet", "22-7"), "22:00-07:00, or none"),
        (("KM", "--quiet", "22:00-22:00"), "22:00-07:00, or none"),
        (("KM", "--digest", "24:00"), "07:30, or none"),
        (("KM", "--quiet", "22:00-07:00", "--digest", "06:00"), "in the quiet hours 22:00-07:00"),
        (("KM", "--remove", "7"), "KM has no way 7"),
        (("NOBODY",), "nobody here has the code"),
        (("NOBODY", "--mail", "hunter2@s01.org"), "nobody here has the code"),
    ):
        refused = await ward("people", "notify", *arguments)
        assert refused.status == 2, arguments
        assert why in refused.err, (arguments, refused.err)
        assert "hunter2" not in refused.err
    refused = await reads(ward, "nosuch://hunter2", "people", "notify", "KM", "--url", "-")
    assert (refused.status, "hunter2" in refused.err) == (2, False)
    assert (await ward("people", "notify", "KM", "--mail", "km@s01.org")).status == 0
    assert "has this way already" in (await ward("people", "notify", "KM", "--mail", "km@s01.org")).err
    data = (await ward("people", "notify", "KM", "--json")).data
    assert (len(data["ways"]), data["quiet"], data["digest"]) == (1, "", "")


async def test_nobody_else_says_how_somebody_is_told_or_sees_it(ward: Held) -> None:  # noqa: F811
    await ward.signed_in("KM")
    for arguments in (("DR",), ("DR", "--mail", "a@b.org"), ("KM", "--quiet", "22:00-07:00")):
        refused = await ward("people", "notify", *arguments)
        assert refused.status == 3
        assert "KM cannot say who may do what" in refused.err


async def test_operations_see_what_does_not_get_out(ward: Held) -> None:  # noqa: F811
    long_ago = datetime.now(UTC) - timedelta(hours=5)
    await tell(ward.store, batch(1, changes=(change(),)), now=long_ago, channels=("mail",))
    async with ward.store.writing() as session:
        seal = Sealer(load_keys(Path(ward.environment["ALLPATH_KEY_FILE"])))
        await ways.add(session, seal, "ROOT", "KM", "mail", "km@s01.org")
    await mark_refused(ward.store)
    said = await ward("due", "--as", "operations")
    assert "Notices that do not get out (1)" in said.out
    assert "EOI-MRD-HIGH" in said.out
    assert "KM cannot be told by mail (way 1)" in said.out
    assert "550" in said.out
    found = (await ward("due", "--as", "operations", "--json")).data
    assert [(each["id"], each["role"], each["channel"]) for each in found["stuck"]] == [
        ("EOI-MRD-HIGH", "coordinator", "mail")
    ]
    assert [(each["code"], each["way"]) for each in found["refused"]] == [("KM", 1)]
    others = await ward("due", "--as", "clinician")
    assert "do not get out" not in others.out
    assert (await ward("due", "--as", "operations", "--site", "S02", "--json")).data["stuck"] == []


async def mark_refused(store: Store) -> None:
    """As the drain does when a mail server says so."""
    async with store.writing() as session:
        refused = {"bounced": datetime.now(UTC), "why": "the mail server refused: SMTPRecipientsRefused 550"}
        await session.execute(update(WayRow).values(**refused))


@pytest.mark.parametrize(
    ("recipients", "why"),
    [
        (
            '{"clinician": ["a@b.org"]}',
            "names nobody for coordinator, laboratory, sponsor, meeting, operations",
        ),
        ('{"clinican": ["a@b.org"]}', "one of them is no role; accepted are coordinator, clinician"),
    ],
)
def test_a_worker_whose_recipients_are_wrong_ends_at_once_and_says_which_roles_there_are(
    recipients: str, why: str, tmp_path: Path
) -> None:
    environment = {
        "ALLPATH_DATA_DIR": str(tmp_path),
        "ALLPATH_SMTP__HOST": "127.0.0.1",
        "ALLPATH_SMTP__RECIPIENTS": recipients,
        "ALLPATH_TEMPORAL_ADDRESS": "127.0.0.1:1",
    }
    for command in (["-m", "worker"], ["-m", "starter", "worker"]):
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 2, done.stderr
        assert why in done.stderr
        assert "Traceback" not in done.stderr
        assert "a@b.org" not in done.stderr
