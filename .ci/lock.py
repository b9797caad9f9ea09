"""Tell, without a network, whether requirements.lock was made from the dependencies that pyproject.toml names.

`python .ci/lock.py check` exits 1 with a reason if not; `python .ci/lock.py stamp` marks a lock just made.
The mark is the first line of the lock: a hash of everything in pyproject.toml that decides what is installed.
"""

import hashlib
import json
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
MARK = "# dependencies sha256:"


def fingerprint() -> str:
    """Return the hash of the declared dependencies, whatever their order."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    declared = {
        "python": project["requires-python"],
        "dependencies": sorted(project["dependencies"]),
        "extras": {name: sorted(extra) for name, extra in project["optional-dependencies"].items()},
    }
    return hashlib.sha256(json.dumps(declared, sort_keys=True).encode()).hexdigest()


def faults(text: str) -> list[str]:
    """Return what is wrong with a lock file's text, empty if nothing."""
    found = []
    lines = text.splitlines()
    if not lines or lines[0] != MARK + fingerprint():
        found.append("it was not made from the present pyproject.toml")
    if "://" in text or re.search(
        r"^\s*--(index-url|extra-index-url|find-links|trusted-host)", text, re.MULTILINE
    ):
        found.append("it names an address to install from")
    # Continuation lines belong to the requirement above them.
    found += [
        f"it has no hash for {requirement.split()[0]}"
        for requirement in re.sub(r"\\\n\s*", " ", text).splitlines()
        if requirement and not requirement.startswith("#") and "--hash=sha256:" not in requirement
    ]
    return found


def main(command: str) -> int:
    """Run one command, `check` or `stamp`; return the exit status."""
    text = LOCK.read_text()
    if command == "stamp":
        body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
        LOCK.write_text(f"{MARK}{fingerprint()}\n{body}\n")
        return 0
    found = faults(text)
    for fault in found:
        print(f"requirements.lock: {fault}; run `make lock`", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "check"))
