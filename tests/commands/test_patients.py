"""A coordinator's day against a real server, worker and store: each command a process of its own."""

import asyncio
import sqlite3
from contextlib import closing
from typing import Any

from temporalio.client import Client

from client import listing
from client.pathways import new_start
from pathway.site import Site
from runtime.settings import Settings
from tests.commands.conftest import Process, Said
from workflows.durable import details
from workflows.pathway import PatientPathway

SCREENING = (
    ("birth_date", "2024-06-06"), ("diagnosis_date", "2025-02-01"), ("consent", "GIVEN"), ("disease", "NEW"),
    ("lineage", "B_PRECURSOR"), ("kmt2a", "REARRANGED"), ("last_chemotherapy", "NEVER"),
)  # fmt: skip


async def enrolled(clinic: Process, subject: str, facts: tuple[tuple[str, str], ...] = SCREENING) -> None:
    """A patient with these facts, under their names as event ids."""
    said = await clinic("enrol", subject, "--protocol", "interfant-21", "--site", "S01")
    assert said.status == 0, said.err
    lines = [("record", subject, fact, value, "--id", fact, "--at", "2025-02-01") for fact, value in facts]
    for said in await asyncio.gather(*(clinic(*line) for line in lines)):
        assert said.status == 0, said.err


async def steroid(clinic: Process, subject: str = "P1", *more: str) -> Said:
    """The last value that screening waits for."""
    return await clinic(
        "record", subject, "prior_steroid", "0", "--unit", "mg/m2/day", "--sampled", "2025-02-01", *more
    )


def decision(shown: Said, key: str) -> dict[str, Any]:
    """A decision of a shown plan."""
    return next(d for d in shown.data["plan"]["decisions"] if d["key"] == key)


async def test_from_enrolment_to_a_confirmed_proposal(clinic: Process) -> None:
    await enrolled(clinic, "DAY-1")
    missing = await clinic("show", "DAY-1")
    assert "prior_steroid" in missing.out
    assert "not a medical device" in missing.out
    # A dry run shows the change and records nothing.
    would = await steroid(clinic, "DAY-1", "--dry-run")
    assert "nothing is recorded" in would.out
    assert "ENROLLED is proposed" in would.out
    assert not decision(await clinic("show", "DAY-1", "--json"), "AFTER_SCREENING")["open"]
    # Now it is recorded, and the plan proposes.
    done = await steroid(clinic, "DAY-1")
    assert "recorded" in done.out
    asked = decision(await clinic("show", "DAY-1", "--json"), "AFTER_SCREENING")
    assert (asked["open"], asked["proposal"]) == (True, "ENROLLED")
    why = await clinic("explain", "DAY-1", "AFTER_SCREENING")
    assert "ENROLLED" in why.out
    # Refused: unseen in a pipe, the wrong role, a plan that has moved, an option that is not proposed.
    unseen = await clinic("confirm", "DAY-1", "AFTER_SCREENING")
    assert (unseen.status, "`allpath show DAY-1`, then say what you saw: --seen DIGEST" in unseen.err) == (
        2,
        True,
    )
    for refused in (
        ("--as", "coordinator", "--seen", asked["digest"]),
        ("--seen", "000000000000"),
        ("SCREEN_FAILURE", "--seen", asked["digest"]),
    ):
        said = await clinic("confirm", "DAY-1", "AFTER_SCREENING", *refused)
        assert said.status == 3, refused
        assert said.err.startswith("allpath: "), refused
    confirmed = await clinic("confirm", "DAY-1", "AFTER_SCREENING", "--seen", asked["digest"][:8], "--json")
    assert confirmed.status == 0, confirmed.err
    assert confirmed.data["recorded"]
    # What is no longer proposed is refused; who answers what somebody has answered meanwhile hears who it was.
    again = await clinic("confirm", "DAY-1", "AFTER_SCREENING")
    assert again.status == 3
    assert "not asked of DAY-1 now: confirmed as ENROLLED by a clinician" in again.err
    second = await clinic("confirm", "DAY-1", "AFTER_SCREENING", "--seen", asked["digest"])
    assert (second.status, "AFTER_SCREENING was answered ENROLLED by the clinician on" in second.err) == (
        3,
        True,
    )
    told = await clinic("timeline", "DAY-1", "--json")
    assert "ENROLLED" in [entry["id"] for entry in told.data["timeline"]]
    # The lists over all patients.
    listed = await clinic("list", "--json")
    (row,) = [p for p in listed.data["pathways"] if p["subject"] == "DAY-1"]
    assert row["phases"]["registration"] == "ENROLLED"
    assert (await clinic("due", "--site", "S01", "--as", "laboratory")).status == 0
    withdrawn = await clinic("withdraw", "DAY-1", "--reason", "the family has moved away")
    assert withdrawn.status == 0, withdrawn.err


