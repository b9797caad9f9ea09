"""`allpath endpoints cif`: cumulative incidence over the endpoints of many patients."""

import json
from pathlib import Path

from tests.commands.conftest import ROOT, Allpath

TIMES = (
    *((t, "RELAPSE") for t in (2, 6, 12)),
    *((t, "NRM") for t in (3, 6, 15)),
    *((t, "") for t in (5, 9, 24, 24)),
)


def plan(days: int | None, event: str, start: str | None = "2025-03-03") -> dict[str, object]:
    state = {
        "id": "CIR",
        "start": start,
        "event": {"name": event, "day": "2025-04-01"} if event else None,
        "days": days,
    }
    return {"plan": {"endpoints": [state]}}


def test_the_worked_example_of_ten_patients(allpath: Allpath, tmp_path: Path) -> None:
    files = []
    for n, (days, event) in enumerate(TIMES):
        files.append(tmp_path / f"P{n}.json")
        files[-1].write_text(json.dumps(plan(days, event)))
    said = allpath("endpoints", "cif", *files, "--endpoint", "CIR", "--json").data
    assert said["patients"] == 10
    last = said["steps"][-1]
    assert (last["days"], last["at_risk"], last["incidence"], last["event_free"]) == (
        15,
        3,
        {"NRM": "5/14", "RELAPSE": "5/14"},
        "2/7",
    )


def test_rehearsed_patients_are_read_from_one_file(allpath: Allpath, tmp_path: Path) -> None:
    scenarios = [ROOT / "scenarios" / "ino-dli" / f"{name}.yaml" for name in ("I9", "I9-nrm", "I9-same-day")]
    played = tmp_path / "patients.json"
    played.write_text(allpath("rehearse", *scenarios, "--json").out)
    said = allpath("endpoints", "cif", played, "-e", "CIR")
    assert said.status == 0
    assert "CIR: 3 patients" in said.out
    assert "Event-free" in said.out


def test_who_has_not_begun_or_was_never_seen_is_left_out_and_told(allpath: Allpath, tmp_path: Path) -> None:
    file = tmp_path / "all.json"
    file.write_text(json.dumps([plan(None, "", None), plan(None, ""), plan(30, "RELAPSE")]))
    data = allpath("endpoints", "cif", file, "-e", "CIR", "--json").data
    assert (data["patients"], data["not_begun"], data["no_contact"]) == (1, 1, 1)


def test_wrong_use_names_what_is_accepted(allpath: Allpath, tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    file.write_text(json.dumps(plan(3, "")))
    said = allpath("endpoints", "cif", file, "-e", "CIRR")
    assert (said.status, "did you mean CIR?" in said.err) == (2, True)
    file.write_text("x: 1")
    assert "is not JSON" in allpath("endpoints", "cif", file, "-e", "CIR").err
    file.write_text("{}")
    assert "holds no plans" in allpath("endpoints", "cif", file, "-e", "CIR").err
