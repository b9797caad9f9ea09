"""The registry reads a file when a protocol is asked for that it may define, and no other."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import protocols
from pathway.errors import ProtocolError
from tests.protocols.test_a_sixth_protocol import ROOT, STRANGER, WHOLE

ASK = STRANGER.partition("from commands.app")[0] + (
    "import protocols\n"
    "version = protocols.find(sys.argv[2]).version.number\n"
    "read = sorted(m for m in sys.modules if m.count('.') == 1 and m.startswith('protocols.'))\n"
    "print(version, *read)\n"
)
AMENDED = (
    "from dataclasses import replace\nfrom pathway.language import Version\nfrom protocols.revax import REVAX\n"
    'SECOND = replace(REVAX, version=Version("2.0", "2026-06-01", "an amendment"))\n'
)
COMPUTED = (
    "from dataclasses import replace\nfrom protocols.revax import REVAX\n"
    'OTHER = replace(REVAX, name="-".join(["re", "vax"]))\n'
)


def asked(folder: Path, name: str, **files: str) -> list[str]:
    """The version that is found, and the modules that were read for it, with these files beside the others."""
    for module, text in files.items():
        (folder / f"{module}.py").write_text(text, encoding="utf-8")
    found = subprocess.run(
        [sys.executable, "-c", ASK, str(folder), name],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    return found.stdout.split()


def test_only_the_files_that_may_define_a_protocol_are_read_for_it(tmp_path: Path) -> None:
    assert asked(tmp_path, "revax-1", revax=WHOLE) == ["1.0", "protocols.revax"]


def test_an_amendment_in_a_file_of_its_own_is_the_newest_version(tmp_path: Path) -> None:
    version, *read = asked(tmp_path, "revax-1", revax=WHOLE, later=AMENDED)
    assert (version, read) == ("2.0", ["protocols.later", "protocols.revax"])


@pytest.mark.parametrize("name", ["re-vax", "revax-1"])
def test_a_protocol_whose_name_is_computed_is_found(tmp_path: Path, name: str) -> None:
    version, *read = asked(tmp_path, name, revax=WHOLE, other=COMPUTED)
    assert (version, "protocols.revax" in read) == ("1.0", True)


def test_nobody_is_enrolled_in_a_text_that_differs_from_the_published_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lock = tmp_path / "versions.lock"
    monkeypatch.setattr(protocols, "LOCK", lock)
    protocols.check_locked("own@0.1", "a" * 64)
    lock.write_text(json.dumps({"own@0.1": "b" * 64}))
    with pytest.raises(ProtocolError, match=r"own@0\.1 has changed since it was published"):
        protocols.check_locked("own@0.1", "a" * 64)
    protocols.check_locked("own@0.1", "b" * 64)
