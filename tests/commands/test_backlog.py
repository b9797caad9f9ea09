"""Taking over a patient who is already on treatment, with mail switched on: against a real server, worker, store and mail server.

`pytest -s tests/commands/test_backlog.py -k mails` prints the mails of one patient, entered line by line and in one sitting.
"""

import csv
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import Client

from runtime.settings import Settings, SmtpSettings, make_data_dir
from tests.activities.mail_server import Inbox, mail_server
from tests.commands.conftest import Process, environment_of
from tests.commands.test_events import by_id
from tests.workflows.conftest import until
from worker import running

TODAY = datetime.now(UTC).date()
WRITTEN = date(2026, 11, 29)
"""The day for which the file was written: its dates lie that long before today."""


def moved(text: str) -> str:
    """The dates of a text, as far before today as they were before the day it was written."""
    return re.sub(
        r"\d{4}-\d\d-\d\d", lambda found: str(TODAY - (WRITTEN - date.fromisoformat(found[0]))), text
    )


TAKEN_OVER = moved((Path(__file__).parent / "taken_over.csv").read_text())


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    async with mail_server() as found:
        yield found


@pytest.fixture
async def mailing(
    own_settings: Settings, temporal_client: Client, tmp_path: Path, inbox: Inbox
) -> AsyncIterator[Process]:
    """The command line of a clinic that sends mail to clinicians and coordinators."""
    smtp = SmtpSettings(
        host="127.0.0.1",
        port=inbox.port,
        sender="allpath@example.org",
        starttls=False,
        recipients={"meeting": (), "operations": ()}
        | {role: (f"{role}@example.org",) for role in ("clinician", "coordinator", "laboratory", "sponsor")},
    )
    settings = own_settings.model_copy(update={"smtp": smtp})
    make_data_dir(settings)
    async with running(temporal_client, settings):
        yield Process(environment_of(settings), tmp_path)


def written(clinic: Process, text: str, name: str = "backlog.csv") -> Path:
    file = clinic.folder / name
    file.write_text(text)
    return file


def lines_of(subject: str) -> list[list[str]]:
    """The same entries as commands, line by line."""
    found = []
    for row in csv.DictReader(TAKEN_OVER.splitlines()):
        line = ["record", subject]
        line += ["--do", row["do"], "--at", row["when"]] if row["do"] else [row["fact"], row["value"]]
        for column, option in (("unit", "--unit"), ("point", "--point"), ("scope", "--scope")):
            line += [option, row[column]] if row[column] else []
        line += [] if row["do"] else ["--sampled", row["when"]]
        for detail in row["with"].split():
            line += ["--with", detail]
        found.append(line)
    return found


def log(title: str, inbox: Inbox) -> None:
    print(f"\n{title}: {len(inbox.mails)} mails")
    for mail in inbox.mails:
        print(f"  to {mail['To']}: {mail['Subject']}")


async def test_mails_of_a_patient_taken_over_line_by_line_and_in_one_sitting(
    mailing: Process, inbox: Inbox
) -> None:
    enrolled = ("interfant-21", "--site", "S01", "--zone", "Europe/Berlin")
    assert (await mailing("enrol", "BACK-1", *enrolled)).status == 0
    for line in lines_of("BACK-1"):
        said = await mailing(*line)
        assert said.status == 0, said.err
    last = await by_id(mailing, "BACK-1")
    assert len(last) == len(lines_of("BACK-1"))
    await settled(inbox)
    log("line by line", inbox)
    one_by_one = len(inbox.mails)

    inbox.mails.clear()
    done = await mailing("enrol", "BACK-2", *enrolled, "--backlog", written(mailing, TAKEN_OVER))
    assert done.status == 0, done.err
    assert "25 entries in one sitting" in done.out
    await settled(inbox)
    log("in one sitting", inbox)
    assert sorted(str(mail["To"]) for mail in inbox.mails) == [
        "clinician@example.org",
        "coordinator@example.org",
    ]
    assert all("entered in one sitting" in str(mail["Subject"]) for mail in inbox.mails)
    assert one_by_one > 10 * len(inbox.mails)
    # Both are the same patient at the same place, with nothing open that the file answers.
    first, second = [await mailing("show", subject, "--json") for subject in ("BACK-1", "BACK-2")]
    assert first.data["plan"]["tracks"][0]["phase"] == second.data["plan"]["tracks"][0]["phase"]