async def test_bad_input_is_refused_once_and_clearly_and_nothing_is_recorded(clinic: Process) -> None:
    await enrolled(clinic, "BAD-1", SCREENING[:3])
    before = (await clinic("timeline", "BAD-1", "--json")).data
    wrong: tuple[tuple[str, int, str], ...] = (
        ("enrol BAD-1 interfant-21 --site S01", 3, "already enrolled"),
        ("record BAD-1 mrdd 2e-4 --unit fraction --point EOI", 2, "mrd"),
        ("record BAD-1 mrd 2e-4 --unit permille --point EOI", 2, "fraction"),
        ("record BAD-1 mrd 2e-4 --point EOI", 2, "unit"),
        ("record BAD-1 mrd 2e-4 --unit fraction --point TP1", 2, "BL1-END"),
        ("record BAD-1 mrd 2 --unit fraction --point EOI", 2, "impossible"),
        ("record BAD-1 wbc -5 --unit 10^9/L", 2, "-5"),
        ("record BAD-1 wbc 85 --unit 10^9/L --sampled 2099-01-01", 3, "future"),
        ("record BAD-1 cns CNS4 --point EOI", 2, "CNS3"),
        ("record BAD-1 --do infusion_startd --scope cycle=1", 2, "infusion_started"),
        ("record BAD-1 --do infusion_started --scope cycle=3", 2, "cycle"),
        ("record BAD-1 --do infusion_ended --scope cycle=1 --at 2025-03-10", 2, "say at which hour"),
        ("record BAD-1 --ae CSR --grade 3", 2, "CRS"),
        ("record BAD-1 --ae CRS --grade 9 --scale ASTCT", 2, "grade"),
        ("record BAD-1 consent REFUSED --id consent --at 2025-02-01", 3, "another content"),
        ("correct BAD-1 nothing 3", 2, "nothing"),
        ("void BAD-1 consent", 2, "reason"),
        ("judge BAD-1 X6 PASS --reason known", 3, "REVIEW"),
        ("unobtainable BAD-1 mrd --point EOI", 2, "reason"),
        ("confirm BAD-1 AFTER_SCREENINGS", 2, "AFTER_SCREENING"),
        ("confirm BAD-1 AFTER_MAINTENANCE", 3, "not asked of BAD-1 now"),
        ("acknowledge BAD-1 EOI-MRD-MISSIN", 3, "raised"),
        ("explain BAD-1 rsik", 2, "risk"),
        ("show NOBODY", 2, "BAD-1"),
        ("record NOBODY wbc 85 --unit 10^9/L", 2, "there is no pathway of NOBODY"),
    )
    said = await asyncio.gather(*(clinic(*line.split()) for line, _, _ in wrong[:12]))
    said += await asyncio.gather(*(clinic(*line.split()) for line, _, _ in wrong[12:]))
    otherwise = [
        (line, answer)
        for (line, status, words), answer in zip(wrong, said, strict=True)
        if (answer.status, words in answer.err, "recorded" in answer.out) != (status, True, False)
    ]
    assert otherwise == []
    assert (await clinic("timeline", "BAD-1", "--json")).data == before


