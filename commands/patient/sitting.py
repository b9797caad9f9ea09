"""Entering many things in one sitting, from a file; and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from commands.options import Target
from commands.patient.backlog import check_backlog, new_sitting, read_backlog
from commands.screen import change_line, make_console, print_json
from commands.session import opened, run
from commands.submission import words_of
from pathway.events import Report
from pathway.language.profile import make_profile

if TYPE_CHECKING:
    from rich.console import Console

    from contracts.sitting import RecordManyReceipt

SHOWN: Final = 8
"""Entries of a sitting that are named as on record already; the rest is counted."""


def record_file(
    where: Target, subject: str, trial: str | None, file: Path, *, dry_run: bool, as_json: bool
) -> None:
    """Check a file of entries as a whole, and record it in one sitting. Raises `Malformed` with line and column, or `Refused`;
    then nothing was recorded."""
    reports, receipt = run(_record_file(where, subject, trial, file, dry_run=dry_run))
    if as_json:
        print_json({"subject": subject, **sitting_json(reports, receipt)})
    else:
        tell_sitting(where, subject, reports, receipt)


async def _record_file(
    where: Target, subject: str, trial: str | None, file: Path, *, dry_run: bool
) -> tuple[Sequence[Report], RecordManyReceipt | None]:
    from client import pathways

    async with opened(where, subject, trial) as pathway:
        start, compiled = pathway.start, pathway.compiled
        backlog = read_backlog(file, compiled, pathway.site, pathway.now, pathway.person)
        profile = make_profile(compiled.protocol, start.profile, start.simulation)
        events = await pathways.events(pathway.handle)
        check_backlog(backlog, compiled, profile, pathway.site, events, pathway.now)
        if dry_run:
            return backlog.reports, None
        return backlog.reports, await pathways.submit_many(pathway.handle, new_sitting(), backlog.reports)


def sitting_json(reports: Sequence[Report], receipt: RecordManyReceipt | None) -> dict[str, Any]:
    """What came of a sitting, as data. `receipt` None: it was only checked."""
    if receipt is None:
        return {"dry_run": True, "entries": len(reports)}
    return {
        "sitting": receipt.sitting,
        "entries": len(reports),
        "new": receipt.new,
        "events": list(receipt.events),
        "recorded": receipt.recorded,
        "changes": [asdict(each) for each in receipt.changes],
    }


def tell_sitting(
    where: Target, subject: str, reports: Sequence[Report], receipt: RecordManyReceipt | None
) -> None:
    """Print what came of a sitting: what was entered, and what people are told at its end."""
    console = make_console()
    if receipt is None:
        head = ("dry run ", "bold yellow")
        console.print(
            Text.assemble(head, f"{subject}: {len(reports)} entries could be recorded, and are not")
        )
        return
    known = len(reports) - receipt.new
    head = ("recorded", "bold green") if receipt.recorded else ("accepted, not yet recorded", "bold yellow")
    already = f", {known} were on record already" if known else ""
    console.print(Text.assemble(head, f"  {subject}: {receipt.new} entries in one sitting{already}"))
    _tell_repeated(console, reports, receipt)
    told = [each for each in receipt.changes if each.to or each.kind in ("phase", "sitting")]
    for change in told:
        console.print(Text("  ").append_text(change_line(change, with_day=False)))
    console.print(f"Next: {where.typed(f'allpath show {subject}')}")


def _tell_repeated(console: Console, reports: Sequence[Report], receipt: RecordManyReceipt) -> None:
    """Say which entries were taken for others that say the same of the same moment: they may have happened twice."""
    repeated = [
        (report, known) for report, known in zip(reports, receipt.events, strict=True) if report.id != known
    ]
    for report, known in repeated[:SHOWN]:
        console.print(Text(f"  {words_of(report)}: already on record as {known}", style="yellow"))
    if len(repeated) > SHOWN:
        console.print(Text(f"  and {len(repeated) - SHOWN} more", style="yellow"))
    if repeated:
        console.print(
            "They say the same of the same moment; a day without an hour means 09:00. What happened twice needs the hour of each."
        )
