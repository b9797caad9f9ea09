"""`allpath meeting` as an office uses it, with a server, a worker and a made-up trial; and the document."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from commands.meeting.document import html, pdf, view
from runtime.settings import Settings, make_data_dir
from tests.commands.busy_week import minutes
from tests.commands.conftest import Allpath, Process, Said, environment_of
from tests.databases import migrated
from tests.meeting_trial import TRIAL
from tests.workflows.conftest import registered, until
from worker import running

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Office:
    """Says commands; `trial` has a meeting of its own."""

    trial: str

    async def __call__(self, *arguments: str | Path) -> Said:
        return await asyncio.to_thread(Allpath(), *arguments)


@pytest.fixture
async def office(
    own_settings: Settings, temporal_client: Client, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Office]:
    """The command line in this process, where the made-up trial is known, with a worker beside it."""
    for name, value in environment_of(own_settings).items():
        if name.startswith("ALLPATH_"):
            monkeypatch.setenv(name, value)
    make_data_dir(own_settings)
    await migrated(own_settings.database_url)

    name = f"meet-{uuid.uuid4().hex[:8]}"
    with registered(replace(TRIAL, name=name)):
        async with running(temporal_client, own_settings):
            yield Office(name)


def soon() -> tuple[str, ...]:
    """Options of a meeting whose agenda is frozen as soon as it is started: it is in two days, in UTC."""
    day = (datetime.now(UTC) + timedelta(days=2)).weekday()
    return (
        "--weekday",
        DAYS[day],
        "--time",
        "10:00",
        "--zone",
        "UTC",
        "--cut-off",
        "144",
        "--office",
        "UTRECHT",
    )


async def frozen(say: Office, trial: str) -> dict[str, Any]:
    """The agenda, once the store has it."""
    found: dict[str, Any] = {}

    async def kept() -> bool:
        said = await say("meeting", "agenda", trial, "--json")
        found.update(said.data if said.status == 0 else {"kind": ""})
        return bool(found["kind"] == "frozen")

    await until(kept)
    return found


async def test_an_office_goes_through_a_meeting(office: Office, tmp_path: Path) -> None:
    trial = office.trial
    assert (await office("enrol", "P1", trial, "--site", "S01")).status == 0
    recorded = await office("record", "P1", "lesion", "BOTH", "--trial", trial)
    assert (recorded.status, "recorded" in recorded.out) == (0, True)

    none = await office("meeting", "show", trial)
    assert none.status == 2
    assert "allpath meeting start" in none.err

    started = await office("meeting", "start", trial, *soon(), "--json")
    assert (started.status, started.data["workflow_id"]) == (0, f"meeting/{trial}")
    week = started.data["first"]["week"]
    again = await office("meeting", "start", trial)
    assert (again.status, "reschedule" in again.err) == (3, True)

    agenda = await frozen(office, trial)
    (due,) = agenda["sections"]["decisions"]
    assert (due["subject"], due["what"], due["options"]) == ("P1", "ALLOCATION", ["B", "D"])
    printed = await office("meeting", "agenda", trial)
    assert "ALLOCATION" in printed.out
    assert "Toxicity: DLT verdicts  none" in printed.out

    unsaid = await office("meeting", "decide", trial, "P1", "ALLOCATION")
    assert (unsaid.status, "B, D" in unsaid.err) == (2, True)
    unseen = await office("meeting", "decide", trial, "P1", "ALLOCATION", "B", "--reason", "fusion first")
    assert (unseen.status, "--seen DIGEST" in unseen.err) == (2, True)
    asked = await office("show", "P1", "--trial", trial, "--json")
    seen = next(d for d in asked.data["plan"]["decisions"] if d["id"] == "ALLOCATION")["digest"]
    decided = await office(
        "meeting",
        "decide",
        trial,
        "P1",
        "ALLOCATION",
        "B",
        "--reason",
        "fusion first",
        "--id",
        "d1",
        "--seen",
        seen,
        "--json",
    )
    assert (decided.status, decided.data["week"]) == (0, week)
    same = await office(
        "meeting",
        "decide",
        trial,
        "P1",
        "ALLOCATION",
        "B",
        "--reason",
        "fusion first",
        "--id",
        "d1",
        "--seen",
        seen,
        "--json",
    )
    assert (same.status, same.data["event_id"]) == (0, "d1")
    shown = await office("show", "P1", "--trial", trial, "--json")
    assert next(d for d in shown.data["plan"]["decisions"] if d["id"] == "ALLOCATION")["in_force"] == "B"

    assert (await office("meeting", "note", trial, "slots go out by noon", "--subject", "P1")).status == 0
    late = await office("record", "P1", "--ae", "SEPSIS", "--grade", "4", "--trial", trial)
    assert late.status == 0
    held = await office("meeting", "hold", trial, "--attended", "sponsor,coordinator")
    assert (held.status, "was held" in held.out) == (0, True)
    twice = await office("meeting", "hold", trial, "--week", week)
    assert (twice.status, "void" in twice.err) == (3, True)

    async def closed() -> bool:
        said = await office("meeting", "show", trial, "--week", week, "--json")
        return said.data["week"]["closing"] is not None

    await until(closed)
    page, print_ = tmp_path / "m.html", tmp_path / "m.pdf"
    made = await office("meeting", "export", trial, "--week", week, "--html", page, "--pdf", print_, "--json")
    assert made.status == 0
    tables = {table["id"]: table["rows"] for table in made.data["tables"]}
    assert [row[2]["strong"] for row in tables["taken"]] == ["B"]
    assert [row[2]["strong"] for row in tables["late"]] == ["SEPSIS"]
    assert made.data["synthetic"] == ""
    assert "fusion first" in page.read_text()
    assert print_.read_bytes().startswith(b"%PDF-1.")

    listed = await office("meeting", "list", trial, "--json")
    assert {each["week"]: each["state"] for each in listed.data["meetings"][0]["weeks"]}[week] == "held"
    work = await office("list", "--trial", trial, "--json")
    assert [pathway["subject"] for pathway in work.data["pathways"]] == ["P1"]


async def test_postponed_cancelled_voided_and_refused_with_what_to_do(office: Office) -> None:
    trial = office.trial
    assert (await office("meeting", "start", trial, *soon())).status == 0
    first = (await office("meeting", "show", trial, "--json")).data["week"]
    for arguments, status, words in (
        (
            ("postpone", trial, "--to", "tomorrow", "--reason", "x"),
            2,
            "'2025-11-11 14:00' in the office's time",
        ),
        (("postpone", trial, "--to", "2020-01-01 10:00", "--reason", "x"), 2, "later moment"),
        (("postpone", trial, "--to", "2026-03-29 02:30"), 2, ""),
        (("cancel", trial), 2, "needs a reason"),
        (("cancel", trial, "--week", "W45", "--reason", "x"), 2, "2025-W45"),
        (("hold", trial, "--week", "2020-W01"), 2, "before the first meeting"),
        (("hold", trial, "--attended", "janitor"), 2, "janitor"),
        (("hold", trial, "--as", "laboratory"), 3, "not by the laboratory"),
        (("reschedule", trial, "2099-W01", "--weekday", "mon", "--time", "9:00"), 2, "more than a year"),
        (("void", trial, "e-nothing", "--reason", "x"), 2, "not on record"),
        (("acknowledge", trial, "MEETING-OVERDUE"), 3, "nothing raised"),
        (("decide", trial, "P9", "ALLOCATION", "B"), 2, "P9"),
        (("note", trial, "x", "--subject", "Mustermann"), 2, "never a name"),
        (("export", trial), 2, "--html FILE"),
        (("export", trial, "--pdf", "-"), 2, "standard output"),
        (("export", trial, "--html", "/nowhere/m.html"), 2, "cannot be written"),
        (("export", trial, "--week", "2020-W01", "--html", "-"), 2, "before the first meeting"),
        (("show", "nothing"), 2, "nothing"),
        (("start", trial, "--time", "25:00"), 2, "time of day"),
        (("start", trial, "--weekday", "someday"), 2, "weekday"),
        (("start", trial, "--cut-off", "999"), 2, "cut_off_hours"),
        (("start", trial, "--zone", "Mars/Olympus"), 2, "Mars/Olympus"),
        (("start", trial, "--start", "2025-11-03"), 2, "rehearsal"),
    ):
        said = await office("meeting", *arguments)
        assert (said.status, words in said.err) == (status, True), (arguments, said)

    work = await office("due", "--trial", trial, "--json")
    assert [line["id"] for line in work.data["due"]] == ["MEETING"]

    cancelled = await office("meeting", "cancel", trial, "--reason", "nothing to discuss", "--id", "c1")
    assert cancelled.status == 0
    following = (await office("meeting", "show", trial, "--json")).data["week"]
    assert following["week"] > first["week"]
    assert (await office("meeting", "void", trial, "c1", "--reason", "there is after all")).status == 0
    to = datetime.now(UTC) + timedelta(days=9)
    moved = await office("meeting", "postpone", trial, "--to", f"{to:%Y-%m-%d} 10:00", "--reason", "congress")
    assert (moved.status, "postponed" in moved.out) == (0, True)
    week = (await office("meeting", "show", trial, "--week", first["week"], "--json")).data["week"]
    assert (week["week"], week["local"]) == (first["week"], f"{to:%Y-%m-%d}T10:00")


async def test_without_a_server_the_meeting_is_shown_from_the_store(
    office: Office, own_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = office.trial
    assert (await office("meeting", "start", trial, *soon())).status == 0
    await frozen(office, trial)
    monkeypatch.setenv("ALLPATH_TEMPORAL_ADDRESS", "127.0.0.1:1")
    said = await office("meeting", "show", trial, "--json")
    assert (said.status, said.data["source"]) == (0, "store")
    assert "from the store" in said.err
    assert (await office("meeting", "hold", trial)).status == 4


async def test_without_the_store_the_frozen_agenda_comes_from_the_meeting_itself(
    office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trial = office.trial
    assert (await office("meeting", "start", trial, *soon())).status == 0
    kept = await frozen(office, trial)
    monkeypatch.setenv("ALLPATH_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'nothing.db'}")
    said = await office("meeting", "agenda", trial, "--json")
    assert (said.status, said.data["digest"]) == (0, kept["digest"])
    assert "from the meeting itself" in said.err
    assert (await office("meeting", "agenda", trial, "--live")).status == 4
    assert (await office("meeting", "export", trial, "--html", "-")).status == 4


async def test_a_decision_that_is_the_clinicians_is_not_taken_by_the_meeting(clinic: Process) -> None:
    assert (await clinic("meeting", "start", "interfant-21", *soon())).status == 0
    assert (await clinic("enrol", "P1", "interfant-21", "--site", "S01")).status == 0
    said = await clinic("meeting", "decide", "interfant-21", "P1", "AFTER_SCREENING", "INDUCTION")
    assert said.status in (2, 3)
    assert "Traceback" not in said.err


# --- the document -----------------------------------------------------------------------------------------------


def test_the_document_holds_every_section_and_says_none_where_there_is_nothing() -> None:
    page = html(view(minutes(empty=True, synthetic=False)))
    for title in (
        "Decisions due", "Potential patients", "Enrolled patients", "Subtrials: slots and waiting",
        "Safety: adverse events and SAE clocks", "Toxicity: DLT verdicts", "Response", "Holds and suspensions",
        "Overdue", "Late additions: after the agenda was frozen", "Decisions taken in this meeting", "Notes",
    ):  # fmt: skip
        assert f">{title} <small></small>" in page or f">{title}<" in page, title
    assert page.count('<p class="none">none</p>') == 13
    assert "Nobody has recorded what became of this meeting. Nothing was decided by it." in page
    assert "Research software, not a medical device." in page
    assert "Synthetic" not in page


def test_the_document_of_a_busy_week() -> None:
    shown = view(minutes())
    assert (shown.trial, shown.week, shown.state) == ("hem-ismart", "2025-W45", "held")
    facts = dict(shown.facts)
    assert facts["Planned for"] == "Thursday 2025-11-06 14:00 (Europe/Amsterdam)"
    assert facts["Attended"] == "coordinator, clinician, sponsor"
    tables = {table.id: table for table in shown.tables}
    assert {section: len(table.rows) for section, table in tables.items()} == {
        "decisions": 3, "potential": 26, "enrolled": 21, "subtrials": 4, "safety": 2, "toxicity": 1, "response": 1,
        "holds": 1, "overdue": 9, "news": 1, "late": 3, "taken": 3,
    }  # fmt: skip
    assert tables["decisions"].rows[0][2].lines == ("no proposal: one of B, D, WAITLIST",)
    assert [row[3].strong for row in tables["late"].rows] == ["new", "new", "changed, was OPEN"]
    assert tables["taken"].struck == (2,)
    assert tables["taken"].rows[1][2].lines == ("proposed: ESCALATE", "against the proposal")
    assert shown.synthetic


def test_what_people_typed_is_text_and_never_markup() -> None:
    page = html(view(minutes()))
    assert "&lt;b&gt;not bold&lt;/b&gt; &amp; #strong[no]" in page
    assert "<b>not bold</b>" not in page


def test_every_table_fills_the_width_of_its_page() -> None:
    for table in view(minutes()).tables:
        assert sum(share for _, share in table.columns) == 100, table.id
        assert all(len(row) == len(table.columns) for row in table.rows)


def test_the_pdf_has_many_pages_and_is_the_same_every_time() -> None:
    made = minutes()
    first = pdf(view(made), made.made)
    assert first == pdf(view(made), made.made)
    assert first.startswith(b"%PDF-1.")
    assert len(re.findall(rb"/Type\s*/Page\b", first)) >= 5 or b"/ObjStm" in first
