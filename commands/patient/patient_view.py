"""How one patient looks in a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from commands.known_trials import definition_of
from commands.screen import due_words, instant, make_console, notice, styled, table
from pathway.changes import day_label
from pathway.errors import ProtocolError, UnknownName
from pathway.language import Protocol
from pathway.site import Site

NEXT: Final = 6
"""Planned items that are shown; the rest is counted."""

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient at `now` (UTC): `plan` in the format of scenario output."""

    subject: str
    protocol: str
    site: Site
    rehearsal: bool
    archived: bool
    now: datetime
    plan: dict[str, Any]

    @property
    def today(self) -> date:
        """The day at the patient's site."""
        return self.now.astimezone(self.site.tz).date()


def print_patient(patient: Patient) -> None:
    """Print a patient: head, then what is late, due and asked, what waits for whom, doses, what comes next."""
    console = make_console()
    _head(console, patient)
    todo = [*_obligations(patient), *_items(patient, ("late", "missed", "due", "blocked"))]
    todo.sort(key=lambda line: line[0])
    if todo:
        _section(
            console, "Late and due", ("State", "What", "Due", "Waiting for"), [line[1:] for line in todo]
        )
    else:
        console.print(Text("\nNothing is late or due.", style="green"))
    decisions = _decisions(patient)
    if decisions:
        _section(console, "Decisions", ("State", "Decision", "Proposal or options", "Waiting for"), decisions)
    settled = _settled(patient)
    if settled:
        _section(console, "Decided", ("Decision", "In force", "By"), settled)
    missing = _missing(patient)
    if missing:
        _section(
            console, "Missing, and needed by a criterion", ("Value", "Needed by", "Waiting for"), missing
        )
    doses = [_dose(ledger, patient) for ledger in patient.plan["ledgers"] if ledger["state"] != "not_started"]
    if doses:
        _section(console, "Infusions", ("State", "Infusion", "Given", "Dose", "End"), doses)
    planned = [line[1:] for line in _items(patient, ("planned", "not_set"))]
    if planned:
        _section(console, "Next", ("State", "What", "Due", "Waiting for"), planned[:NEXT])
        if len(planned) > NEXT:
            console.print(Text(f"and {len(planned) - NEXT} more (--json shows all)", style="dim"))
    console.print()
    notice(console)


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


_ORDER: Final = ("late", "missed", "raised", "due", "blocked", "acknowledged", "planned", "not_set")


def _items(patient: Patient, states: tuple[str, ...]) -> list[Row]:
    """(sort key, state, what, due, owner) of the items in one of the states, most pressing first."""
    rows: list[tuple[tuple[int, str], Any, Any, Any, Any]] = []
    for item in patient.plan["items"]:
        if item["state"] not in states:
            continue
        due = date.fromisoformat(item["due"]) if item["due"] else None
        words = due_words(due, patient.today, _hour(patient, item))
        if item["state"] == "not_set":
            words = "not set"
        owner = item["owner"]
        if item["blocked_by"]:
            owner = f"decision {item['blocked_by']}"
        what = Text.assemble((item["key"], "bold"), f" {item['text']}")
        order = (_ORDER.index(item["state"]), item["due"] or "9999")
        rows.append((order, styled(item["state"]), what, words, owner))
    return sorted(rows, key=lambda row: row[0])


def _hour(patient: Patient, item: dict[str, Any]) -> str:
    """The hour at the site by which an item is due, where hours are counted."""
    at = item.get("due_at")
    return f"{datetime.fromisoformat(at).astimezone(patient.site.tz):%H:%M}" if at else ""


def _obligations(patient: Patient) -> list[Row]:
    rows: list[Row] = []
    for obligation in (*patient.plan["deviations"], *patient.plan["alerts"]):
        if obligation["state"] != "raised":
            continue
        what = Text.assemble((obligation["key"], "bold"), f" {obligation['text']}")
        since = f"since {instant(obligation['since'], patient.site.tz)}"
        told = ", ".join(obligation["to"]) or "nobody yet"
        order = (_ORDER.index("raised"), obligation["since"] or "")
        rows.append((order, styled(obligation["severity"]), what, since, f"{told} (acknowledge)"))
    return rows


def _decisions(patient: Patient) -> list[Row]:
    """The decisions that a person is asked for, then those that wait for a value."""
    rows: list[Row] = []
    for decision in patient.plan["decisions"]:
        if decision["open"]:
            offer = decision["proposal"] or " or ".join(decision["options"])
            kept = f" ({decision['in_force']} stays in force)" if decision["in_force"] else ""
            boundary = "; on a limit" if decision["boundary"] else ""
            word = Text.assemble(styled(decision["state"]), (f"\n{decision['digest'][:8]}", "dim"))
            rows.append(
                (
                    word,
                    Text(decision["key"], style="bold"),
                    f"{offer}{kept}{boundary}",
                    decision["role"] or "clinician",
                )
            )
    for decision in patient.plan["decisions"]:
        if not decision["open"] and decision["missing"]:
            waits = ", ".join(dict.fromkeys(f"{m['what']} ({m['who']})" for m in decision["missing"]))
            rows.append((styled(decision["state"]), Text(decision["key"], style="bold"), "", waits))
    rows += [
        (styled("diverged", style="bold red"), Text(d["key"], style="bold"), d["in_force"] or "", "")
        for d in patient.plan["decisions"]
        if d["state"] == "diverged"
    ]
    return rows


def _settled(patient: Patient) -> list[Row]:
    """What is in force and asks nobody anything, one line a decision: what the protocol computes, and what people took."""
    return [
        (Text(d["key"], style="bold"), styled(d["in_force"]), d["role"] or "computed")
        for d in patient.plan["decisions"]
        if d["in_force"] and not d["open"] and d["state"] in ("computed", "in_force", "amended")
    ]


def _missing(patient: Patient) -> list[Row]:
    """What no criterion can do without: value, criteria, supplier."""
    needed: dict[tuple[str, str], list[str]] = {}
    for criterion in patient.plan["criteria"]:
        for missing in criterion["missing"]:
            needed.setdefault((missing["what"], missing["who"]), []).append(criterion["id"])
    rows: list[Row] = [
        (Text(what, style="yellow"), ", ".join(ids), who) for (what, who), ids in needed.items()
    ]
    reviews = [c for c in patient.plan["criteria"] if c["verdict"] == "REVIEW"]
    rows += [
        (
            Text.assemble((f"judgement of {c['id']}", "magenta"), (f"\n{c['digest'][:8]}", "dim")),
            c["text"],
            "clinician (judge)",
        )
        for c in reviews
    ]
    return rows


def _dose(ledger: dict[str, Any], patient: Patient) -> Row:
    end = instant(ledger["projected_end"], patient.site.tz)
    return (
        styled(ledger["state"]),
        Text(ledger["key"], style="bold"),
        f"{ledger['given']} {ledger['unit']}" if "doses" in ledger else f"{_hours(ledger['given'])} h",
        f"{ledger['dose']} {ledger['unit']}",
        end or "not set",
    )


def _hours(text: str) -> str:
    whole, _, rest = text.partition(".")
    return f"{whole}.{rest[:1]}" if rest.strip("0") else whole