async def test_an_event_sent_twice_under_one_id_is_recorded_once(clinic: Process) -> None:
    await enrolled(clinic, "TWICE", ())
    line = (
        "record",
        "TWICE",
        "wbc",
        "85",
        "--unit",
        "10^9/L",
        "--sampled",
        "2025-02-01",
        "--id",
        "wbc-1",
        "--json",
    )
    first, second = await clinic(*line), await clinic(*line)
    assert (first.status, second.status) == (0, 0)
    assert first.data["event_id"] == second.data["event_id"] == "wbc-1"
    assert first.data["revision"] == second.data["revision"]
    corrected = await clinic("correct", "TWICE", "wbc-1", "58", "--reason", "digits swapped")
    assert corrected.status == 0, corrected.err
    late = await clinic("correct", "TWICE", "wbc-1", "59")
    assert late.status == 3


async def test_without_the_server_the_plan_is_computed_from_the_store(
    clinic: Process, own_settings: Settings
) -> None:
    await enrolled(clinic, "AWAY", SCREENING[:2])
    asked = await clinic("show", "AWAY", "--json")
    away = Process({**clinic.environment, "ALLPATH_TEMPORAL_ADDRESS": "127.0.0.1:1"}, clinic.folder)
    shown = await away("show", "AWAY", "--json")
    assert shown.status == 0, shown.err
    assert "computed from the events in the store" in shown.err
    assert shown.data["source"] == "store"
    assert shown.data["plan"]["criteria"] == asked.data["plan"]["criteria"]
    # With the text that the pathway is pinned to replaced by another, nothing is computed; what was stored is shown as such.
    pinned = shown.data["plan"]["tracks"]
    file = own_settings.database_url.partition(":///")[2]
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE pathways SET protocol_hash = 'feedfacefeed' WHERE subject = 'AWAY'")
    stored = await away("show", "AWAY", "--json")
    assert stored.status == 4
    assert "text feedfacefeed" in stored.err
    assert "Nothing is computed with another text" in stored.err
    assert stored.data["plan"] is None
    assert stored.data["stored"]["phases"] == {track["id"]: track["phase"] for track in pinned}
    for_people = await away("show", "AWAY")
    assert (for_people.status, "not computed anew" in for_people.out) == (4, True)
    nobody = await away("show", "NOBODY")
    assert nobody.status == 4
    assert "127.0.0.1:1" in nobody.err
    assert "the store has no pathway of NOBODY" in nobody.err
    assert (await away("record", "AWAY", "wbc", "85", "--unit", "10^9/L")).status == 4
    assert own_settings.temporal_address not in shown.err


async def test_a_judgement_is_bound_to_what_was_seen(clinic: Process) -> None:
    await enrolled(clinic, "JUDGE", ())
    assert (
        await clinic("record", "JUDGE", "--do", "first_prednisone", "--at", "2025-02-05 09:00")
    ).status == 0
    marrow = (
        "record",
        "JUDGE",
        "marrow_blasts",
        "--point",
        "EOI",
        "--sampled",
        "2025-03-10",
        "--unit",
        "%",
    )
    assert (await clinic(*marrow[:3], "30", *marrow[3:], "--id", "m1")).status == 0

    async def asked() -> dict[str, Any]:
        shown = await clinic("show", "JUDGE", "--json")
        return next(c for c in shown.data["plan"]["criteria"] if c["id"] == "X6")

    first = await asked()
    assert first["verdict"] == "REVIEW"
    assert first["digest"][:8] in (await clinic("show", "JUDGE")).out
    judge = ("judge", "JUDGE", "X6", "PASS", "--reason", "discussed")
    unseen = await clinic(*judge)
    assert (unseen.status, "X6 of JUDGE is not answered unseen" in unseen.err) == (2, True)
    # What was seen has changed meanwhile.
    assert (await clinic("correct", "JUDGE", "m1", "35")).status == 0
    moved = await clinic(*judge, "--seen", first["digest"])
    assert (moved.status, "the plan has moved since it was shown" in moved.err) == (3, True)
    seen = (await asked())["digest"]
    done = await clinic(*judge, "--seen", seen[:8], "--id", "j1")
    assert (done.status, done.out.count("recorded")) == (0, 1), done.err
    assert ((await asked())["verdict"], (await asked())["judged"]) == ("PASS", True)
    # Sent again it is recorded once; of two who judge at once, the second hears of the first.
    assert (await clinic(*judge, "--seen", seen[:8], "--id", "j1")).status == 0
    second = await clinic("judge", "JUDGE", "X6", "FAIL", "--reason", "too many", "--seen", seen)
    assert (second.status, "X6 was answered PASS by the clinician on" in second.err) == (3, True), second.err


