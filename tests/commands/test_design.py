"""`allpath design` as people call it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.conftest import Allpath


def test_the_table_has_84_states_and_says_which_are_disputed(allpath: Allpath) -> None:
    said = allpath("design", "table", "rolling-six", "--json")
    assert len(said.data["states"]) == 84
    assert [(s["n"], s["t"], s["p"]) for s in said.data["states"] if s["disputed"]] == [
        (4, 0, 1),
        (5, 0, 1),
        (5, 0, 2),
        (6, 0, 1),
    ]
    shown = allpath("design", "table", "rolling-six", "--version", "P14")
    assert "table P14 says SUSPEND, P13 says ESCALATE" in shown.out
    assert "no row for an empty level" in shown.out
    assert allpath("design", "table", "three-plus-three").status == 0


def test_an_advice_comes_with_its_reason(allpath: Allpath) -> None:
    said = allpath("design", "advise", "rolling-six", "6", "2", "4")
    assert said.out.startswith("DE_ESCALATE")
    assert "whatever the patients pending will show" in " ".join(said.out.split())
    assert allpath("design", "advise", "rolling-six", "5", "0", "2", "--json").data["disputed"] is True


def test_simon_prints_both_designs(allpath: Allpath) -> None:
    said = allpath("design", "simon", "--p0", ".1", "--p1", ".3", "--alpha", ".05", "--beta", ".2")
    for words in ("1 of 10", "5 of 29", "15.01", "0.7361", "1 of 15", "5 of 25", "19.51", "0.5490"):
        assert words in said.out
    optimal, minimax = allpath("design", "simon", "--p0", "0.2", "--p1", "0.4", "--json").data["designs"]
    assert [optimal[k] for k in ("r1", "n1", "r", "n")] == [3, 13, 12, 43]
    assert [minimax[k] for k in ("r1", "n1", "r", "n")] == [4, 18, 10, 33]


@pytest.mark.parametrize("design", ["rolling-six", "three-plus-three"])
def test_a_simulation_names_levels_and_writes_a_plot(allpath: Allpath, design: str, tmp_path: Path) -> None:
    plot = tmp_path / "plot.png"
    line = ["design", "simulate", design, "--dlt", "0.05,0.15,0.35", "--levels", "-1,1,2", "--start", "1"]
    line += ["--trials", "200", "--seed", "3"]
    said = allpath(*line, "--plot", plot, "--states")
    assert said.status == 0, said.err
    for words in ("Declared MTD", "Escalated", "Stopped, no level tolerable", "Duration, days", "(0, 0, 0)"):
        assert words in said.out
    assert plot.read_bytes().startswith(b"\x89PNG")
    data = allpath(*line, "--json").data
    assert [each["level"] for each in data["levels"]] == ["-1", "1", "2"]
    ends = [
        data["stopped_toxic"],
        *(e[k] for e in data["levels"] for k in ("mtd", "recommended_without_mtd")),
    ]
    assert sum(end["value"] for end in ends) == pytest.approx(1)
    assert data == allpath(*line, "--json").data


def test_a_two_stage_simulation_stands_beside_the_exact_values(allpath: Allpath) -> None:
    line = ["design", "simulate", "simon", "--p0", ".2", "--p1", ".4", "--trials", "300"]
    assert "0.7473" in allpath(*line).out
    null, real = allpath(*line, "--json").data["rates"]
    assert null["early_termination"]["exact"] == pytest.approx(0.747324)
    assert real["promising"]["value"] == pytest.approx(0.8, abs=0.1)
    given = allpath(
        "design", "simulate", "simon", "--design", "3/13,12/43", "--rate", ".2", "--trials", "300", "--json"
    )
    assert given.data["rates"][0] == null


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("table rolling-sex", "did you mean rolling-six"),
        ("table rolling-six --version P15", "accepted: P13, P14"),
        ("table three-plus-three --version P13", "belongs to rolling-six"),
        ("advise rolling-six 2 2 1", "more than the 2 patients"),
        ("advise rolling-six 7 1 0", "ends at 6"),
        ("simon --p0 .3 --p1 .1", "p0 < p1"),
        ("simon --p0 x --p1 .1", "a decimal between 0 and 1"),
        ("simon --p0 .10 --p1 .12", "too close"),
        ("simulate rolling-six --dlt a", "0.05,0.15,0.35"),
        ("simulate rolling-six --dlt 1.2", "0 to 1"),
        ("simulate rolling-six --dlt .1 --version P15", "accepted: P13, P14"),
        ("simulate rolling-six --dlt .1 --start 2", "accepted: 1"),
        ("simulate rolling-six --dlt .1,.2 --levels a", "one each"),
        ("simulate rolling-six --dlt .1,.2 --levels a,a", "stands twice"),
        ("simulate rolling-six --dlt .1 --trials 0", "1 to 1000000"),
        ("simulate rolling-six --dlt .1 --plot x.pdf", ".svg or .png"),
        ("simulate rolling-six --dlt .1 --plot nowhere/x.png", "no folder nowhere"),
        ("simulate rolling-six --dlt .1 --inevaluable 1", "from 0 to below 1"),
        ("simulate rolling-six --dlt .1 --every 0", "more than 0"),
        ("simulate rolling-six --dlt .1 --every 1e-6", "within a window"),
        ("simulate simon --p0 .1", "--p0 and --p1"),
        ("simulate simon --design 3/13,12/43", "--rate"),
        ("simulate simon --design 3of13 --rate .2", "3/13,12/43"),
        ("simulate simon --design 14/13,12/43 --rate .2", "r1 < n1 < n"),
        ("simulate simon --p0 .2 --p1 .4 --kind best", "optimal and minimax"),
        ("simulate simon --p0 .2 --p1 .4 --rate 2", "0 to 1"),
    ],
)
def test_wrong_use_ends_with_status_2_and_what_is_accepted(allpath: Allpath, line: str, words: str) -> None:
    said = allpath("design", *line.split())
    assert said.status == 2
    assert words in said.err
