"""The key of the house, and what it signs."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.messages import RecordRequest
from contracts.statement import Statement, roles_at
from pathway.events import Report
from people.errors import HouseKeyError
from people.house import House, make_house_key, open_house

REPORT = Report(
    "e1", "observation", datetime(2025, 2, 1, 9, tzinfo=UTC), "clinician", name="weight", value="5", unit="kg"
)
REQUEST = RecordRequest(report=REPORT)
WHERE = {"workflow_id": "patient/toy/P1", "update": "record"}


@pytest.fixture
def signed(house: House) -> Statement:
    """A statement for one request."""
    return house.statement("KM", ["clinician@S01"], "password", request=REQUEST, **WHERE)


def test_a_house_knows_what_it_has_signed_also_after_a_journey(house: House, signed: Statement) -> None:
    there = Statement.model_validate_json(signed.model_dump_json())
    request = RecordRequest.model_validate_json(
        REQUEST.model_copy(update={"statement": signed}).model_dump_json()
    )
    assert house.is_ours(there, request=request, **WHERE)


@pytest.mark.parametrize(
    "other",
    [
        {"person": "DR"},
        {"held": ("clinician@S02",)},
        {"strength": "signature"},
        {"at": datetime(2025, 2, 1, 9, tzinfo=UTC)},
        {"signature": ""},
        {"signature": "not base64"},
    ],
)
def test_a_statement_that_was_changed_is_not_ours(
    house: House, signed: Statement, other: dict[str, object]
) -> None:
    assert not house.is_ours(signed.model_copy(update=other), request=REQUEST, **WHERE)


def test_a_statement_serves_for_nothing_else(house: House, signed: Statement) -> None:
    other = RecordRequest(
        report=Report("e1", "observation", REPORT.at, "clinician", name="weight", value="6", unit="kg")
    )
    assert not house.is_ours(signed, request=other, **WHERE)
    assert not house.is_ours(signed, workflow_id="patient/toy/P2", update="record", request=REQUEST)
    assert not house.is_ours(signed, workflow_id=WHERE["workflow_id"], update="archive", request=REQUEST)


def test_another_house_cannot_speak_for_this_one(house: House, tmp_path: Path) -> None:
    make_house_key(tmp_path / "other.key")
    said = open_house(tmp_path / "other.key").statement(
        "KM", ["clinician"], "password", request=REQUEST, **WHERE
    )
    assert not house.is_ours(said, request=REQUEST, **WHERE)


def test_a_key_that_is_there_is_never_replaced(key: Path) -> None:
    before = key.read_bytes()
    make_house_key(key)
    assert key.read_bytes() == before
    assert key.stat().st_mode & 0o077 == 0


def test_a_key_that_is_missing_open_or_damaged_is_refused_with_what_to_do(key: Path, tmp_path: Path) -> None:
    with pytest.raises(HouseKeyError, match="restore it"):
        open_house(tmp_path / "none.key")
    key.chmod(0o644)
    with pytest.raises(HouseKeyError, match="chmod 600"):
        open_house(key)
    key.chmod(0o600)
    key.write_text("nonsense")
    with pytest.raises(HouseKeyError, match="damaged"):
        open_house(key)


def test_a_role_counts_at_its_site_and_one_without_site_everywhere() -> None:
    held = ("clinician@S01", "coordinator", "laboratory@S02")
    assert roles_at(held, "S01") == ("clinician", "coordinator")
    assert roles_at(held, "") == ("coordinator",)