async def test_a_pathway_whose_protocol_is_gone_is_shown_as_it_is_stored(
    clinic: Process, own_settings: Settings, temporal_client: Client
) -> None:
    await enrolled(clinic, "KEPT", SCREENING[:2])
    phases = (await clinic("show", "KEPT", "--json")).data["plan"]["tracks"]
    # What a program sees whose file of that protocol was taken away: the server and the store have it, and it has not.
    pinned = new_start("interfant-21", "GONE", Site("S01", "Europe/Berlin"))
    gone = pinned.model_copy(update={"trial": "gone", "version": "1.0", "protocol_hash": "feedfacefeed"})
    await temporal_client.start_workflow(
        PatientPathway.run,
        gone,
        id=gone.workflow_id,
        task_queue="nobody-serves-this",
        search_attributes=details.fixed(gone),
    )
    file = own_settings.database_url.partition(":///")[2]
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(
            "UPDATE pathways SET subject = 'GONE', trial = 'gone', protocol = 'gone@1.0' WHERE subject = 'KEPT'"
        )
    while not [each async for each in listing.pathways(temporal_client, subject="GONE")]:
        pass  # the server's index is a moment behind
    lines = (
        "show GONE --json",
        "show GONE --trial gone",
        "timeline GONE",
        "explain GONE",
        "explain GONE risk",
    )
    shown, *others = await asyncio.gather(*(clinic(*line.split()) for line in lines))
    for said in (shown, *others):
        assert said.status == 4, said.err
        assert "not answered by the workflow, as stored at " in said.err
        assert "GONE is pinned to gone@1.0" in said.err
    assert shown.data["stored"]["phases"] == {track["id"]: track["phase"] for track in phases}
    assert all(said.out for said in others)
    recorded = await clinic("record", "GONE", "wbc", "85", "--unit", "10^9/L")
    assert (recorded.status, "recorded" in recorded.out) == (4, False), recorded.err
    assert "GONE is pinned to a text that is not here, gone@1.0 with the hash feedfacefeed" in recorded.err
    # So it is where the program has another text under the name.
    other = pinned.model_copy(update={"subject": "CHANGED", "protocol_hash": "feedfacefeed"})
    await temporal_client.start_workflow(
        PatientPathway.run, other, id=other.workflow_id, task_queue="nobody-serves-this"
    )
    writing = (
        ("record", "CHANGED", "wbc", "85", "--unit", "10^9/L"),
        ("void", "CHANGED", "e1", "--reason", "x"),
        ("confirm", "CHANGED", "risk"),
    )
    for said in await asyncio.gather(*(clinic(*line) for line in writing)):
        assert said.status == 4
        assert "CHANGED is pinned to a text that is not here, interfant-21@" in said.err, said.err
        assert f"this program has {pinned.protocol_hash[:12]} under that name" in said.err
    # A trial that nobody knows is still a mistake.
    assert (await clinic("show", "GONE", "--trial", "gonne")).status == 2
