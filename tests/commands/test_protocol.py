"""`allpath protocol`: every id that an event or a program may name."""

from protocols import compiled
from tests.commands.conftest import Allpath


def test_list_names_every_version_with_its_hash(allpath: Allpath) -> None:
    said = allpath("protocol", "list", "--json")
    hashes = {p["name"]: p["hash"] for p in said.data["protocols"]}
    for name in ("interfant-21", "cbc-all2024-1", "ino-dli", "dara-tall"):
        assert hashes[name] == compiled(name).hash
    assert "NCT05327894" in allpath("protocol", "list").out


def test_show_lists_every_id_that_a_timeline_can_hold(allpath: Allpath) -> None:
    data = allpath("protocol", "show", "interfant-21", "--json").data
    parts = ("decisions", "items", "ledgers", "milestones", "deviations", "endpoints", "notices")
    listed = {part["id"] for name in parts for part in data[name]}
    listed |= {phase["id"] for track in data["tracks"] for phase in track["phases"]}
    assert listed == set(compiled("interfant-21").statements)


def test_show_tells_type_unit_points_and_values_of_every_fact(allpath: Allpath) -> None:
    facts = {f["id"]: f for f in allpath("protocol", "show", "interfant-21", "--json").data["facts"]}
    assert facts["mrd"]["type"] == "number"
    assert facts["mrd"]["units"] == ["fraction", "%"]
    assert "EOI" in facts["mrd"]["points"]
    assert facts["cns"]["values"] == ["CNS1", "CNS2", "CNS3"]


def test_show_names_events_roles_profile_keys_phases_and_tracks(allpath: Allpath) -> None:
    data = allpath("protocol", "show", "interfant-21", "--json").data
    assert {"infusion_started", "CRS"} <= set(data["events"])
    assert "clinician" in data["roles"]
    assert {"key": "blina1_start", "type": "study_day", "default": "D36"}.items() <= next(
        key for key in data["profile"]["keys"] if key["key"] == "blina1_start"
    ).items()
    assert "treatment" in [track["id"] for track in data["tracks"]]


def test_show_for_people_fits_a_narrow_window_without_losing_an_id(allpath: Allpath) -> None:
    said = allpath("protocol", "show", "interfant-21")
    assert said.status == 0
    assert "BL1-END-MRD-MISSING" in said.out


def test_diagram_is_mermaid_with_every_phase_and_way(allpath: Allpath) -> None:
    said = allpath("protocol", "diagram", "interfant-21")
    assert "stateDiagram-v2" in said.out
    protocol = compiled("interfant-21").protocol
    for track in protocol.tracks:
        for phase in track.phases:
            assert f"as {track.id}_{phase.id}" in said.out
            for way in phase.exits:
                assert f"{track.id}_{phase.id} --> {track.id}_{way.to}:" in said.out


def test_diagram_of_one_track(allpath: Allpath) -> None:
    said = allpath("protocol", "diagram", "interfant-21", "--track", "transplant")
    assert "transplant_" in said.out
    assert "treatment_" not in said.out