async def settled(inbox: Inbox) -> None:
    """Wait until the mail of what was entered last has come, and no more comes in two looks."""
    seen = -1

    async def quiet() -> bool:
        nonlocal seen
        before, seen = seen, len(inbox.mails)
        return bool(inbox.mails) and before == seen

    await until(quiet)


async def test_a_file_with_faults_is_refused_as_a_whole_with_line_and_column(clinic: Process) -> None:
    lines = TAKEN_OVER.splitlines()
    lines[3] = lines[3].replace("GIVEN", "GIVN")
    lines[8] = lines[8].replace("10^9/L", "stones")
    lines.append(f"mrdd,,2e-4,fraction,EOI,{TODAY - timedelta(days=3)},,")
    file = written(clinic, "\n".join(lines))
    said = await clinic("enrol", "WRONG-1", "interfant-21", "--site", "S01", "--backlog", file)
    assert said.status == 2
    assert f"{file}:4:10: " in said.err
    assert f"{file}:9:9: " in said.err
    assert f"{file}:27:1: fact 'mrdd' is not known" in said.err
    # Nobody was enrolled: the pseudonym is free.
    unknown = await clinic("show", "WRONG-1")
    assert (unknown.status, "there is no pathway" in unknown.err) == (2, True)


async def test_of_many_faults_the_first_twenty_are_told(clinic: Process) -> None:
    rows = [f"wbcs,{n},10^9/L,2025-02-01" for n in range(30)]
    file = written(clinic, "\n".join(["fact,value,unit,when", *rows]))
    said = await clinic("enrol", "WRONG-2", "interfant-21", "--site", "S01", "--backlog", file)
    assert said.status == 2
    assert said.err.count("is not known") == 20
    assert "and 10 more; nothing was recorded" in said.err


async def test_a_sitting_by_hand_in_yaml_and_again_records_nothing_twice(clinic: Process) -> None:
    assert (await clinic("enrol", "HAND-1", "interfant-21", "--site", "S01")).status == 0
    file = written(
        clinic,
        "- {fact: birth_date, value: 2024-06-06, when: 2025-02-01}\n"
        "- {fact: wbc, value: 85, unit: 10^9/L, when: 2025-02-01 08:00, as: laboratory, by: RS}\n"
        "- {do: first_prednisone, when: 2025-02-03 09:00}\n"
        "- {ae: CRS, grade: 1, scale: ASTCT, when: 2025-03-01}\n"
        "- {unobtainable: cd19, reason: the sample clotted}\n",
        "entries.yaml",
    )
    would = await clinic("record", "HAND-1", "--from", file, "--dry-run")
    assert (would.status, "5 entries could be recorded, and are not" in would.out) == (0, True)
    first = await clinic("--by", "KM", "record", "HAND-1", "--from", file, "--json")
    assert first.status == 0, first.err
    assert (first.data["new"], first.data["recorded"]) == (5, True)
    again = await clinic("record", "HAND-1", "--from", file)
    assert (again.status, "0 entries in one sitting, 5 were on record already" in again.out) == (0, True)
    found = await by_id(clinic, "HAND-1")
    assert [(each["role"], each["person"]) for each in found.values()][1] == ("laboratory", "RS")
    assert {each["person"] for each in found.values()} == {"KM", "RS"}


async def test_a_long_file_is_one_sitting_in_several_parts(clinic: Process) -> None:
    days = [TODAY - timedelta(days=n) for n in range(230, 0, -1)]
    rows = [f"weight,{5 + n / 100:.2f},kg,{day}" for n, day in enumerate(days)]
    file = written(clinic, "\n".join(["fact,value,unit,when", *rows]))
    said = await clinic("enrol", "LONG-1", "interfant-21", "--site", "S01", "--backlog", file, "--json")
    assert said.status == 0, said.err
    assert (said.data["backlog"]["new"], len(set(said.data["backlog"]["events"]))) == (230, 230)
    told = await clinic("timeline", "LONG-1", "--kind", "sitting", "--json")
    (line,) = told.data["timeline"]
    assert line["text"].startswith("230 entries in one sitting")
