"""What a patient's page begins with: what is needed now, with the commands that settle it; what waits for later is folded."""

import shlex
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from commands.options import Target
from commands.patient.patient_view import print_patient
from pathway.language.profile import make_profile
from pathway.patient.needed import Patient, needed_now, waiting
from pathway.patient.output import plan_json
from pathway.plan import TO_BE_RECORDED
from protocols import compiled
from tests.pathway.toy import SITE, Life

INTERFANT = compiled("interfant-21")


@pytest.fixture
def child() -> Life:
    """A child in the prephase, whose white cells were typed in another unit."""
    life = Life(INTERFANT, make_profile(INTERFANT.protocol))
    life.fact("2025-02-01T09:00", "birth_date", "2024-10-01")
    life.fact("2025-02-01T09:00", "wbc", "3125", unit="10^9/L")
    life.do("2025-02-01T12:00", "first_prednisone")
    return life


def seen(life: Life) -> Patient:
    """The patient on D3."""
    ctx = life.evaluation("2025-02-03T09:00")
    now = datetime(2025, 2, 3, 8, tzinfo=UTC)
    return Patient("P1", "interfant-21", SITE, False, False, now, plan_json(ctx), compiled("interfant-21"))


def test_every_entry_of_what_is_needed_now_says_how_it_is_settled(child: Life) -> None:
    entries = needed_now(seen(child))
    assert entries
    assert all(step.command.startswith("allpath ") for entry in entries for step in entry.steps)
    assert all(entry.steps for entry in entries)


def test_what_is_late_stands_before_what_is_due_and_a_doubted_value_is_among_them(child: Life) -> None:
    states = [entry.state for entry in needed_now(seen(child))]
    assert states == ["late", "review", "due", "due"]


def test_what_only_later_phases_need_is_counted_and_shown_on_request(
    child: Life, capsys: pytest.CaptureFixture[str]
) -> None:
    now, later = waiting(seen(child))
    assert "kmt2a" in [entry.key for entry in now]
    assert "mrd BL1-END" in [entry.key for entry in later]
    print_patient(seen(child), Target())
    folded = capsys.readouterr().out
    assert "more wait for what is not due yet" in folded
    assert "mrd BL1-END" not in folded
    print_patient(seen(child), Target(), everything=True)
    assert "mrd BL1-END" in capsys.readouterr().out


def test_what_is_needed_now_stands_before_infusions_and_what_comes(
    child: Life, capsys: pytest.CaptureFixture[str]
) -> None:
    print_patient(seen(child), Target())
    shown = capsys.readouterr().out
    assert shown.index("Needed now (4)") < shown.index("Waits for") < shown.index("Coming")


def changed(patient: Patient, key: str, **values: object) -> Patient:
    """The same patient with an item that stands otherwise."""
    items = [item | values if item["key"] == key else item for item in patient.plan["items"]]
    return replace(patient, plan=patient.plan | {"items": items})


@pytest.mark.parametrize(
    ("due", "needed"), [("2025-02-02", True), ("2025-02-03", True), ("2025-02-04", False)]
)
def test_what_is_blocked_on_its_day_is_needed_now_and_not_to_come(
    child: Life, capsys: pytest.CaptureFixture[str], due: str, needed: bool
) -> None:
    patient = changed(seen(child), "LP-PREPHASE", state="blocked", due=due, blocked_by="risk_initial")
    found = [entry for entry in needed_now(patient) if entry.key == "LP-PREPHASE"]
    assert [(entry.state, entry.who) for entry in found] == [("blocked", "blocked by risk_initial")] * needed
    assert [step.what for entry in found for step in entry.steps] == ["settle risk_initial first"] * needed
    print_patient(patient, Target())
    coming = capsys.readouterr().out.partition("Coming")[2]
    assert ("LP-PREPHASE" in coming) is not needed


@pytest.mark.parametrize(
    ("text", "needed"), [(f"d8: omitted {TO_BE_RECORDED}", True), ("d8: omitted", False)]
)
def test_what_was_left_out_is_needed_until_somebody_reports_it(child: Life, text: str, needed: bool) -> None:
    patient = changed(seen(child), "LP-PREPHASE", state="missed", text=text)
    assert ("LP-PREPHASE" in [entry.key for entry in needed_now(patient)]) is needed


@pytest.mark.parametrize("called", [(), ("--demo",), ("--rehearsal", "a b"), ("--demo", "--rehearsal", "X")])
def test_every_command_speaks_of_the_patient_that_is_shown(
    child: Life, capsys: pytest.CaptureFixture[str], called: tuple[str, ...]
) -> None:
    """What is copied from a rehearsal must not be recorded for the patient of the same pseudonym."""
    print_patient(seen(child), Target(label="x" if called else None, called=called), everything=True)
    shown = capsys.readouterr().out
    typed = [line[line.index("allpath ") :] for line in shown.splitlines() if ": allpath " in line]
    assert typed
    begin = shlex.join(("allpath", *called)) + " "
    assert [command for command in typed if not command.startswith(begin)] == []
    assert not called or [c for c in typed if c.removeprefix(begin).startswith("--")] == []
