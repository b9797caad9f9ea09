"""Wrong use: status 2, one message that says what would be accepted. Found before anything is asked of a server."""

from pathlib import Path

import pytest

from runtime.keys import make_keys
from tests.commands.conftest import Allpath


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("record P1", "record one thing"),
        ("record P1 mrd", "the value is missing"),
        ("record P1 mrd 1e-4 --do infusion_started", "record one thing"),
        ("record P1 --do infusion_started --unit mg", "takes no value, unit"),
        ("record P1 --ae CRS", "the grade is missing"),
        ("record P1 mrd 1e-4 --grade 3", "belong to an adverse event"),
        ("record P1 mrd 1e-4 --sampled 2025-03-07 --at 2025-03-07", "both say when"),
        ("record P1 mrd 1e-4 --with assay", "expected NAME=VALUE"),
        ("record P1 mrd 1e-4 --with assay=PCR --with assay=NGS", "given twice"),
        ("record P1 mrd 1e-4 --as doctor", "role 'doctor' is not known"),
        ("record p1 mrd 1e-4", "capital letters"),
        ("record P mrd 1e-4", "2 to 32"),
        ("record 2024-06-06Müller mrd 1e-4", "Names and dates of birth must never be used"),
        ("correct P1 e1", "changes nothing"),
        ("show P1 --trial interfant-12", "interfant-21"),
        ("enrol P1 --protocol interfant-12 --site S01", "interfant-21"),
        ("enrol P1 --protocol interfant-21 --site S01 --zone Europe/Berlim", "IANA"),
        ("enrol P1 --protocol interfant-21 --site S01 --country Germany", "two capital letters"),
        ("enrol P1 --protocol interfant-21 --site S01 --set blina1_star=D36", "blina1_start"),
        ("enrol P1 --protocol interfant-21 --site S01 --set blina1_start=soon", "D36"),
        ("enrol P1 --protocol interfant-21 --site S01 --set length_IB=42", "placeholder"),
        ("enrol P1 --protocol interfant-21 --site S01 --start 2025-02-01", "--rehearsal"),
        ("timeline P1 --kind milestones", "milestone"),
        ("rehearse nowhere.yaml", "nowhere.yaml"),
        ("rehearse x.yaml --compare", "--durable"),
        ("protocol show interfant-12", "interfant-21"),
        ("protocol diagram interfant-21 --track treatmnt", "treatment"),
        ("demo nowhere.yaml", "nowhere.yaml"),
        ("--demo show P1", "there is no demo"),
    ],
)
def test_wrong_use_is_told_with_what_would_be_accepted(
    allpath: Allpath, line: str, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ALLPATH_DATA_DIR", str(tmp_path))
    make_keys(tmp_path / "payload.key")
    said = allpath(*line.split())
    assert said.status == 2
    assert words in said.err


@pytest.mark.parametrize("line", ["recrod P1", "record P1 mrd 1e-4 --untt fraction", "show", "due --kind x"])
def test_unknown_commands_and_options_have_status_2(allpath: Allpath, line: str) -> None:
    said = allpath(*line.split())
    assert said.status == 2
    assert said.err


def test_a_server_that_does_not_answer_has_status_4(
    allpath: Allpath, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ALLPATH_DATA_DIR", str(tmp_path))
    make_keys(tmp_path / "payload.key")
    monkeypatch.setenv("ALLPATH_TEMPORAL_ADDRESS", "127.0.0.1:1")
    for line in (
        "record P1 wbc 85 --unit G/L",
        "show P1",
        "confirm P1 risk",
        "enrol P1 --protocol interfant-21 --site S01",
    ):
        said = allpath(*line.split())
        assert said.status == 4, line
        assert "127.0.0.1:1" in said.err
        assert "allpath server" in said.err


@pytest.mark.parametrize(
    "line",
    [
        "prove mine",
        "protocol show mine",
        "protocol diagram mine",
        "protocol docs mine",
        "enrol P1 mine --site S01",
        "show P1 --trial mine",
    ],
)
def test_whoever_names_a_protocol_that_is_not_there_hears_how_a_file_is_named(
    allpath: Allpath, line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ALLPATH_DATA_DIR", str(tmp_path))
    make_keys(tmp_path / "payload.key")
    monkeypatch.setenv("ALLPATH_TEMPORAL_ADDRESS", "127.0.0.1:1")
    said = allpath(*line.split())
    assert said.status == 2
    assert "named by its path" in said.err
    assert "--protocol mine.py" in said.err


def test_a_refused_connection_is_told_without_the_structures_of_a_library(
    allpath: Allpath, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ALLPATH_DATA_DIR", str(tmp_path))
    make_keys(tmp_path / "payload.key")
    monkeypatch.setenv("ALLPATH_TEMPORAL_ADDRESS", "127.0.0.1:1")
    said = allpath("record", "P1", "mrd", "2e-4", "--unit", "fraction")
    assert said.status == 4
    assert "no Temporal server answers at 127.0.0.1:1 (Connection refused). Start one with" in said.err
