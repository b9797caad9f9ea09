"""The rooms are as docs/engine.md draws them, and a stranger finds their way in them."""

import ast
import re

import pytest

from tests.house.import_graph import PROCESSES, ROOMS, ROOT, Graph, files, imports, reached

PAGE = (ROOT / "docs" / "engine.md").read_text(encoding="utf-8")
DRAWING = PAGE.split("```mermaid\n")[1].split("```")[0]
LIMIT = 400
"""Lines after which a file usually has two subjects."""
TEST_LIMIT = 650
"""Tables of tests may be longer."""


RULE_SETS = {"pathway.errors", "pathway.language.parsing"}
"""What `protocols.shared.rule_set` needs besides, to tell a trial that changes a cell which one is misspelt."""


def drawn() -> dict[str, set[str]]:
    """The arrows of the drawing, by room."""
    arrows: dict[str, set[str]] = {}
    for line in DRAWING.splitlines():
        if match := re.fullmatch(r"\s*(\w+) --> (\w+(?: & \w+)*)", line):
            arrows.setdefault(match[1], set()).update(match[2].split(" & "))
    return arrows


def labelled() -> dict[str, str]:
    """The boxes of the drawing: what stands in each, by room."""
    return dict(re.findall(r'^\s*(\w+)\["([^"]+)"\]', DRAWING, re.MULTILINE))


def room_of(module: str) -> str | None:
    """The box of the drawing that a module stands in, None for the bare package `pathway`."""
    top, *inside = module.split(".")
    if top != "pathway":
        return top
    if not inside:
        return None
    if inside[0] in labelled():
        return inside[0]
    found = [room for room, label in labelled().items() if inside[0] in re.split(r",\s*|<br>", label)]
    assert len(found) == 1, f"{module} stands in {found} of the drawing's boxes"
    return found[0]


def real() -> dict[str, set[str]]:
    """The imports between rooms."""
    arrows: dict[str, set[str]] = {}
    for module, targets in imports().items():
        here = room_of(module)
        for target in targets:
            there = room_of(target)
            if here and there and here != there:
                arrows.setdefault(here, set()).add(there)
    return arrows


def circles(graph: Graph) -> list[str]:
    """The nodes that reach themselves."""
    return sorted(node for node in graph if node in reached(graph, node))


def test_no_module_is_part_of_an_import_circle() -> None:
    assert circles(imports()) == []


def test_a_circle_would_be_found() -> None:
    assert circles(
        {"a": frozenset({"b"}), "b": frozenset({"c"}), "c": frozenset({"b"}), "d": frozenset("a")}
    ) == ["b", "c"]


def test_every_import_between_rooms_is_drawn_or_follows_from_what_is_drawn() -> None:
    arrows = {room: frozenset(targets) for room, targets in drawn().items()}
    nodes = {room: arrows.get(room, frozenset()) for room in labelled()}
    undrawn = [
        f"{room} --> {target}"
        for room, targets in sorted(real().items())
        for target in sorted(targets - reached(nodes, room))
    ]
    assert undrawn == []


def test_no_arrow_is_drawn_that_is_no_import() -> None:
    found = real()
    assert [
        f"{room} --> {target}"
        for room, targets in sorted(drawn().items())
        for target in sorted(targets)
        if target not in found.get(room, ())
    ] == []


def test_every_room_is_drawn() -> None:
    inside = {path.name for path in (ROOT / "pathway").iterdir() if (path / "__init__.py").is_file()}
    boxes = set(labelled())
    assert {*ROOMS, *PROCESSES, *inside} - {"pathway"} <= boxes
    assert {room_of(module) for module in files()} - {None} == boxes


def test_nothing_imports_tests_or_benchmarks() -> None:
    for path in files().values():
        assert not re.search(
            r"^\s*(from|import) (tests|benchmarks)\b", path.read_text("utf-8"), re.MULTILINE
        ), path


@pytest.mark.parametrize(
    "package",
    [name for name, path in files().items() if path.name == "__init__.py"],
)
def test_every_room_says_in_its_first_lines_what_it_is_for(package: str) -> None:
    assert ast.get_docstring(ast.parse(files()[package].read_text(encoding="utf-8")))


def test_a_protocol_needs_the_language_and_other_protocols_alone() -> None:
    strangers = {
        f"{module} imports {target}"
        for module, targets in imports().items()
        if module.startswith("protocols.")
        for target in targets
        if target != "pathway.language"
        and not target.startswith("protocols.")
        and not (module == "protocols.shared.rule_set" and target in RULE_SETS)
    }
    assert strangers == set()


def test_no_file_grows_past_what_one_subject_needs() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in files().values()
    }
    assert {file: lines for file, lines in lengths.items() if lines > LIMIT} == {}


def test_no_file_of_tests_grows_past_what_one_table_needs() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in (ROOT / "tests").rglob("*.py")}
    assert {str(path): n for path, n in lengths.items() if n > TEST_LIMIT} == {}


CLOCKS = {
    "pathway.engine.context",
    "pathway.engine.decisions",  # at its own instant what was settled is what is found
    "pathway.engine.items",  # by the day; its windows ask for the instant
    "pathway.engine.latches",  # keeps when it was asked, and compares that with moments of the past alone
    "pathway.engine.lapses",  # a moment that was found is told with its instant
    "pathway.engine.reread",
}
"""Who may read the instant of an evaluation. A part that compares it by itself is kept after the answer has changed."""
HELD = ("ctx", "then", "past", "before")
"""What the engine calls an evaluation."""


def test_the_clock_is_asked_through_passed() -> None:
    readers = {
        module
        for module, path in files().items()
        if module.startswith("pathway.engine.")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "now" and ast.unparse(node.value) in HELD
    }
    assert readers <= CLOCKS
