"""What is wrong in a definition is told with the part, the file and the line."""

from pathlib import Path

import pytest

from tests.commands.conftest import Allpath
from tests.protocols.test_a_sixth_protocol import WHOLE

LYMPHOCYTES = 'Compare(Reading("lymphocytes"), Param("lymphocytes_min"))'
DEATH = 'Action("death", "Death", registry())'
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
        "unexpected keyword argument 'terminl'",
    ),
    "no source": (DEATH, 'Action("death", "Death")', "missing 1 required positional argument: 'source'"),
    "a source without brackets": (
        DEATH,
        'Action("death", "Death", registry)',
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
