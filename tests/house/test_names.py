"""Texts name files and modules that exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.import_graph import ROOMS, ROOT, files

TOPS = "|".join((*ROOMS, "tests", "benchmarks", "docs", "scenarios"))
PATHS = re.compile(rf"(?<![\w/.])(?:{TOPS})(?:/[\w.-]+)+/?")
DOTTED = re.compile(rf"`((?:{'|'.join(ROOMS)})(?:\.\w+)+)`")
INVENTED = (
    "protocols/revax.py", "docs/protocols/revax-1.md", "scenarios/revax-1/", "protocols/kept.py", "protocols/next.py",
)  # fmt: skip
"""What readers of docs/writing-a-protocol.md make themselves, and files that tests invent."""
TEXTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", "pyproject.toml")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *files().values(),
    *sorted((ROOT / "tests").rglob("*.py")),
    *sorted((ROOT / "benchmarks").rglob("*.py")),
]


def paths_in(text: str) -> Iterator[str]:
    """The paths below the root that a text names; a link's `../` before them does not count."""
    for name in PATHS.findall(text.replace("../", "")):
        if not name.startswith(INVENTED):
            yield name.rstrip(".")


def exists(path: str, beside: Path) -> bool:
    """Whether there is such a file or folder, below the root or beside the text that names it."""
    return any((place / path).exists() for place in (ROOT, beside))


def is_code(dotted: str) -> bool:
    """Whether a dotted name leads to a module, or to something that its module defines."""
    module, rest = dotted, ""
    while module not in files():
        module, _, last = module.rpartition(".")
        rest = last or rest
        if not module:
            return False
    return not rest or re.search(rf"\b{rest}\b", files()[module].read_text("utf-8")) is not None


@pytest.mark.parametrize("room", sorted({path.relative_to(ROOT).parts[0] for path in TEXTS}))
def test_every_file_and_module_that_is_named_exists(room: str) -> None:
    missing = []
    for text in TEXTS:
        if text.relative_to(ROOT).parts[0] == room and text != Path(__file__):
            content = text.read_text(encoding="utf-8")
            wrong = [path for path in paths_in(content) if not exists(path, text.parent)]
            wrong += [name for name in DOTTED.findall(content) if not is_code(name)]
            missing += [f"{text.relative_to(ROOT)}: {name}" for name in wrong]
    assert missing == []


def test_every_link_between_pages_leads_somewhere() -> None:
    lost = [
        f"{page.name}: {link}"
        for page in TEXTS
        if page.suffix == ".md"
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in link and not (page.parent / link).exists()
    ]
    assert lost == []


def test_a_name_that_leads_nowhere_is_found() -> None:
    assert is_code("pathway.patient.admission.admit")
    assert not is_code("pathway.door.admit")
    assert list(paths_in("see [it](../pathway/door.py).")) == ["pathway/door.py"]
