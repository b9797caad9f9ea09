"""How a subtrial looks in a terminal: one of them on a screen, and why a decision is put."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from commands.screen import make_console, notice, styled, table, warn
from commands.subtrial.open import Seen
from pathway.designs.dose_finding import Counts
from pathway.patient.explanation import Explanation, Reason
from pathway.subtrial.levels import FULL, advice
from pathway.words import due_words, instant

STYLES: Final = {
    "OPEN": "green",
    "open": "green",
    "rp2d": "bold green",
    "held": "yellow",
    "toxic": "bold red",
    "closed": "red",
    "left": "dim",
    "not_opened": "dim",
    "RESERVED": "yellow",
    "ENROLLED": "green",
    "EXPIRED": "red",
    "RELEASED": "dim",
    "WITHDRAWN": "red",
    "activated": "green",
    "deactivated": "red",
    "SAME_LEVEL": "green",
    "ESCALATE": "cyan",
    "SUSPEND": "yellow",
    "DE_ESCALATE": "bold red",
}
LEVEL_WORDS: Final = {"rp2d": "recommended dose"}
STOPPED: Final = ("HALTED_SAFETY", "WITHDRAWN", "CLOSED", "STOP_PHASE1_TOXIC", "STOPPED_FUTILITY")
Row = tuple[Any, ...]


def print_subtrial(seen: Seen) -> None:
    """Print a subtrial: where it stands, what is asked, levels, slots, who waits, where it is active."""
    console = make_console()
    _head(console, seen)
    _section(
        console,
        "Late and due",
        ("State", "What", "Due", "Waiting for"),
        [*_raised(seen), *_items(seen, ("late", "due", "not_set"))],
    )
    decisions = [_decision(each, seen) for each in seen.plan["decisions"] if each["open"] or each["missing"]]
    _section(console, "Decisions", ("State", "Decision", "Options", "Why", "Waiting for"), decisions)
    _levels(console, seen)
    _stage(console, seen)
    _slots(console, seen)
    _section(
        console,
        f"Waiting ({len(seen.plan['waiting'])})",
        ("Patient", "Site", "Since", "Why"),
        [
            (Text(w["subject"], style="bold"), _place(w), instant(w["since"], seen.office.tz), w["reason"])
            for w in seen.plan["waiting"]
        ],
    )
    planned = _items(seen, ("planned",))
    _section(console, "Next", ("State", "What", "Due", "Waiting for"), planned)
    _activations(console, seen)
    taken = [each for each in seen.plan["decisions"] if each["decided"]]
    _section(
        console,
        "Decided",
        ("Decision", "Taken"),
        [(Text(d["key"], style="bold"), d["decided"]) for d in taken],
    )
    _section(
        console,
        "What the sources say of the status (it opens nothing)",
        ("On", "Status", "Source"),
        [(n["on"], n["status"], source_words(n["source"])) for n in seen.plan["notes"]],
    )
    console.print()
    _post(seen)
    notice(console)


def _head(console: Console, seen: Seen) -> None:
    plan, tz = seen.plan, seen.office.tz
    title = Text.assemble((f"Subtrial {plan['id']}", "bold"), f"  {seen.protocol}, office {seen.office.id}")
    if seen.rehearsal:
        title.append("  rehearsal, no patient is behind this", style="bold yellow")
    if seen.archived:
        title.append("  archived", style="bold magenta")
    console.print(title)
    console.print(Text(plan["text"]))
    numbers = f"{', '.join(plan['registry'])}; " if plan["registry"] else ""
    local = seen.now.astimezone(tz)
    console.print(Text(f"{numbers}{local:%A %Y-%m-%d %H:%M} {seen.office.zone}", style="dim"))
    console.print()
    entry = plan["entry"]
    words = f"  {entry['reason']}" if entry["reason"] else ""
    if entry["state"] == "OPEN" and not seen.active:
        words = "  but active in no country and at no site today"
    free = "no limit known" if seen.free is None else f"{seen.free} free now"
    rows: list[Row] = [
        (
            Text("Status", style="dim"),
            Text(plan["status"], style="bold red" if plan["status"] in STOPPED else "bold blue"),
        ),
        (
            Text("Entry", style="dim"),
            styled(entry["state"], style=STYLES.get(entry["state"], "yellow")).append(words, style=""),
        ),
        (Text("Slots", style="dim"), f"{seen.used} used, {free}, {len(plan['waiting'])} waiting"),
        (
            Text("Next moment", style="dim"),
            instant(plan["next_at"], tz) or "none: only an event changes anything",
        ),
    ]
    console.print(table(("", ""), rows))
    for track in plan["tracks"]:
        if track["id"] == "subtrial":
            console.print()
            path = [(phase, instant(at, tz), how) for phase, at, how in track["path"]]
            console.print(
                table(("Path", "Since", "How"), [(phase, _since(at), how) for phase, at, how in path])
            )


def _since(text: str) -> str:
    """The start of everything has no date that anybody would read."""
    return "" if text < "1900" else text


def last_day(text: str, tz: ZoneInfo) -> str:
    """The last local day of something that ends at that instant, with the day."""
    return f"{(datetime.fromisoformat(text) - timedelta(seconds=1)).astimezone(tz):%Y-%m-%d}"


def _section(console: Console, title: str, columns: tuple[str, ...], rows: list[Row]) -> None:
    if rows:
        console.print()
        console.print(table(columns, rows, title=title))


def _raised(seen: Seen) -> list[Row]:
    return [
        (
            styled(each["severity"]),
            Text.assemble((each["key"], "bold"), f" {each['text']}"),
            f"since {instant(each['since'], seen.office.tz)}",
            f"{', '.join(each['to']) or 'nobody yet'} (acknowledge)",
        )
        for each in (*seen.plan["deviations"], *seen.plan["alerts"])
        if each["state"] == "raised"
    ]


def _items(seen: Seen, states: tuple[str, ...]) -> list[Row]:
    found = [each for each in seen.plan["items"] if each["state"] in states]
    found.sort(key=lambda each: (states.index(each["state"]), each["due"] or "9999"))
    today = seen.now.astimezone(seen.office.tz).date()
    return [
        (
            styled(each["state"]),
            Text.assemble((each["key"], "bold"), f" {each['text']}"),
            due_words(date.fromisoformat(each["due"]), today) if each["due"] else "not set",
            each["owner"],
        )
        for each in found
    ]


def _decision(decision: dict[str, Any], seen: Seen) -> Row:
    if not decision["open"]:
        waits = ", ".join(dict.fromkeys(f"{m['what']} ({m['who']})" for m in decision["missing"]))
        return styled(decision["state"]), Text(decision["key"], style="bold"), "", decision["text"], waits
    offer = f"{decision['proposal']} proposed" if decision["proposal"] else ""
    others = [option for option in decision["options"] if option != decision["proposal"]]
    offer = "; ".join(part for part in (offer, " or ".join(others)) if part)
    state = Text.assemble(styled(decision["state"]), (f"\n{decision['digest'][:8]}", "dim"))
    why = Text(decision["text"])
    for reason in decision["reasons"]:
        why.append(f"\n{reason['text']}: {reason['value'] or reason['verdict']}", style="dim")
    since = f"\nsince {instant(decision['since'], seen.office.tz)}" if decision["since"] else ""
    return (
        state,
        Text(decision["key"], style="bold"),
        offer,
        why,
        Text.assemble(decision["role"], (since, "dim")),
    )


def _levels(console: Console, seen: Seen) -> None:
    phase, plan = seen.governor.subtrial.phase_one, seen.plan
    if phase is None or not plan["levels"]:
        return
    rows: list[Row] = []
    sources: list[str] = []
    for level in plan["levels"]:
        counts = Counts(level["n"], level["t"], level["p"])
        sources.append(advice(seen.governor, phase, counts).source)
        here = level["id"] == plan["level"]
        rows.append(
            (
                Text.assemble((level["id"], "bold"), (" ←" if here else "", "bold")),
                level["text"],
                styled(LEVEL_WORDS.get(level["state"], level["state"]), style=STYLES.get(level["state"], "")),
                str(level["n"]),
                Text(str(level["t"]), style="red" if level["t"] else ""),
                str(level["p"]),
                str(level["ok"]),
                styled(level["advice"], style=STYLES.get(level["advice"], ""))
                if level["n"] or here
                else Text("nobody on it", style="dim"),
            )
        )
    heading = ("Level", "Dose", "State", f"n of {FULL}", "DLT", "Pending", "OK", "The design says")
    _section(console, "Dose levels", heading, rows)
    for level in plan["levels"]:
        if level["n"] or level["id"] == plan["level"]:
            console.print(Text(f"level {level['id']}: {level['reason']}"))
    for source in dict.fromkeys(sources):
        console.print(Text(f"design: {source}", style="dim"))


def _stage(console: Console, seen: Seen) -> None:
    stage = seen.plan["stage"]
    if stage is None:
        return
    console.print()
    design = (
        "the design's numbers are not set"
        if stage["n1"] is None
        else f"stage 1: at most {stage['r1']} of {stage['n1']} stops; "
        f"at the end more than {stage['r']} of {stage['n_total']} is promising"
    )
    name = f"Phase II, stage {stage['stage']}" if stage["stage"] else "Phase II, not open"
    console.print(Text.assemble((name, "bold"), "  ", styled(stage["state"]), f"  {design}"))
    console.print(
        f"{stage['n']} patients, {stage['evaluable']} evaluable, {stage['responders']} responders, {stage['pending']} pending"
    )
    said = " ".join(part for part in (stage["verdict"] or stage["advice"], stage["reason"]) if part)
    if said:
        console.print(Text(said))


def _slots(console: Console, seen: Seen) -> None:
    tz = seen.office.tz
    rows: list[Row] = []
    for slot in seen.plan["slots"]:
        until = f"until {last_day(slot['until'], tz)}" if slot["until"] else ""
        window = f"to {last_day(slot['window_ends'], tz)}" if slot["window_ends"] else ""
        rows.append(
            (
                Text(slot["subject"], style="bold"),
                _place(slot),
                slot["level"] or slot["stage"],
                Text.assemble(
                    styled(slot["state"], style=STYLES.get(slot["state"], "")),
                    (f"\n{until}" if until else "", "dim"),
                ),
                slot["started"] or "",
                Text.assemble(
                    (slot["dlt"], "bold red" if slot["dlt"] == "YES" else ""),
                    (f"\n{window}" if slot["dlt"] and window else window, "dim"),
                ),
                slot["response"],
            )
        )
    heading = ("Patient", "Site", "Level", "State", "First dose", "DLT, window", "Response")
    _section(console, f"Slots ({len(rows)})", heading, rows)


def _place(about: dict[str, Any]) -> str:
    return " ".join(part for part in (about["country"], about["site"]) if part) or "not given"


def _activations(console: Console, seen: Seen) -> None:
    if not seen.governor.subtrial.activation:
        console.print(
            Text("\nOpen in every country and at every site: no activation is needed.", style="dim")
        )
        return
    rows = activation_rows(seen)
    if not rows:
        console.print(Text("\nNot activated in any country.", style="yellow"))
    _section(console, "Activation", ("Country", "Site", "State", "From", "Event"), rows)


def activation_rows(seen: Seen) -> list[Row]:
    """A line for each country and site with the entry that holds today, and one for each that is still to come."""
    today = seen.now.astimezone(seen.office.tz).date()
    entries = seen.plan["activations"]
    rows: list[Row] = []
    for country, site in sorted({(each["country"], each["site"]) for each in entries}):
        held = [seen.holds_today(country, site)] if (country, site) in seen.activated_today else []
        own = [each for each in entries if (each["country"], each["site"]) == (country, site)]
        for each in held + [each for each in own if each["on"] > today.isoformat()]:
            on = date.fromisoformat(each["on"])
            rows.append(
                (
                    Text(country, style="bold"),
                    site or Text("whole country", style="dim"),
                    styled(each["state"], style=STYLES[each["state"]] if on <= today else "dim"),
                    each["on"] if on <= today else due_words(on, today),
                    Text(each["event"], style="dim"),
                )
            )
    return rows


def _post(seen: Seen) -> None:
    """What operations should know of the messages to patients, and of the store."""
    state = seen.state
    if state is None:
        return
    if state.messages_away:
        warn(
            f"no answer from {', '.join(state.messages_away)}: their messages are sent again until they arrive"
        )
    for each in state.messages_refused:
        warn(f"a message was refused: {each}; see the alert LETTER-REFUSED")
    if state.unrecorded:
        warn(
            f"the store does not have {state.unrecorded} accepted events yet; the governor brings them there"
        )


# --- why --------------------------------------------------------------------------------------------------------


def explanation(decision: dict[str, Any]) -> Explanation:
    """Why a decision is put, or was taken, as far as its governor says."""
    return Explanation(
        id=decision["key"],
        text=decision["text"],
        state=decision["state"],
        proposal=decision["proposal"],
        in_force=decision["in_force"],
        options=tuple(decision["options"]),
        role=decision["role"],
        since=decision["since"] or "",
        reasons=[Reason(r["text"], r["verdict"], r["value"]) for r in decision["reasons"]],
        missing=decision["missing"],
        rule=decision["rule"],
        source=decision["source"],
        assumptions=decision["assumptions"],
        would_change=[],
        decided=decision["decided"],
    )


def source_words(source: dict[str, Any]) -> str:
    """A source in a few words: its kind, its keys, its note."""
    return " ".join(part for part in (source["kind"], ", ".join(source["keys"]), source["note"]) if part)
