"""Notices that do not get out, and addresses that are refused: what operations must see to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from commands.reading import utc_now
from commands.screen import table
from commands.store_reading import reading

if TYPE_CHECKING:
    from store.queries import Stuck

MOST = 20
"""Stuck notices that are shown; `--json` has all."""


@dataclass(frozen=True, slots=True)
class Troubles:
    """`stuck`: notices that have waited for an hour. `refused`: ways of people that are refused for good: code, number, channel,
    since when (UTC), why.
    """

    stuck: tuple[Stuck, ...] = ()
    refused: tuple[tuple[str, int, str, datetime, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The same, for programs."""
        names = ("code", "way", "channel", "since", "why")
        return {
            "stuck": [asdict(each) for each in self.stuck],
            "refused": [dict(zip(names, each, strict=True)) for each in self.refused],
        }

    def show(self, console: Console) -> None:
        """Print them, if there are any."""
        if self.stuck:
            console.print(Text(f"Notices that do not get out ({len(self.stuck)})", style="bold red"))
            rows = [
                (
                    each.subject,
                    each.site,
                    f"{each.kind} {each.id}",
                    each.severity,
                    f"{each.role} by {each.channel}",
                    f"{each.created:%Y-%m-%d %H:%M}",
                    str(each.attempts),
                    each.last_error,
                )
                for each in self.stuck[:MOST]
            ]
            columns = ("Who", "Site", "Notice", "Severity", "To", "Since (UTC)", "Tries", "Why")
            console.print(table(columns, rows))
            if len(self.stuck) > MOST:
                console.print(f"and {len(self.stuck) - MOST} more: allpath due --json")
            console.print()
        for code, number, channel, since, why in self.refused:
            said = (
                f"{code} cannot be told by {channel} (way {number}) since {since:%Y-%m-%d %H:%M} UTC: {why}"
            )
            console.print(Text(said, style="bold red"))
            console.print(
                f"      give a right address: allpath people notify {code} --remove {number} --{channel} ..."
            )


async def troubles_of(site: str | None, trial: str | None, subject: str | None) -> Troubles:
    """What there is now, of a site, trial and subject if they are named. Raises `StoreAway`."""
    from people import ways
    from runtime.settings import load_settings
    from store import queries

    async with reading(load_settings()) as session:
        stuck = await queries.stuck(session, utc_now())
        refused = await ways.bounced(session)
    meant = [
        each
        for each in stuck
        if site in (None, each.site) and trial in (None, each.trial) and subject in (None, each.subject)
    ]
    return Troubles(tuple(meant), tuple(refused) if subject is None else ())
