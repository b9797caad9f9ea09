"""The last entry of one's own is taken back, and nobody else's; against a real server, worker and store."""

from tests.commands.conftest import Process, Said
from tests.commands.test_events import by_id
from tests.commands.test_patients import enrolled

WBC = ("--unit", "10^9/L", "--sampled", "2025-02-01")


async def entered(clinic: Process, *line: str) -> None:
    said = await clinic(*line)
    assert said.status == 0, said.err


async def undone(clinic: Process, subject: str, *more: str) -> Said:
    return await clinic("undo", subject, *more)


async def test_the_last_entry_of_ones_own_is_voided_and_others_stay(clinic: Process) -> None:
    await enrolled(clinic, "UNDO-1", ())
    await entered(clinic, "--by", "KM", "record", "UNDO-1", "wbc", "85", *WBC, "--id", "mine")
    await entered(clinic, "--by", "RS", "record", "UNDO-1", "wbc", "86", *WBC, "--id", "theirs")
    # In a pipe nobody can be asked: the refusal names the entry that is meant.
    unseen = await clinic("--by", "KM", "undo", "UNDO-1")
    assert (unseen.status, "mine, wbc 85 10^9/L" in unseen.err, "--seen mine" in unseen.err) == (
        2,
        True,
        True,
    )
    wrong = await clinic("--by", "KM", "undo", "UNDO-1", "--seen", "theirs")
    assert (wrong.status, "the last entry of yours is mine" in wrong.err) == (3, True)
    line = ("--by", "KM", "undo", "UNDO-1", "--seen", "mine", "--reason", "the wrong child", "--id", "u1")
    done = await clinic(*line)
    assert done.status == 0, done.err
    again = await clinic(*line)
    assert again.status == 0, again.err
    found = await by_id(clinic, "UNDO-1")
    assert (found["mine"]["voided_by"], found["theirs"]["counts"], list(found)) == (
        "u1",
        True,
        ["mine", "theirs", "u1"],
    )
    assert (found["u1"]["reason"], found["u1"]["person"]) == ("the wrong child", "KM")
    # What is left of theirs is a void, which is not undone.
    nothing = await clinic("--by", "KM", "undo", "UNDO-1", "--yes")
    assert (nothing.status, "a void is not undone" in nothing.err) == (3, True)


async def test_what_an_undone_correction_revives_is_told(clinic: Process) -> None:
    await enrolled(clinic, "UNDO-2", ())
    await entered(clinic, "record", "UNDO-2", "wbc", "85", *WBC, "--id", "w1", "--as", "laboratory")
    await entered(clinic, "correct", "UNDO-2", "w1", "58", "--id", "w2", "--as", "laboratory")
    done = await undone(clinic, "UNDO-2", "--as", "laboratory", "--yes")
    assert (done.status, "counts again: wbc 85 10^9/L (event w1)" in done.out) == (0, True)
    assert (await by_id(clinic, "UNDO-2"))["w1"]["counts"]


async def test_whose_entry_is_meant_must_be_said(clinic: Process) -> None:
    await enrolled(clinic, "UNDO-3", ())
    said = await undone(clinic, "UNDO-3", "--yes")
    assert (said.status, "whose last entry?" in said.err) == (2, True)
    said = await undone(clinic, "UNDO-3", "--yes", "--as", "coordinator")
    assert (said.status, "left to undo" in said.err) == (3, True)
