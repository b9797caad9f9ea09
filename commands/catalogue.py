"""Every command of the program with its line of help, so that help answers without importing any of them.

A command's module is imported when it is used, or asked for its own help.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import typer
from typer.core import TyperGroup
from typer.main import get_command_from_info, get_group_from_info
from typer.models import CommandInfo, TyperInfo

from commands.errors import EPILOG, NOTICE

if TYPE_CHECKING:
    from rich.panel import Panel


class Entry(NamedTuple):
    """A command: where it is written, the panel that it stands in, and the first paragraph of its help.

    `attribute` of `module` is the function that does it, or a `typer.Typer` with commands of its own.
    """

    name: str
    module: str
    attribute: str
    panel: str
    help: str


PATIENTS: Final = "Patients"
HAPPENED: Final = "What happened"
DECISIONS: Final = "Decisions"
PROTOCOLS: Final = "Protocols and rehearsals"
PROCESSES: Final = "Processes"
PEOPLE: Final = "People"

# fmt: off
ENTRIES: Final = (
    Entry("enrol", "commands.patient.enrol", "enrol", PATIENTS,
          "Enrol a patient: start the pathway, on the newest version of the protocol, pinned from then on."),
    Entry("show", "commands.patient.show", "show", PATIENTS,
          "One patient: what is needed now and how it is settled, what that waits for, doses, what comes next."),
    Entry("due", "commands.patient.due", "due", PATIENTS,
          "The work list of all patients, subtrials and meetings: late, today, this week. --as ROLE: only what that role must do."),  # noqa: E501
    Entry("list", "commands.patient.due", "list_", PATIENTS,
          "Every patient: phase, group, what is open and late. From the read model, which runs a moment behind."),
    Entry("timeline", "commands.patient.timeline", "timeline", PATIENTS,
          "What was told, in order, with the event that caused it: phases, milestones, notices, what became due or late."),
    Entry("events", "commands.patient.events", "events", PATIENTS,
          "Every entry in order: when, by whom, what, what it replaced, and why; voids, corrections and judgements too."),
    Entry("explain", "commands.patient.explain", "explain", PATIENTS,
          "Why something is as it is: a sentence with the values and events behind it, and how it is settled; --tree shows every reason."),  # noqa: E501
    Entry("record", "commands.patient.record", "record", HAPPENED,
          "Record a result, something done (--do), or an adverse event (--ae)."),
    Entry("correct", "commands.patient.record", "correct", HAPPENED,
          "Say an event right: what is not named stays as it was. The wrong one stays on record."),
    Entry("void", "commands.patient.record", "void", HAPPENED,
          "Say that an event does not count, with a reason: the wrong patient, recorded twice. It stays on record."),
    Entry("undo", "commands.patient.undo", "undo", HAPPENED,
          "Take back the last entry of your own: it is shown, and voided with a reason. It stays on record."),
    Entry("judge", "commands.patient.record", "judge", HAPPENED,
          "Judge a criterion that the protocol leaves to a clinician. Bound to the values that were judged."),
    Entry("unobtainable", "commands.patient.record", "unobtainable", HAPPENED,
          "Declare that a value cannot be had, with a reason. It is never taken as negative."),
    Entry("confirm", "commands.patient.decide", "confirm", DECISIONS,
          "Take what the protocol proposes, or one option of a choice that it leaves open."),
    Entry("override", "commands.patient.decide", "override", DECISIONS,
          "Take another option than the proposed one, with a reason."),
    Entry("acknowledge", "commands.patient.decide", "acknowledge", DECISIONS,
          "Take note of a deviation or alert, which stops its ladder of reminders."),
    Entry("withdraw", "commands.patient.decide", "withdraw", DECISIONS,
          "Record that consent has been withdrawn. What is on record stays; corrections are still possible."),
    Entry("transfer", "commands.patient.enrolment", "transfer", DECISIONS,
          "Record that a patient moves to another site from a day on: coming days and messages are there."),
    Entry("rename", "commands.patient.rename", "rename", DECISIONS,
          "Give a patient another pseudonym, with a reason. The pathway goes on under it as it was; the old one is never used again."),  # noqa: E501
    Entry("annul", "commands.patient.enrolment", "annul", DECISIONS,
          "Annul an enrolment that was a mistake, with a reason. It is no withdrawal; it stays readable."),
    Entry("subtrial", "commands.subtrial.app", "app", DECISIONS,
          "The subtrials of a trial: slots, dose levels, stages, activation, decisions."),
    Entry("meeting", "commands.meeting.app", "app", DECISIONS,
          "The weekly coordinating meeting of a trial: agenda, what became of it, decisions, document."),
    Entry("rehearse", "commands.protocol.rehearse", "rehearse", PROTOCOLS,
          "Play scenarios on a virtual clock and tell the story of the patients, day by day."),
    Entry("prove", "commands.protocol.prove", "prove", PROTOCOLS,
          "Prove a protocol: every patient meets one row of every table, and a way out of every phase."),
    Entry("protocol", "commands.protocol.app", "app", PROTOCOLS,
          "Protocols: list them, show one with every id, draw it, write its page, begin a new one."),
    Entry("design", "commands.design.app", "app", PROTOCOLS,
          "Trial designs: decision tables, two-stage designs, operating characteristics."),
    Entry("endpoints", "commands.endpoints", "app", PROTOCOLS,
          "What the endpoints of many patients add up to."),
    Entry("login", "commands.people.login", "login", PEOPLE,
          "Sign in on this machine: for an hour without use, twelve hours at most."),
    Entry("logout", "commands.people.login", "logout", PEOPLE,
          "Sign out on this machine."),
    Entry("whoami", "commands.people.login", "whoami", PEOPLE,
          "Who is signed in on this machine, and what they may do."),
    Entry("people", "commands.people.app", "app", PEOPLE,
          "Who may sign in, and which roles they hold at which sites."),
    Entry("audit", "commands.people.audit", "app", PEOPLE,
          "The audit trail: verify it, export it."),
    Entry("keys", "commands.keys", "app", PROCESSES,
          "The keys of the payload encryption: make, list, rotate, check them."),
    Entry("server", "commands.process", "server", PROCESSES,
          "Run the local Temporal server with its UI, in the foreground, until Ctrl-C. Its data stay in the data folder."),
    Entry("worker", "commands.process", "worker", PROCESSES,
          "Run a worker in the foreground until Ctrl-C: it carries pathways on and sends notices. Any number may run."),
    Entry("web", "commands.web", "web", PROCESSES,
          "Serve the pages: today, inbox, patients. Ends with Ctrl-C."),
    Entry("demo", "commands.demo.app", "demo", PROCESSES,
          "Watch made-up infants go through two years of their pathways in about a minute, on a server and worker of its own."),
)
# fmt: on


class Commands(MutableMapping[str, Any]):
    """The commands by name, imported when they are looked up."""

    def __init__(self) -> None:
        self._known = {entry.name: entry for entry in ENTRIES}
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = _made(self._known[name])
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, name: object) -> bool:
        return name in self._known


def _made(entry: Entry) -> Any:
    """The command as typer wants it."""
    found = getattr(import_module(entry.module), entry.attribute)
    if isinstance(found, typer.Typer):
        group = TyperInfo(found, name=entry.name, rich_help_panel=entry.panel, epilog=EPILOG)
        return get_group_from_info(
            group, pretty_exceptions_short=False, suggest_commands=True, rich_markup_mode="rich"
        )
    command = CommandInfo(name=entry.name, callback=found, rich_help_panel=entry.panel, epilog=EPILOG)
    return get_command_from_info(command, pretty_exceptions_short=False, rich_markup_mode="rich")


class Program(TyperGroup):
    """The program: a group whose commands are imported when they are used."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**{**attributes, "commands": None})
        self.commands = Commands()

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The help of the whole program, from the table above. Typer's own would import every command, and a renderer of
        Markdown that takes longer than typer itself."""
        from rich.console import Console, Group

        options = [record for each in self.get_params(ctx) if (record := each.get_help_record(ctx))]
        panels = [_panel("Options", options)]
        panels += [
            _panel(panel, [(e.name, e.help) for e in ENTRIES if e.panel == panel])
            for panel in dict.fromkeys(entry.panel for entry in ENTRIES)
        ]
        console = Console(highlight=False)
        console.print(f"\n [bold]Usage:[/bold] {ctx.command_path} [OPTIONS] COMMAND [ARGS]...\n", markup=True)
        for line in (self.help or "").splitlines():
            console.print(f" {line}", markup=False)
        console.print()
        console.print(Group(*panels))
        console.print(f"\n [dim]{NOTICE}[/dim]\n")


def _panel(title: str, rows: list[tuple[str, str]]) -> Panel:
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold cyan", min_width=12, no_wrap=True)
    grid.add_column()
    for name, help_ in rows:
        grid.add_row(Text(name), Text(help_))
    return Panel(grid, title=title, title_align="left", border_style="dim", padding=(0, 1))
