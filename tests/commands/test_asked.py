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
    assert (
        await clinic("record", "ASKED-2", "--do", "first_prednisone", "--at", "2025-02-05 09:00")
    ).status == 0
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


async def test_an_undo_shows_what_would_be_taken_back_and_a_no_leaves_it(clinic: Process) -> None:
    await enrolled(clinic, "ASKED-9", ())
    line = ("record", "ASKED-9", "wbc", "85", "--unit", "10^9/L", "--sampled", "2025-02-01", "--id", "w1")
    assert (await clinic(*line, "--as", "laboratory")).status == 0
    words = ("undo", "ASKED-9", "--as", "laboratory")
    status, screen = await in_a_terminal(clinic, *words, types="n")
    assert (status, "w1  wbc 85 10^9/L  by the laboratory" in screen) == (1, True)
    assert "Nothing is undone." in screen
    status, screen = await in_a_terminal(clinic, *words, types="y")
    assert (status, "w1 does not count" in screen) == (0, True)


async def test_an_annulment_is_asked_for_and_a_no_leaves_the_enrolment(clinic: Process) -> None:
    await enrolled(clinic, "ASKED-8", ())
    words = ("annul", "ASKED-8", "--reason", "enrolled twice")
    status, screen = await in_a_terminal(clinic, *words, types="n")
    assert (status, "ends as ANNULLED, for good" in screen) == (1, True)
    assert (await clinic("show", "ASKED-8")).status == 0
    listed = await clinic("list")
    assert "ASKED-8" in listed.out
