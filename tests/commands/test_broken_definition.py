"""What is wrong in a definition is told with the part, the file and the line."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pathway.errors import ProtocolError
from pathway.language import ProfileKey
from pathway.language.references import check_references
from tests.commands.conftest import Allpath
from tests.protocols.sixth import REVAX
from tests.protocols.test_a_sixth_protocol import WHOLE

LYMPHOCYTES = 'Compare(Reading("lymphocytes"), Param("lymphocytes_min"))'
DEATH = 'Action("death", "Death", registry(), ends="life")'
MISTAKES = {
    "a text for a limit": (
        LYMPHOCYTES,
        'Compare(Reading("lymphocytes"), ">= 1")',
        "criteria I3, holds, limit: expected a Limit or a Param",
    ),
    "a pair of three": (
        "grades=(0, 5)",
        "grades=(0, 5, 6)",
        "adverse_events ALLERGY, grades: expected 2 values, and got 3",
    ),
    "a comma too few": (
        '("GIVEN",)), registry()),',
        '("GIVEN")), registry()),',
        "criteria I1, holds, values: expected a tuple, and got 'GIVEN'",
    ),
    "a text for a number": (
        'Moment("SECOND", days=28)',
        'Moment("SECOND", days="28")',
        "days: expected a whole number or a Param, and got '28'",
    ),
    "a list for a tuple": (
        'anywhere=(Exit("OFF", OUT, registry()),)',
        'anywhere=[Exit("OFF", OUT, registry())]',
        "anywhere: expected a tuple, and got a list",
    ),
    "an unknown keyword": (
        "registry(), terminal=True",
        "registry(), terminl=True",
        "Phase() got an unexpected keyword argument 'terminl'; did you mean terminal?; accepted: id, text, source, exits",
    ),
    "no source": (
        DEATH,
        'Action("death", "Death", ends="life")',
        "missing 1 required positional argument: 'source'; accepted: id, text, source",
    ),
    "a source without brackets": (
        DEATH,
        'Action("death", "Death", registry, ends="life")',
        "actions death, source: expected a Source, and got registry itself",
    ),
    "a text for texts": (
        'blocks=("second_dose",)',
        'blocks="second_dose"',
        "TITRE-MISSING, blocks: expected a tuple, and got 'second_dose'",
    ),
    "None for a condition": (
        '"Protected", Reached("SAFE")',
        '"Protected", None',
        "milestones SAFE, when: expected a predicate, and got None",
    ),
    "a text for a condition": (
        '"Protected", Reached("SAFE")',
        '"Protected", "SAFE"',
        "milestones SAFE, when: expected a predicate, and got 'SAFE'",
    ),
    "an id twice": (DEATH, 'Action("withdrawn", "Death", registry())', "action withdrawn is defined twice"),
    "an unknown anchor": (
        '"Protected", Reached("SAFE")',
        '"Protected", Reached("SAVE")',
        "anchor 'SAVE' is not defined; did you mean SAFE?",
    ),
    "an unknown fact": (
        'Sampled(Reading("survival"))',
        'Sampled(Reading("surviva"))',
        "fact 'surviva' is not defined; did you mean survival?",
    ),
    "a circle": (
        '(Offset("TITRE", 14),)',
        '(Offset("SECOND", 14),)',
        "a cycle: anchor SECOND -> anchor SECOND",
    ),
    "an unknown role": (
        '"clinician", scopes=',
        '"clinican", scopes=',
        "actions vaccinated, role: 'clinican' is not known; accepted: 'coordinator'",
    ),
    "an unknown operator": (
        'Dates(Day("D1"), ">="',
        'Dates(Day("D1"), "=>"',
        "criteria I2, holds, op: '=>' is not known; accepted: '<'",
    ),
    "a decimal that is no text": ("grades=(0, 5)", "grades=(0, 5.0)", 'write it as text: "5.0"'),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_file_and_line(allpath: Allpath, tmp_path: Path, name: str) -> None:
    right, wrong, told = MISTAKES[name]
    assert right in WHOLE
    text = WHOLE.replace(right, wrong, 1)
    changed = zip(WHOLE.splitlines(), text.splitlines(), strict=True)
    line = next(n for n, (before, after) in enumerate(changed, start=1) if before != after)
    file = tmp_path / "broken.py"
    file.write_text(text, encoding="utf-8")
    said = allpath("protocol", "show", file)
    assert (said.status, f"broken.py, line {line}: " in said.err, told in said.err) == (2, True, True), (
        said.err
    )
    proved = allpath("prove", file)
    assert (proved.status, f"broken.py, line {line}: " in proved.err) == (2, True), proved.err


SHAPES = tuple(MISTAKES[name] for name in ("a text for a limit", "a pair of three", "a list for a tuple"))
CELLS = (
    (
        'closed=("unobtainable"',
        'closed=("unobtainble"',
        "'unobtainble' is not defined; did you mean unobtainable?",
    ),
    (
        'all_of(Reached("D1"), without(Crit("I2")))',
        'all_of(Reached("D1"), type(without(Crit("I2")))(Crit("I2"), ("FALL",)))',
        "verdict 'FALL' is not defined; did you mean FAIL?",
    ),
)


@pytest.mark.parametrize("mistakes", [SHAPES, CELLS])
def test_all_mistakes_are_told_together_each_with_its_line(
    allpath: Allpath, tmp_path: Path, mistakes: tuple[tuple[str, str, str], ...]
) -> None:
    text = WHOLE
    for right, wrong, _ in mistakes:
        assert right in text
        text = text.replace(right, wrong, 1)
    file = tmp_path / "broken.py"
    file.write_text(text, encoding="utf-8")
    said = allpath("protocol", "show", file)
    lines = said.err.splitlines()
    expected = {(text[: text.index(wrong)].count("\n") + 1, told) for _, wrong, told in mistakes}
    found = {
        (line, told)
        for line, told in expected
        for each in lines
        if f"broken.py, line {line}: " in each and told in each
    }
    assert (said.status, len(lines), found) == (2, len(mistakes), expected), said.err


def test_ten_mistakes_are_told_and_the_rest_is_counted(allpath: Allpath, tmp_path: Path) -> None:
    text = WHOLE.replace("registry()", "registry")
    file = tmp_path / "broken.py"
    file.write_text(text, encoding="utf-8")
    *told, last = allpath("protocol", "show", file).err.splitlines()
    assert (len(told), all("broken.py, line " in each for each in told)) == (10, True)
    assert re.fullmatch(r"and \d+ more", last)


def test_study_days_of_the_profile_need_a_day_one_and_without_them_none_is_needed() -> None:
    without = replace(REVAX, day_one="D1", anchors=tuple(a for a in REVAX.anchors if a.id != "D1"))
    key = ProfileKey("start", "study_day", "D36", "start", REVAX.profile[0].source)
    with pytest.raises(ProtocolError, match="day_one 'D1' is not defined"):
        check_references(replace(without, profile=(*without.profile, key)))
    check_references(without)
