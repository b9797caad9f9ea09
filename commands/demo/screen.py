"""What the demo shows while it runs: a live table in a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from commands.errors import NOTICE
from commands.screen import change_line, styled, table
from pathway.changes import Change
from pathway.plan import Plan

if TYPE_CHECKING:
    from commands.demo.patients import DemoPatient

RECENT: Final = 8
WIDE: Final = 100
"""Columns from which the table has all its own."""
NARROW: Final = 72


class Screen:
    """The demo's display."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._live: Live | None = None
        self._recent: deque[Text] = deque(maxlen=RECENT)
        self._seen: dict[str, int] = {}

    def say(self, words: str | Text, style: str = "") -> None:
        """Print a line, above the live table if there is one."""
        line = words if isinstance(words, Text) else Text(words, style=style)
        self.console.print(line, soft_wrap=not self.console.is_terminal)

    def update(
        self, elapsed: float, days: float, children: list[DemoPatient], processes: list[tuple[str, str]]
    ) -> None:
        """Show how far everybody is."""
        for child in children:
            self._tell(child)
        if not self.console.is_terminal:
            return
        if self._live is None:
            self._live = Live(console=self.console, refresh_per_second=6, transient=True)
            self._live.start()
        self._live.update(self._view(elapsed, days, children, processes))

    def skip(self, children: list[DemoPatient]) -> None:
        """Take what the children's stories have so far as known: an earlier demo has told it."""
        self._seen = {child.name: len(child.told) for child in children}

    def close(self) -> None:
        """End the live part."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def table(self, children: list[DemoPatient]) -> None:
        """Print where everybody has come to."""
        self.console.print()
        self.console.print(self._table(children))
        self.console.print()

    def _tell(self, child: DemoPatient) -> None:
        """Note what is worth a line of what the child's story has since the last look."""
        for change in child.told[self._seen.get(child.name, 0) :]:
            if _is_news(change):
                line = Text().append(f"{child.name:<5}", style="bold").append_text(change_line(change))
                line.truncate(max(self.console.width - 1, 20), overflow="ellipsis")
                self._recent.append(line)
                if not self.console.is_terminal:
                    self.console.print(line, soft_wrap=True)
        self._seen[child.name] = len(child.told)

    def _view(
        self, elapsed: float, days: float, children: list[DemoPatient], processes: list[tuple[str, str]]
    ) -> Group:
        first = children[0].scenario
        date = (
            (first.start + (first.until - first.start) * (elapsed / days)).date()
            if days
            else first.start.date()
        )
        head = Text.assemble(
            (f"{date}  ", "bold"), f"virtual day {elapsed:.0f} of {days:.0f}   ", (NOTICE, "dim")
        )
        lines = [Text(words, style=style, overflow="ellipsis", no_wrap=True) for words, style in processes]
        bar = ProgressBar(total=days, completed=min(elapsed, days), width=min(60, self.console.width - 2))
        return Group(Text(), head, bar, Text(), self._table(children), Text(), *self._recent, Text(), *lines)

    def _table(self, children: list[DemoPatient]) -> Table:
        width = self.console.width
        columns: list[str] = ["Child", "Day", "Phase", "Group", "Open", "Late"]
        columns += ["Next due"] if width >= NARROW else []
        columns += ["Last milestone"] if width >= WIDE else []
        columns += ["Course"] if width >= WIDE + 30 else []
        return table(
            [(name, {"no_wrap": True, "overflow": "ellipsis"}) for name in columns],
            [self._row(child)[: len(columns)] for child in children],
        )

    def _row(self, child: DemoPatient) -> list[Text]:
        plan = child.plan
        name = Text(child.name, style="bold")
        if child.differs:
            name.append(" differs", style="bold red")
        if plan is None:
            return [
                name,
                Text(),
                Text("starting", style="dim"),
                Text(),
                Text(),
                Text(),
                Text(),
                Text(),
                Text(child.course, style="dim"),
            ]
        waiting = sum(d.open for d in plan.decisions) + sum(
            o.state == "raised" for o in (*plan.deviations, *plan.alerts)
        )
        late = sum(item.state == "late" for item in plan.items)
        dose = next((x for x in plan.ledgers if x.state in ("running", "paused")), None)
        phase = Text(_phase(plan), style="bold blue")
        if dose is not None:
            phase.append(
                f" {dose.dose}" if dose.state == "running" else " paused",
                style="green" if dose.state == "running" else "yellow",
            )
        return [
            name,
            Text(child.day, style="dim"),
            phase,
            Text(plan.group),
            Text(str(waiting), style="yellow" if waiting else "dim"),
            Text(str(late), style="bold red" if late else "dim"),
            _next_due(plan),
            Text(next((c.id for c in reversed(child.told) if c.kind == "milestone"), ""), style="green"),
            Text(child.course, style="dim"),
        ]


def _phase(plan: Plan) -> str:
    """The phase of the treatment track, and of a transplant once it has begun."""
    phases = {track.id: track.phase for track in plan.tracks}
    return phases.get("treatment") or next(iter(phases.values()), "")


def _next_due(plan: Plan) -> Text:
    coming = sorted(
        (item.due, item.key, item.state)
        for item in plan.items
        if item.due is not None and item.state in ("planned", "due")
    )
    if not coming:
        return Text()
    due, key, state = coming[0]
    return Text.assemble(f"{due} ", styled(key, style="yellow" if state == "due" else ""))


def _is_news(change: Change) -> bool:
    """Phases, milestones, endpoints, refusals, retractions and what is serious."""
    if change.kind in ("deviation", "alert"):
        return change.state == "raised" and change.severity in ("major", "critical")
    return change.kind in ("phase", "milestone", "endpoint", "refusal", "retraction")
