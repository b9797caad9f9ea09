"""A house in which roles are held: signed in, signed, refused, and on the audit trail."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from temporalio.client import Client

from client.pathways import pathway_handle, submit
from commands.reading import utc_now
from commands.signed_in import keep_token
from pathway.events import Report
from pathway.refusal import Refused
from people import accounts
from people.house import House, make_house_key, open_house
from people.passwords import hashed
from people.sign_in import sign_in
from people.signing import Signing
from runtime.connection import connect
from runtime.settings import Settings, make_data_dir
from store.engine import Store, upgrade
from tests.commands.conftest import Process, Said, environment_of
from worker import running

PASSWORD = "correct horse battery"


HASH = hashed(PASSWORD)
PEOPLE = (
    ("ROOT", "operations"),
    ("KM", "coordinator@S01"),
    ("DR", "clinician@S01"),
    ("OT", "coordinator@S02"),
)


class Held(Process):
    """Commands as processes, some of which are told a password."""

    def __init__(self, environment: Mapping[str, str], folder: Path, store: Store) -> None:
        super().__init__(environment, folder)
        self.store = store

    async def signed_in(self, code: str) -> None:
        """Sign in as `allpath login` does, without a process."""
        keep_token(self.folder / "sign-in", code, await sign_in(self.store, code, PASSWORD))

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
    make_house_key(settings.house_key)
    await upgrade(settings.database_url)
    async with Store(settings.database_url) as store:
        for code, role in PEOPLE:
            async with store.writing() as session:
                await accounts.add(session, "ROOT", code, HASH, [accounts.held_from(role)])
        house = open_house(settings.house_key)
        client = await connect(settings, interceptors=[Signing(house.own)])
        async with running(client, settings, house=house):
            yield Held(environment, tmp_path, store)


async def test_a_role_that_is_not_held_cannot_act(ward: Held) -> None:
    await ward.signed_in("OT")
    refused = await ward("enrol", "HELD-1", "--protocol", "interfant-21", "--site", "S01")
    assert refused.status == 3
    assert "OT holds no role at site S01; this needs coordinator" in refused.err
    await ward.signed_in("KM")
    assert (await ward("enrol", "HELD-1", "--protocol", "interfant-21", "--site", "S01")).status == 0
    said = await ward("record", "HELD-1", "birth_date", "2025-06-08")
    assert "by the coordinator (KM)" in said.out
    assert "claimed" not in said.out
    refused = await ward("record", "HELD-1", "cns", "CNS1", "--point", "DIAGNOSIS", "--sampled", "2025-06-20")
    assert refused.status == 3
    assert "KM holds coordinator at site S01; this needs clinician" in refused.err
    refused = await ward("--by", "DR", "record", "HELD-1", "diagnosis_date", "2025-06-18")
    assert "KM cannot enter in the name of DR" in refused.err
    await ward.signed_in("OT")
    refused = await ward("record", "HELD-1", "diagnosis_date", "2025-06-18")
    assert "OT holds no role at site S01" in refused.err
    await ward.signed_in("DR")
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
    await ward.signed_in("KM")
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
    assert "x1" not in (await ward("events", "HELD-2")).out


async def test_the_first_person_of_a_house_says_who_may_do_what(tmp_path: Path, ward: Held) -> None:
    data = tmp_path / "empty"
    ward.environment |= {
        "ALLPATH_DATA_DIR": str(data),
        "ALLPATH_DATABASE_URL": f"sqlite+aiosqlite:///{data / 'empty.db'}",
    }
    said = await ward.told("people", "add", "KM", "--role", "clinician@S01")
    assert said.status == 0, said.err
    assert "KM is the first one here, and says who may do what" in said.out
    assert (data / "house.key").stat().st_mode & 0o077 == 0
    assert (await ward.told("people", "add", "DR")).status == 3
    said = await ward.told("login", "KM")
    assert "signed in  KM: clinician@S01, operations" in said.out
    assert "KM: clinician@S01, operations" in (await ward("whoami")).out


@pytest.mark.parametrize(
    "words", ["people list", "people disable KM", "audit verify", "audit export", "login KM"]
)
async def test_only_adding_a_person_makes_a_store_where_there_is_none(
    tmp_path: Path, ward: Held, words: str
) -> None:
    none = tmp_path / "elsewhere.db"
    ward.environment |= {"ALLPATH_DATABASE_URL": f"sqlite+aiosqlite:///{none}"}
    said = await (ward.told if words.startswith("login") else ward)(*words.split())
    assert said.status != 0
    assert "there is no store yet" in said.err
    assert not none.exists()


async def test_only_who_may_says_who_may(ward: Held) -> None:
    await ward.signed_in("KM")
    for arguments in (("people", "give", "KM", "clinician@S01"), ("people", "disable", "DR")):
        refused = await ward(*arguments)
        assert refused.status == 3
        assert "KM cannot say who may do what" in refused.err
    assert (await ward.told("people", "add", "XX", "--role", "clinician")).status == 3
    await ward.signed_in("ROOT")
    assert (await ward("people", "give", "KM", "clinician@S01")).status == 0
    assert (await ward("people", "disable", "DR")).status == 0
    listed = (await ward("people", "list", "--json")).data
    assert {each["code"]: each["held"] for each in listed}["KM"] == ["clinician@S01", "coordinator@S01"]
    assert (await ward.told("login", "DR")).status == 3


async def test_bad_input_is_refused_and_nothing_is_half_done(ward: Held) -> None:
    await ward.signed_in("ROOT")
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


async def test_what_is_told_a_subtrial_and_a_meeting_is_in_the_name_of_who_is_signed_in(ward: Held) -> None:
    from store import queries

    await ward.signed_in("KM")
    for words in (
        ("subtrial", "start", "hem-ismart", "E", "--office", "S01"),
        ("subtrial", "activate", "hem-ismart", "E", "--country", "NL", "--id", "act-1"),
        ("meeting", "start", "hem-ismart", "--office", "S01"),
        ("meeting", "note", "hem-ismart", "slots go out by Friday", "--week", "2099-W01"),
    ):
        said = await ward(*words)
        assert said.status == (2 if "2099-W01" in words else 0), said.err
    week = (await ward("meeting", "list", "hem-ismart", "--json")).data["meetings"][0]["weeks"][0]["week"]
    noted = await ward("meeting", "note", "hem-ismart", "by Friday", "--week", week, "--id", "note-1")
    assert noted.status == 0, noted.err
    await ward.signed_in("OT")
    refused = await ward("subtrial", "activate", "hem-ismart", "E", "--country", "BE")
    assert "OT holds no role at site S01" in refused.err
    async with ward.store.reading() as session:
        for pathway_id, event in (("subtrial/hem-ismart/E", "act-1"), ("meeting/hem-ismart", "note-1")):
            events = await queries.events(session, pathway_id)
            assert [each.person for each in events if each.id == event] == ["KM"]
