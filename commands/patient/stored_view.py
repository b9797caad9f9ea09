"""A patient as the store has them, where this program does not have the text to compute a plan with."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from commands.screen import make_console, notice, styled, table
from pathway.site import Site
from pathway.words import instant

if TYPE_CHECKING:
    from pathway.plan import DecisionState, Item, Obligation
    from store.queries import Pathway

PRESSING: Final = ("late", "missed", "due", "blocked")
"""States of items that are shown to people; JSON has all of them."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store has of a pathway as of its last revision. `why` no plan could be computed from it."""

    row: Pathway
    items: tuple[Item, ...]
    obligations: tuple[Obligation, ...]
    decisions: tuple[DecisionState, ...]
    why: str


def stored_json(stored: Stored) -> dict[str, Any]:
    """The stored state, instants in UTC."""
    row = stored.row
    return {
        "subject": row.subject,
        "protocol": row.protocol,
        "protocol_hash": row.protocol_hash,
        "site": row.site,
        "zone": row.zone,
        "rehearsal": row.rehearsal,
        "archived": row.archived,
        "as_of": row.stored.isoformat(),
        "phases": dict(row.phases),
        "group": row.group,
        "items": [asdict(item) for item in stored.items],
        "obligations": [asdict(each) for each in stored.obligations],
        "decisions": [asdict(each) for each in stored.decisions],
    }


def print_stored(stored: Stored) -> None:
    """Print phases, what was late or due, raised notices and open decisions, as they were stored."""
    console, row = make_console(), stored.row
    tz = Site(row.site, row.zone).tz
    console.print(Text.assemble((row.subject, "bold"), f"  {row.protocol} at {row.site}"))
    console.print(
        Text(f"as stored {instant(row.stored, tz)} (site time); not computed anew", style="bold yellow")
    )
    console.print(table(("Track", "Phase"), [(t, Text(p, style="bold blue")) for t, p in row.phases]))
    notices = [
        (styled(o.severity), f"{o.key} {o.text}", f"since {instant(o.since, tz)}", o.to)
        for o in stored.obligations
        if o.state == "raised"
    ]
    items = [
        (styled(i.state), f"{i.key} {i.text}", i.due.isoformat() if i.due else "not set", i.owner)
        for i in stored.items
        if i.state in PRESSING
    ]
    if notices or items:
        console.print(table(("State", "What", "Due", "Waiting for"), [*notices, *items]))
    asked = [
        (styled(d.state), d.key, d.proposal or " or ".join(d.options), d.role)
        for d in stored.decisions
        if d.open
    ]
    if asked:
        console.print(table(("State", "Decision", "Proposal or options", "Waiting for"), asked))
    notice(console)
