"""`allpath subtrial` as a coordinator uses it, with a server, a worker and a made-up platform; and what needs no server."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from commands.subtrial.open import Seen, free_slots
from commands.subtrial.view import activation_rows
from runtime.settings import Settings, make_data_dir
from tests.commands.conftest import Allpath, Process, Said, environment_of
from tests.databases import migrated
from tests.pathway.toy_subtrials import PLATFORM, START, Life, names
from tests.workflows.conftest import registered, until
from tests.workflows.toy_platform import PLATFORM as WITH_PATHWAYS
from worker import running


@dataclass(frozen=True)
class Office:
    """Says `allpath subtrial` commands about trials of its own: `trial` has governors only, `platform` patients too."""

    trial: str
    platform: str

    async def __call__(self, *arguments: str | Path) -> Said:
        return await asyncio.to_thread(Allpath(), *arguments)

    async def say(self, command: str, subtrial: str, *arguments: str) -> Said:
        """A command about a subtrial of `trial`."""
        return await self("subtrial", command, self.trial, subtrial, *arguments)

    async def do(self, command: str, subtrial: str, *arguments: str) -> Any:
        """The JSON of a command that succeeds."""
        said = await self.say(command, subtrial, *arguments, "--json")
        assert said.status == 0, said.err
        return said.data


@pytest.fixture
async def office(
    own_settings: Settings, temporal_client: Client, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Office]:
    """The command line in this process, where the made-up trials are known, with a worker beside it."""
    monkeypatch.setenv("COLUMNS", "200")  # a table that is too wide for its screen breaks its cells
    for name, value in environment_of(own_settings).items():
        if name.startswith("ALLPATH_"):
            monkeypatch.setenv(name, value)
    make_data_dir(own_settings)
    await migrated(own_settings.database_url)

    found = Office(f"sub-{uuid.uuid4().hex[:8]}", f"plat-{uuid.uuid4().hex[:8]}")
    with registered(replace(PLATFORM, name=found.trial), replace(WITH_PATHWAYS, name=found.platform)):
        async with running(temporal_client, own_settings):
            yield found


async def enter(office: Office, subtrial: str, *subjects: str) -> None:
    """Patients ask for a slot and receive the first dose."""
    for subject in subjects:
        place = ("--patient", subject, "--country", "NL", "--site", "S01")
        assert (await office.do("record", subtrial, "slot_asked", *place))["answer"]["state"] == "RESERVED"
        taken = await office.do("record", subtrial, "slot_taken_up", "--patient", subject)
        assert taken["answer"]["state"] == "ENROLLED"


async def test_a_coordinator_takes_a_subtrial_from_activation_to_the_next_dose_level(office: Office) -> None:
    trial = office.trial
    none = await office.say("show", "D")
    assert (none.status, f"allpath subtrial start {trial} D" in none.err) == (2, True)

    started = await office.do("start", "D", "--office", "UTRECHT", "--zone", "Europe/Amsterdam")
    assert started["subtrials"][0]["workflow_id"] == f"subtrial/{trial}/D"
    assert started["subtrials"][0]["started"]
    again = await office.do("start", "D")
    assert not again["subtrials"][0]["started"]
    other = await office.say("start", "D", "--zone", "Europe/Berlin")
    assert (other.status, "Europe/Amsterdam" in other.err) == (3, True)

    early = await office.do(
        "record", "D", "slot_asked", "--patient", "X0", "--country", "NL", "--site", "S01"
    )
    assert early["answer"]["reason"].startswith("NOT_ACTIVATED")
    await office.do("record", "D", "slot_released", "--patient", "X0")
    active = await office.do("activate", "D", "--country", "NL", "--site", "S01", "--id", "act")
    assert "LEVEL-OPENED" in [change["id"] for change in active["changes"]]

    await enter(office, "D", "X1", "X2", "X3")
    for subject in ("X1", "X2", "X3"):
        await office.do("record", "D", "dlt", "--patient", subject, "--value", "no", "--as", "clinician")
    shown = await office.do("show", "D")
    assert (shown["source"], shown["slots"]) == ("governor", {"used": 3, "free": 0})
    assert shown["plan"]["entry"]["state"] == "LEVEL_DECISION_OPEN"
    why = await office.say("explain", "D")
    assert "LEVEL[level=2]: ESCALATE" in why.out
    assert "PMC7221509" in (await office.say("show", "D")).out

    unseen = await office.say("confirm", "D", "LEVEL")
    assert (unseen.status, f"`allpath subtrial show {trial} D`" in unseen.err) == (2, True)
    seen = ("--seen", shown["plan"]["decisions"][0]["digest"])
    wrong = await office.say("confirm", "D", "LEVEL", "--as", "clinician", *seen)
    assert (wrong.status, "decided by the meeting" in wrong.err) == (3, True)
    stay = await office.say("decide", "D", "LEVEL", "STAY", "--reason", "fill it first", *seen)
    assert (stay.status, "override" in stay.err) == (3, True)
    tried = await office.do("confirm", "D", "LEVEL", "--dry-run")
    assert tried["dry_run"]
    assert "PHASE1_LEVEL(2)" in str(tried["changes"])
    assert (await office.do("show", "D"))["plan"]["level"] == "1"

    confirm = ("LEVEL", "--reason", "three without DLT", "--id", "up", *seen)
    decided = await office.do("confirm", "D", *confirm)
    assert (await office.do("confirm", "D", *confirm))["revision"] == decided["revision"]
    assert (await office.do("show", "D"))["plan"]["level"] == "2"


async def test_a_verdict_that_was_wrong_is_said_right_and_a_status_by_mistake_does_not_count(
    office: Office,
) -> None:
    await office.do("start", "R")
    await enter(office, "R", "X1", "X2")
    for subject in ("X1", "X2"):
        await office.do(
            "record", "R", "dlt", "--patient", subject, "--value", "YES", "--id", f"dlt-{subject}"
        )
    alerts = (await office.do("show", "R"))["plan"]["alerts"]
    assert [each["id"] for each in alerts] == ["DLT-LIMIT"]
    acknowledged = await office.do("acknowledge", "R", "DLT-LIMIT")
    assert acknowledged["accepted"]
    await office.do("correct", "R", "dlt-X2", "--value", "NO")
    (asked,) = (each for each in (await office.do("show", "R"))["plan"]["decisions"] if each["open"])
    await office.do("confirm", "R", "RESUME", "--seen", asked["digest"])
    assert (await office.do("show", "R"))["plan"]["entry"]["state"] == "OPEN"

    unsaid = await office.say("status", "R", "halted-safety")
    assert (unsaid.status, "--reason" in unsaid.err) == (2, True)
    halted = await office.do("status", "R", "halted-safety", "--reason", "under review", "--as", "sponsor")
    assert (await office.do("show", "R"))["plan"]["status"] == "HALTED_SAFETY"
    await office.do("void", "R", halted["event_id"], "--reason", "the other arm", "--as", "sponsor")
    told = await office.do("timeline", "R")
    assert [each["id"] for each in told["timeline"] if each["kind"] == "phase"][-1:] != []
    assert (await office.do("show", "R"))["plan"]["status"] == "PHASE1_LEVEL(1)"


async def test_the_list_says_of_every_subtrial_how_many_slots_are_left(office: Office) -> None:
    await office.do("start", "K", "S")
    await office.do("record", "K", "slot_asked", "--patient", "X1", "--country", "NL", "--site", "S01")
    rows: dict[str, Any] = {}

    async def listed() -> bool:
        said = await office("subtrial", "list", office.trial, "--json")
        rows.update({row["subtrial"]: row for row in said.data["subtrials"]} if said.status == 0 else {})
        return bool(rows and rows["K"]["started"] and rows["K"]["slots"]["used"] and rows["S"]["started"])

    await until(listed)
    assert rows["K"]["slots"] == {"used": 1, "reserved": 1, "enrolled": 0, "free": 22}
    assert rows["S"]["slots"]["free"] == 13
    assert rows["E"] == {"trial": office.trial, "subtrial": "E", "started": False, "status": "SUBMITTED"}
    printed = await office("subtrial", "list", office.trial)
    assert "1 used, 22 free" in printed.out


async def test_a_patient_with_a_pathway_asks_by_itself_and_is_not_recorded_twice(office: Office) -> None:
    trial = office.platform
    assert (await office("enrol", "P1", trial, "--site", "S01")).status == 0
    assert (await office("record", "P1", "wish", "A", "--trial", trial)).status == 0

    async def reserved() -> bool:
        said = await office("subtrial", "show", trial, "A", "--json")
        return said.status == 0 and [s["subject"] for s in said.data["plan"]["slots"]] == ["P1"]

    await until(reserved)
    twice = await office("subtrial", "record", trial, "A", "slot_released", "--patient", "P1")
    assert (twice.status, "has a pathway" in twice.err) == (3, True)


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        ("show hem-ismart d", 2, "did you mean D?"),
        ("show D hem-ismart", 2, "say the trial first: hem-ismart D"),
        ("show interfant-21 D", 2, "has no subtrials"),
        ("show hem-ismrt D", 2, "hem-ismart"),
        ("start hem-ismart Q", 2, "accepted: A, B, C, D, E"),
        ("start hem-ismart D --zone Europe/Amsterdm", 2, "IANA"),
        ("start hem-ismart D --set simon_p0_z=1", 2, "did you mean simon_p0"),
        ("start hem-ismart D --simulation", 2, "rehearsals only"),
        ("start hem-ismart D --start 2025-11-03", 2, "belongs to a rehearsal"),
        ("status hem-ismart D halted", 2, "did you mean halted-safety?"),
        ("status hem-ismart D activated", 2, "allpath subtrial activate hem-ismart D"),
        ("status hem-ismart D dlt", 2, "allpath subtrial record hem-ismart D dlt"),
        ("status hem-ismart D suspended", 2, "--reason"),
        ("record hem-ismart D dtl --patient X1", 2, "did you mean dlt?"),
        ("record hem-ismart D activated --patient X1", 2, "allpath subtrial activate"),
        ("record hem-ismart D closed --patient X1", 2, "allpath subtrial status hem-ismart D closed"),
        ("record hem-ismart D standing --patient X1", 2, "what pathways send"),
        ("record hem-ismart D dlt --patient Anna --value NO", 2, "not a pseudonym"),
        ("correct hem-ismart D e1", 2, "changes nothing"),
        ("timeline hem-ismart D --kind slots", 2, "accepted"),
        ("confirm hem-ismart D LEVEL --as doctor", 2, "role 'doctor'"),
    ],
)
def test_wrong_use_is_told_before_any_server_is_asked(
    allpath: Allpath, arguments: str, status: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLPATH_TEMPORAL_ADDRESS", "127.0.0.1:1")
    said = allpath("subtrial", *arguments.split())
    assert said.status == status
    assert told in said.err


async def test_without_a_server_nothing_is_recorded_and_a_subtrial_is_shown_from_the_store(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.do("start", "K")
    await office.do("record", "K", "slot_asked", "--patient", "X1", "--country", "NL", "--site", "S01")
    monkeypatch.setenv("ALLPATH_TEMPORAL_ADDRESS", "127.0.0.1:1")
    assert (await office.say("status", "K", "closed", "--reason", "over")).status == 4
    shown = await office.say("show", "K", "--json")
    assert (shown.status, shown.data["source"]) == (0, "store")
    assert [slot["subject"] for slot in shown.data["plan"]["slots"]] == ["X1"]


# --- what is counted and shown ----------------------------------------------------------------------------------


def free(life: Life) -> int | None:
    """The slots that are free now."""
    plan = life.json
    used = sum(slot["state"] in ("RESERVED", "ENROLLED") for slot in plan["slots"])
    return free_slots(life.governor, plan, used)


def test_a_rolling_six_has_six_places_on_a_level_and_none_while_a_decision_is_open() -> None:
    life = Life("R")
    assert free(life) == 6
    life.enter(*names(1, 2))
    assert free(life) == 4
    life.enter("P3")
    life.dlt("NO", *names(1, 3))
    assert free(life) == 0


def test_three_plus_three_has_the_places_of_one_cohort() -> None:
    life = Life("T")
    assert free(life) == 3
    life.enter("P1")
    assert free(life) == 2


def test_a_number_that_is_not_set_leaves_no_free_slot() -> None:
    assert free(Life("U")) == 0


def test_the_activation_that_holds_today_is_shown_and_the_one_to_come() -> None:
    life = Life("D")
    life.do("activated", country="NL", site="S01")
    life.do("deactivated", country="NL", site="S01")
    life.do("activated", country="BE", from_="2025-12-01")
    governor = life.governor
    seen = Seen(governor, "toy@1", False, False, START, life.json, "governor", 0)
    shown = [[str(cell) for cell in row] for row in activation_rows(seen)]
    assert [row[:3] for row in shown] == [
        ["BE", "whole country", "activated"],
        ["NL", "S01", "deactivated"],
    ]
    assert "in 28 days" in shown[0][3]
    assert (seen.active, seen.free) == (False, 0)


def test_a_subtrial_that_is_active_nowhere_any_more_has_no_free_slot() -> None:
    life = Life("D")
    life.do("activated", country="NL")
    life.enter("P1")
    assert Seen(life.governor, "toy@1", False, False, START, life.json, "governor", 0).free == 5
    life.do("deactivated", country="NL")
    seen = Seen(life.governor, "toy@1", False, False, START, life.json, "governor", 0)
    assert (seen.active, seen.free) == (False, 0)


async def test_a_rehearsal_has_governors_of_its_own(clinic: Process) -> None:
    label = f"r{uuid.uuid4().hex[:6]}"
    start = ("--rehearsal", label, "subtrial")
    said = await clinic(*start, "start", "ino-dli", "INO", "--start", "2025-02-20", "--json")
    assert said.status == 0, said.err
    assert said.data["subtrials"][0]["workflow_id"] == f"rehearsal-subtrial/ino-dli/{label}/INO"
    shown = await clinic(*start, "show", "ino-dli", "INO")
    assert (shown.status, "no patient is behind this" in shown.out) == (0, True)
    assert "2025-02-20" in shown.out
