"""How one patient looks in a terminal: what is needed now first."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from commands.closed_days import calendar_of
from commands.known_trials import definition_of
from commands.options import Target
from commands.patient.needed import print_entry
from commands.screen import make_console, notice, styled, table
from pathway.changes import day_label
from pathway.closed_days import closed_of
from pathway.errors import ProtocolError, UnknownName
from pathway.language import Protocol
from pathway.patient.needed import NAMED, Entry, Patient, hour_of, is_pressing, needed_now, waiting
from pathway.words import due_words, instant, with_note

NEXT: Final = 6
"""Planned items that are shown; the rest is counted."""

Row = tuple[Any, ...]


def print_patient(patient: Patient, where: Target, *, everything: bool = False) -> None:
    """Print a patient: head, what is needed now and how it is settled, what that waits for, infusions, what comes next, what is
    decided.

    Without `everything`, what waits for things that are not due yet is only counted.
    """
    console = make_console()
    _head(console, patient)
    pressing = needed_now(patient)
    console.print()
    if pressing:
        console.print(Text(f"Needed now ({len(pressing)})", style="bold"))
        for entry in pressing:
            print_entry(console, entry, where)
    else:
        console.print(Text("Nothing is needed now.", style="green"))
    _print_waiting(console, patient, pressing, where, everything=everything)
    doses = [_dose(ledger, patient) for ledger in patient.plan["ledgers"] if ledger["state"] != "not_started"]
    if doses:
        _section(console, "Infusions", ("State", "Infusion", "Given", "Dose", "End"), doses)
    coming = _coming(patient)
    if coming:
        shown = coming if everything else coming[:NEXT]
        _section(console, "Coming", ("State", "What", "Due", "Waiting for"), shown)
        if len(coming) > len(shown):
            console.print(Text(f"and {len(coming) - len(shown)} more (--all shows them)", style="dim"))
    _print_settled(console, patient, everything=everything)
    console.print()
    notice(console)


def _print_waiting(
    console: Console, patient: Patient, pressing: list[Entry], where: Target, *, everything: bool
) -> None:
    """What the next step waits for; what later ones wait for is counted by what they are."""
    now, later = waiting(patient, pressing)
    if everything:
        now, later = [*now, *later], []
    if now:
        console.print()
        console.print(Text("Waits for", style="bold"))
        for entry in now:
            print_entry(console, entry, where)
    if later:
        needs = [*dict.fromkeys(need for entry in later for need in entry.needed_by)]
        shown = ", ".join(needs[:NAMED]) + (" and others" if len(needs) > NAMED else "")
        console.print()
        console.print(
            Text(f"{len(later)} more wait for what is not due yet: {shown} (--all shows them)", style="dim")
        )


def _print_settled(console: Console, patient: Patient, *, everything: bool) -> None:
    settled = _settled(patient)
    if settled and everything:
        _section(console, "Decided", ("Decision", "In force", "By"), settled)
    elif settled:
        console.print()
        console.print(Text(f"{len(settled)} decisions are settled (--all shows them)", style="dim"))


def _head(console: Console, patient: Patient) -> None:
    plan, tz = patient.plan, patient.site.tz
    definition = _definition(patient.protocol)
    anchor = definition.day_one if definition is not None else None
    day_one = next((date.fromisoformat(a["day"]) for a in plan["anchors"] if a["id"] == anchor), None)
    title = Text.assemble((patient.subject, "bold"), f"  {patient.protocol} at {patient.site.id}")
    if patient.rehearsal:
        title.append("  rehearsal, no patient is behind this", style="bold yellow")
    if patient.archived:
        title.append("  archived", style="bold magenta")
    console.print(title)
    day = day_label(patient.today, day_one)
    local = patient.now.astimezone(tz)
    console.print(
        Text(f"{local:%A %Y-%m-%d %H:%M} {patient.site.zone}{f', {day}' if day else ''}", style="dim")
    )
    rows = [(t["id"], Text(t["phase"], style="bold blue"), instant(t["since"], tz)) for t in plan["tracks"]]
    console.print()
    console.print(table(("Track", "Phase", "Since"), rows))
    if definition.enrolled_group if definition is not None else plan["group"]:
        console.print(f"Group: {plan['group'] or 'not known yet'}")


def _definition(name: str) -> Protocol | None:
    """The protocol, if this program has it: a pathway answers also where only its worker does."""
    try:
        return definition_of(name)
    except (UnknownName, ProtocolError):
        return None


def _section(console: Console, title: str, columns: tuple[str, ...], rows: list[Row]) -> None:
    console.print()
    console.print(table(columns, rows, title=title))


def _coming(patient: Patient) -> list[Row]:
    """What is not needed yet: in an open window, blocked, planned, and what has no date."""
    rows: list[tuple[Any, ...]] = []
    calendar = calendar_of(patient.site.id)
    for item in patient.plan["items"]:
        if item["state"] not in ("due", "blocked", "planned", "not_set") or is_pressing(item, patient.today):
            continue
        due = date.fromisoformat(item["due"]) if item["due"] else None
        words = "not set" if due is None else due_words(due, patient.today, hour_of(patient, item))
        words = with_note(words, closed_of(item, calendar, patient.today))
        owner = f"blocked by {item['blocked_by']}" if item["blocked_by"] else item["owner"]
        what = Text.assemble((item["key"], "bold"), f" {item['text']}")
        rows.append((item["due"] or "9999", styled(item["state"]), what, words, owner))
    return [row[1:] for row in sorted(rows, key=lambda row: row[0])]


def _settled(patient: Patient) -> list[Row]:
    """What is in force and asks nobody anything, one line a decision: what the protocol computes, and what people took."""
    return [
        (Text(d["key"], style="bold"), styled(d["in_force"]), d["role"] or "computed")
        for d in patient.plan["decisions"]
        if d["in_force"] and not d["open"] and d["state"] in ("computed", "in_force", "amended")
    ]


def _dose(ledger: dict[str, Any], patient: Patient) -> Row:
    end = instant(ledger["projected_end"], patient.site.tz)
    return (
        styled(ledger["state"]),
        Text(ledger["key"], style="bold"),
        f"{ledger['given']} {ledger['unit']}"
        if "doses" in ledger
        else f"{hours_given(ledger, patient.now)} h",
        f"{ledger['dose']} {ledger['unit']}",
        end or "not set",
    )


def hours_given(ledger: dict[str, Any], now: datetime) -> str:
    """The hours given by now: the plan says them as of its last event, and while it runs each hour adds one."""
    hours = Decimal(ledger["given"])
    if ledger["state"] == "running" and ledger["as_of"]:
        since = now - datetime.fromisoformat(ledger["as_of"])
        hours += max(Decimal(int(since.total_seconds())), Decimal(0)) / 3600
    return _hours(format(hours.quantize(Decimal("0.1"), ROUND_DOWN), "f"))


def _hours(text: str) -> str:
    whole, _, rest = text.partition(".")
    return f"{whole}.{rest[:1]}" if rest.strip("0") else whole
