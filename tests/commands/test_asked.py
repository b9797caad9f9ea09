"""In a terminal a decision is shown before it is answered, and nothing is recorded for a no."""

from __future__ import annotations

import asyncio
import os
import pty
import sys

from tests.commands.conftest import Process
from tests.commands.test_patients import decision, enrolled, steroid


async def in_a_terminal(clinic: Process, *words: str, types: str) -> tuple[int, str]:
    """The status and the screen of a command whose reader types this when it asks."""
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "starter",
        *words,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=clinic.environment | {"COLUMNS": "200", "TERM": "dumb"},
        cwd=clinic.folder,
    )
    os.close(theirs)
    screen = b""
    try:
        while b"[y/N]" not in screen:
            screen += await asyncio.to_thread(os.read, ours, 4096)
        os.write(ours, types.encode() + b"\n")
        while True:
            screen += await asyncio.to_thread(os.read, ours, 4096)
    except OSError:
        pass  # the end of a terminal whose other side is closed
    finally:
        os.close(ours)
    return await process.wait(), screen.decode()


async def test_a_decision_is_shown_and_asked_and_a_no_records_nothing(clinic: Process) -> None:
    await enrolled(clinic, "ASKED-1")
    assert (await steroid(clinic, "ASKED-1")).status == 0
    words = ("confirm", "ASKED-1", "AFTER_SCREENING")
    status, screen = await in_a_terminal(clinic, *words, types="n")
    assert status == 1
    assert "proposed ENROLLED" in screen
    assert "decided by the" in screen
    assert "Nothing is recorded." in screen
    assert decision(await clinic("show", "ASKED-1", "--json"), "AFTER_SCREENING")["open"]
    status, screen = await in_a_terminal(clinic, *words, types="y")
    assert (status, "recorded" in screen) == (0, True)
    assert not decision(await clinic("show", "ASKED-1", "--json"), "AFTER_SCREENING")["open"]


async def test_a_judgement_is_shown_and_asked_and_a_no_records_nothing(clinic: Process) -> None:
    await enrolled(clinic, "ASKED-2", ())
    marrow = (
        "record",
        "ASKED-2",
        "marrow_blasts",
        "30",
        "--unit",
        "%",
        "--point",
        "EOI",
        "--sampled",
        "2025-03-10",
    )
    assert (await clinic(*marrow)).status == 0
    words = ("judge", "ASKED-2", "X6", "PASS", "--reason", "discussed")
    status, screen = await in_a_terminal(clinic, *words, types="n")
    assert status == 1
    assert "to be judged" in screen
    assert "marrow_blasts EOI = 30 %" in screen
    assert "Nothing is recorded." in screen
    status, screen = await in_a_terminal(clinic, *words, types="y")
    assert (status, "recorded" in screen) == (0, True), screen
