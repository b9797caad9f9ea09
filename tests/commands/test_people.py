"""A house in which roles are held: signed in, signed, refused, and on the audit trail."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client

from client.pathways import pathway_handle, submit
from commands.reading import utc_now
from pathway.events import Report
from pathway.refusal import Refused
from people.house import House, open_house
from people.signing import Signing
from runtime.connection import connect
from runtime.settings import Settings, make_data_dir
from tests.commands.conftest import ROOT, Process, Said, environment_of
from worker import running

PASSWORD = "correct horse battery"


class Held(Process):
    """Commands as processes, some of which are told a password."""

    async def told(self, *arguments: str) -> Said:
        """A command that reads a password."""
        made = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "starter", *arguments, "--password-stdin",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            cwd=self.folder, env=self.environment,
        )  # fmt: skip
        out, err = await made.communicate(f"{PASSWORD}\n".encode())
        return Said(made.returncode or 0, out.decode(), err.decode())


@pytest.fixture
async def ward(own_settings: Settings, tmp_path: Path) -> AsyncIterator[Held]:
    """A house with an administrator, a coordinator and a clinician at S01, and a coordinator at S02."""
    settings = own_settings.model_copy(
        update={
            "identity": "held",
            "data_dir": tmp_path,
            "house_key": tmp_path / "house.key",
            "database_url": f"sqlite+aiosqlite:///{tmp_path / 'ward.db'}",
            "sign_in_file": tmp_path / "sign-in",
        }
    )
    make_data_dir(settings)
    environment = environment_of(settings) | {"ALLPATH_IDENTITY": "held"}
    found = Held(environment, tmp_path)
    assert (await found.told("people", "add", "ROOT")).status == 0
    assert (await found.told("login", "ROOT")).status == 0
    for code, role in (("KM", "coordinator@S01"), ("DR", "clinician@S01"), ("OT", "coordinator@S02")):
        assert (await found.told("people", "add", code, "--role", role)).status == 0
    house = open_house(settings.house_key)
    client = await connect(settings, interceptors=[Signing(house.own)])
    async with running(client, settings, house=house):
        yield found


async def test_a_role_that_is_not_held_cannot_act(ward: Held) -> None:
    await ward.told("login", "OT")
    refused = await ward("enrol", "HELD-1", "--protocol", "interfant-21", "--site", "S01")
    assert refused.status == 3
    assert "OT holds no role at site S01; this needs coordinator" in refused.err
    await ward.told("login", "KM")
    assert (await ward("enrol", "HELD-1", "--protocol", "interfant-21", "--site", "S01")).status == 0
    said = await ward("record", "HELD-1", "birth_date", "2025-06-08")
    assert "by the coordinator (KM)" in said.out
    assert "claimed" not in said.out
    refused = await ward("record", "HELD-1", "cns", "CNS1", "--point", "DIAGNOSIS", "--sampled", "2025-06-20")
    assert refused.status == 3
    assert "KM holds coordinator at site S01; this needs clinician" in refused.err
    refused = await ward("--by", "DR", "record", "HELD-1", "diagnosis_date", "2025-06-18")
    assert "KM cannot enter in the name of DR" in refused.err
    await ward.told("login", "OT")
    refused = await ward("record", "HELD-1", "diagnosis_date", "2025-06-18")
    assert "OT holds no role at site S01" in refused.err
    await ward.told("login", "DR")
    assert (
        await ward("record", "HELD-1", "cns", "CNS1", "--point", "DIAGNOSIS", "--sampled", "2025-06-20")
    ).status == 0
    await ward("logout")
    refused = await ward("record", "HELD-1", "birth_date", "2025-06-09")
    assert refused.status == 3
    assert "sign in with: allpath login CODE" in refused.err
    trail = await ward("audit", "verify")
    assert trail.status == 0, trail.out
    acts = [line for line in (await ward("audit", "export")).out.splitlines() if '"about": "patient/' in line]
    assert (
        len(acts) == 6
    )  # each that was signed, taken or refused by the pathway; none that was refused before
    assert PASSWORD not in (await ward("audit", "export")).out


async def test_a_client_with_the_payload_key_alone_can_invent_nobody(
    ward: Held, temporal_client: Client, tmp_path: Path
) -> None:
    await ward.told("login", "KM")
    assert (await ward("enrol", "HELD-2", "--protocol", "interfant-21", "--site", "S01")).status == 0
    report = Report(
        "x1", "observation", utc_now(), "coordinator", name="birth_date", value="2025-06-08", person="KM"
    )
    handle = pathway_handle(temporal_client, "interfant-21", "HELD-2")
    with pytest.raises(Refused, match="nobody is signed in"):
        await submit(handle, report)
    forged = House.made_up()
    config = temporal_client.config()
    config["interceptors"] = [Signing(forged.own)]
    with pytest.raises(Refused, match="not signed by this house"):
        await submit(pathway_handle(Client(**config), "interfant-21", "HELD-2"), report)
    assert '"events": []' in (await ward("events", "HELD-2", "--json")).out.replace("\n", "") or (
        "x1" not in (await ward("events", "HELD-2")).out
    )


async def test_only_who_may_says_who_may(ward: Held) -> None:
    await ward.told("login", "KM")
    for arguments in (("people", "give", "KM", "clinician@S01"), ("people", "disable", "DR")):
        refused = await ward(*arguments)
        assert refused.status == 3
        assert "KM cannot say who may do what" in refused.err
    assert (await ward.told("people", "add", "XX", "--role", "clinician")).status == 3
    await ward.told("login", "ROOT")
    assert (await ward("people", "give", "KM", "clinician@S01")).status == 0
    assert (await ward("people", "disable", "DR")).status == 0
    listed = (await ward("people", "list", "--json")).data
    assert {each["code"]: each["held"] for each in listed}["KM"] == ["clinician@S01", "coordinator@S01"]
    assert (await ward.told("login", "DR")).status == 3


async def test_bad_input_is_refused_and_nothing_is_half_done(ward: Held) -> None:
    await ward.told("login", "ROOT")
    for arguments, why in (
        (("people", "add", "K M"), "no code of a person"),
        (("people", "add", "NEW", "--role", "doctor"), "accepted: coordinator"),
        (("people", "add", "KM"), "is taken"),
        (("people", "take", "KM", "clinician"), "does not hold clinician"),
        (("people", "disable", "NOBODY"), "nobody here has the code"),
    ):
        refused = await (ward.told if arguments[1] == "add" else ward)(*arguments)
        assert refused.status in (2, 3), refused
        assert why in refused.err
    assert len((await ward("people", "list", "--json")).data) == 4
    assert (ROOT / "people").is_dir()
