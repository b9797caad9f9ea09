"""What was entered can be seen: by whom, when, what it replaced, and why; against a real server, worker and store."""

from pathlib import Path
from typing import Any

from tests.commands.conftest import Process
from tests.commands.test_patients import enrolled


async def by_id(clinic: Process, subject: str, *more: str) -> dict[str, dict[str, Any]]:
    """The entries about a patient, by their ids."""
    said = await clinic("events", subject, "--json", *more)
    assert said.status == 0, said.err
    return {entry["id"]: entry for entry in said.data["events"]}


async def test_the_reason_of_a_void_and_who_gave_it_are_seen_in_words_and_in_json(clinic: Process) -> None:
    await enrolled(clinic, "SEE-1", ())
    assert (await clinic("record", "SEE-1", "cd19", "POSITIVE", "--id", "lab-77")).status == 0
    voided = await clinic(
        "--by", "KM", "void", "SEE-1", "lab-77", "--reason", "report of another patient", "--id", "v1"
    )
    assert voided.status == 0, voided.err
    shown = await clinic("events", "SEE-1")
    assert "report of another patient" in shown.out
    assert "coordinator KM" in shown.out
    told = (await clinic("timeline", "SEE-1", "--all")).out
    assert "report of another patient" in told
    assert told.index("lab-77  cd19 POSITIVE") < told.index("[lab-77]")  # an entry before what it caused
    assert "report of another patient" not in (await clinic("timeline", "SEE-1")).out
    entries = await by_id(clinic, "SEE-1")
    assert list(entries) == ["lab-77", "v1"]
    assert (entries["v1"]["reason"], entries["v1"]["person"]) == ("report of another patient", "KM")
    assert (entries["lab-77"]["counts"], entries["lab-77"]["voided_by"]) == (False, "v1")


async def test_a_correction_shows_the_old_value_and_the_new_one_with_units(clinic: Process) -> None:
    await enrolled(clinic, "SEE-2", ())
    first = ("record", "SEE-2", "wbc", "85", "--unit", "10^9/L", "--id", "w1", "--at", "2025-02-01")
    assert (await clinic(*first)).status == 0
    fixed = await clinic("correct", "SEE-2", "w1", "58", "--id", "w2", "--reason", "digits swapped")
    assert fixed.status == 0, fixed.err
    entry = (await by_id(clinic, "SEE-2"))["w2"]
    assert (entry["said"], entry["replaced"], entry["reason"]) == (
        "58 10^9/L",
        "wbc 85 10^9/L",
        "digits swapped",
    )


async def test_who_enters_is_named_by_a_code_and_never_by_a_sentence(clinic: Process) -> None:
    await enrolled(clinic, "SEE-3", ())
    said = await clinic("--by", "Karl M.", "record", "SEE-3", "consent", "GIVEN")
    assert (said.status, "named by a code" in said.err) == (2, True)


async def test_without_the_server_the_entries_come_from_the_store(clinic: Process) -> None:
    await enrolled(clinic, "SEE-4", ())
    assert (await clinic("record", "SEE-4", "cd19", "POSITIVE", "--id", "lab-1")).status == 0
    away = Process({**clinic.environment, "ALLPATH_TEMPORAL_ADDRESS": "127.0.0.1:1"}, clinic.folder)
    said = await away("events", "SEE-4", "--json")
    assert (said.status, said.data["source"]) == (0, "store")
    assert [entry["id"] for entry in said.data["events"]] == ["lab-1"]
    assert "comes from the store" in said.err


async def test_without_the_store_the_entries_come_from_the_pathway(clinic: Process) -> None:
    await enrolled(clinic, "SEE-5", ())
    assert (await clinic("record", "SEE-5", "cd19", "POSITIVE", "--id", "lab-1")).status == 0
    away = Process(
        {**clinic.environment, "ALLPATH_DATABASE_URL": f"sqlite+aiosqlite:///{clinic.folder}/nowhere.db"},
        clinic.folder,
    )
    said = await away("events", "SEE-5", "--json")
    assert (said.status, said.data["source"]) == (0, "pathway")
    assert [entry["id"] for entry in said.data["events"]] == ["lab-1"]


async def test_the_same_entered_twice_without_an_id_is_on_record_already(clinic: Process) -> None:
    await enrolled(clinic, "ONCE", ())
    line = ("record", "ONCE", "wbc", "85", "--unit", "10^9/L", "--sampled", "2025-02-01")
    first = await clinic(*line, "--json")
    second = await clinic(*line)
    assert (
        second.status,
        f"already on record as {first.data['event_id']}, nothing changed" in second.out,
    ) == (
        0,
        True,
    )
    third = await clinic(*line, "--id", "mine", "--json")
    assert (third.status, third.data["event_id"], third.data["on_record"]) == (
        0,
        first.data["event_id"],
        True,
    )
    would = await clinic(*line, "--dry-run")
    assert (would.status, "nothing would change" in would.out) == (0, True)
    assert len(await by_id(clinic, "ONCE")) == 1


async def test_two_seizures_of_one_day_are_two_once_their_hours_are_given(
    clinic: Process, tmp_path: Path
) -> None:
    await enrolled(clinic, "TWO-FITS", ())
    seizure = ("record", "TWO-FITS", "--ae", "SEIZURE", "--grade", "2", "--at")
    assert (await clinic(*seizure, "2025-02-10", "--id", "s1")).status == 0
    for line in ((*seizure, "2025-02-10"), (*seizure, "2025-02-10", "--id", "s2")):
        again = await clinic(*line)
        assert (again.status, "already on record as s1, nothing changed" in again.out) == (0, True)
        told = " ".join(again.out.split())
        assert "same moment, 2025-02-10 09:00; a day without an hour means 09:00" in told
        assert "say the hour of each: --at '2025-02-10 HH:MM'" in told
    tried = await clinic(*seizure, "2025-02-10", "--dry-run")
    assert "say the hour of each" in " ".join(tried.out.split())
    second = await clinic(*seizure, "2025-02-10 16:30", "--id", "s3")
    assert (second.status, "recorded" in second.out) == (0, True)
    assert [*await by_id(clinic, "TWO-FITS")] == ["s1", "s3"]
    # A file of entries says it, too.
    file = tmp_path / "fits.csv"
    file.write_text("when,ae,grade\n2025-02-10,SEIZURE,2\n2025-02-11,SEIZURE,2\n2025-02-11,SEIZURE,2\n")
    entered = await clinic("record", "TWO-FITS", "--from", file)
    assert entered.status == 0, entered.err
    assert "1 entries in one sitting, 2 were on record already" in entered.out
    assert "SEIZURE grade 2: already on record as s1" in entered.out
    assert "What happened twice needs the hour of each" in " ".join(entered.out.split())
