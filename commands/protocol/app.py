"""Protocols: which there are, what they say, how they look."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from commands.errors import UsageError
from commands.known_trials import protocol_text, readable_protocols
from commands.options import JsonOption
from commands.protocol.data import protocol_data, summary
from commands.protocol.diagram import mermaid
from commands.protocol.new import new
from commands.protocol.options import complete_trials
from commands.screen import make_console, notice, print_json, table

app = typer.Typer(
    help="Protocols: list them, show one with every id, draw it, write its page, begin a new one.",
    no_args_is_help=True,
)
app.command("new")(new)

WIDE: Final = 110
"""Columns from which all fits beside each other."""
TEXT_OF_GAPS: Final = "What the sources leave open"

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", autocompletion=complete_trials, help="NAME, or NAME@VERSION.")
]


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """Every protocol version of this program, with its content hash."""
    found = [summary(compiled) for compiled in readable_protocols()]
    if as_json:
        print_json({"protocols": found})
        return
    console = make_console()
    rows = [
        (
            Text(p["name"], style="bold"),
            p["version"],
            p["date"],
            p["title"],
            ", ".join(p["registry"]),
            Text(p["hash"][:12], style="dim"),
        )
        for p in found
    ]
    console.print(table(("Name", "Version", "Published", "Title", "Registry", "Text"), rows))
    notice(console)


@app.command("show")
def show(name: NameArgument, as_json: JsonOption = False) -> None:
    """Every id of a protocol: facts with units, points and values, actions, criteria, decisions, phases, profile."""
    data = protocol_data(protocol_text(name))
    if as_json:
        print_json(data)
        return
    console = make_console()
    console.print(Text.assemble((data["name"], "bold"), f"@{data['version']}  {data['title']}"))
    console.print(
        Text(
            f"{', '.join(data['registry'])}; text {data['hash'][:12]}; published {data['date']}", style="dim"
        )
    )
    for title, columns, rows in _tables(data):
        if rows:
            console.print()
            _print(console, title, columns, rows)
    console.print()
    notice(console)


@app.command("diagram")
def diagram(
    name: NameArgument,
    track: Annotated[str | None, typer.Option("--track", metavar="ID", help="Only this track.")] = None,
    as_json: JsonOption = False,
) -> None:
    """The tracks and phases of a protocol as a Mermaid state diagram."""
    compiled = protocol_text(name)
    drawn = mermaid(compiled.protocol, track)
    if as_json:
        print_json({**summary(compiled), "mermaid": drawn})
    else:
        typer.echo(drawn)


@app.command("docs")
def docs(
    name: NameArgument,
    folder: Annotated[
        Path, typer.Option("--into", metavar="FOLDER", help="Where the page goes.", file_okay=False)
    ] = Path("docs/protocols"),
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; status 1 if the page is not that of the definition."),
    ] = False,
) -> None:
    """Write the protocol's page: criteria, phases, tables, calendar, assumptions, and findings that were accepted."""
    from analysis.pages.pages import protocol_page

    compiled = protocol_text(name)
    page = protocol_page(compiled, mermaid(compiled.protocol))
    path = folder / f"{compiled.protocol.name}.md"
    if check:
        fresh = path.is_file() and path.read_text(encoding="utf-8") == page
        typer.echo(f"{path}: {'fresh' if fresh else f'stale; run: allpath protocol docs {name}'}")
        raise typer.Exit(0 if fresh else 1)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    typer.echo(str(path))


@app.command("lock")
def lock(
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", metavar="FILE", help="The lock file. [default: the program's own]", dir_okay=False
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; status 1 if a version is missing or changed.")
    ] = False,
) -> None:
    """Enter new protocol versions in the lock file. A version that is in it never changes: an amendment is a new one."""
    from protocols import ALL, LOCK, compiled, refuse_broken

    refuse_broken()
    file = file or LOCK
    known: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    hashes = {v: compiled(v).hash for v in (f"{p.name}@{p.version.number}" for p in ALL)}
    changed = [v for v, text in hashes.items() if known.get(v, text) != text]
    for version in changed:
        typer.echo(
            f"{version} has changed since it was published: give the new text a version of its own", err=True
        )
    new = [v for v in hashes if v not in known]
    if new and not check and not changed:
        try:
            file.write_text(json.dumps(known | hashes, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        except OSError as error:
            raise UsageError(
                f"--file {file}: {error.strerror}; accepted: a file in a folder that exists"
            ) from None
    for version in new:
        typer.echo(f"{version} {'is not in the lock file' if check or changed else 'entered'}")
    raise typer.Exit(1 if changed or (check and new) else 0)


Table = tuple[str, tuple[str, ...], list[tuple[Any, ...]]]


def _tables(data: dict[str, Any]) -> list[Table]:
    return [*_vocabulary(data), *_rules(data), *_schedule(data), *_profile(data)]


def _vocabulary(data: dict[str, Any]) -> list[Table]:
    """What an event may name."""
    facts = [
        (_bold(f), f["type"], _list(f["units"] or f["values"]), _list(f["points"]), f["supplier"], f["text"])
        for f in data["facts"]
    ]
    actions = [
        (_bold(a), _scopes(a["scopes"]), _list(a["details"]), a["role"], a["text"]) for a in data["actions"]
    ]
    adverse = [
        (_bold(a), f"{a['grades'][0]} to {a['grades'][1]}", _list(a["scales"]), a["text"])
        for a in data["adverse_events"]
    ]
    points = [
        (_bold(p), _list(p["facts"]), p["accepts"], p["on_schedule"], _source(p)) for p in data["points"]
    ]
    orders = [(o["earlier"], o["later"], _source(o)) for o in data["orders"]]
    return [
        ("Facts", ("Id", "Type", "Units or values", "Points", "From", "What"), facts),
        ("Actions", ("Id", "Scope", "Details", "By", "What"), actions),
        ("Adverse events", ("Id", "Grades", "Scales", "What"), adverse),
        ("Time points", ("Id", "Of", "Samples that belong", "On schedule", "Source"), points),
        ("What comes first", ("First", "Then", "Source"), orders),
    ]


def _rules(data: dict[str, Any]) -> list[Table]:
    """What is concluded and decided."""
    criteria = [(_bold(c), c["group"], c["text"], _source(c)) for c in data["criteria"]]
    decisions = [
        (_bold(d, "key"), _list(d["options"]), d["role"] or "computed", d["text"], _source(d))
        for d in data["decisions"]
    ]
    phases = [
        (t["id"], _bold(p), p["text"], _list([e["to"] for e in p["exits"]]), _source(p))
        for t in data["tracks"]
        for p in t["phases"]
    ]
    return [
        ("Criteria", ("Id", "Group", "What", "Source"), criteria),
        ("Decisions", ("Id", "Options", "By", "What", "Source"), decisions),
        ("Phases", ("Track", "Id", "What", "Leads to", "Source"), phases),
    ]


def _schedule(data: dict[str, Any]) -> list[Table]:
    """What is due, given and told."""
    items = [(_bold(i, "key"), i["kind"], i["owner"], i["text"], _source(i)) for i in data["items"]]
    ledgers = [(_bold(x, "key"), f"{x['dose']} {x['unit']}", x["days"], x["text"]) for x in data["ledgers"]]
    milestones = [(_bold(m, "key"), m["to"], m["text"], _source(m)) for m in data["milestones"]]
    deviations = [
        (_bold(d, "key"), d["kind"], " then ".join(d["severities"]), d["to"], d["text"], _source(d))
        for d in data["deviations"]
    ]
    endpoints = [(_bold(e), e["text"], _list(e["events"])) for e in data["endpoints"]]
    subtrials = [(_bold(s), s["begins"], s["confirm"], s["text"], _source(s)) for s in data["subtrials"]]
    asks = [
        (Text(e["subtrial"], style="bold"), e["ask"], e["started"], e["dlt"], e["response"])
        for e in data["enrolments"]
    ]
    governed = data["subtrials"][0]["actions"] if data["subtrials"] else []
    reported = [(_bold(a), _list(a["scopes"]), _list(a["details"]), a["text"]) for a in governed]
    told = data["governors"] or {}
    asked = [(_bold(d), _list(d["options"]), d["text"]) for d in told.get("decisions", ())]
    says = [
        (title, ("Id", "What"), [(_bold(each), each["text"]) for each in told.get(part, ())])
        for part, title in (
            ("milestones", "A governor's milestones"),
            ("items", "A governor's tasks"),
            ("notices", "A governor's deviations and alerts"),
            ("entry", "Entry to a subtrial: OPEN, or why not"),
        )
    ]
    return [
        ("Due", ("Id", "Kind", "By", "What", "Source"), items),
        ("Infusions", ("Key", "Dose", "Days", "What"), ledgers),
        ("Milestones", ("Id", "To", "What", "Source"), milestones),
        ("Deviations and alerts", ("Id", "Kind", "Severity", "To", "What", "Source"), deviations),
        ("Endpoints", ("Id", "What", "Events"), endpoints),
        ("Subtrials", ("Id", "Begins as", "Confirmed by", "What", "Source"), subtrials),
        ("Slots are asked for", ("Id", "What", "First dose", "DLT", "Response"), asks),
        ("Reported to a subtrial's governor", ("Id", "Scope", "Details", "What"), reported),
        ("A governor's decisions", ("Id", "Options", "What"), asked),
        *says,
    ]


def _type(key: dict[str, Any]) -> str:
    """The type of a key of the profile; of a choice what there is to choose."""
    return f"{key['type']}: {', '.join(key['options'])}" if key["options"] else str(key["type"])


def _profile(data: dict[str, Any]) -> list[Table]:
    """What a trial team can replace, and what the sources leave open."""
    unset = Text("not set", style="yellow")
    keys = [
        (_bold(k, "key"), unset if k["default"] is None else k["default"], _type(k), k["text"], _source(k))
        for k in data["profile"]["keys"]
    ]
    gaps = [(_bold(g), g["text"]) for g in data["gaps"]]
    return [
        (f"Assumption profile {data['profile']['name']}", ("Key", "Value", "Type", "What", "Source"), keys),
        ("Gaps", ("Id", TEXT_OF_GAPS), gaps),
    ]


def _print(console: Console, title: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    """A table; in a narrow window each row as its id and text, with the rest under it. Ids are never broken."""
    title = f"{title} ({len(rows)})"
    if console.width >= WIDE:
        unbroken = [(name, {"no_wrap": True}) if name in ("Id", "Key") else name for name in columns]
        console.print(table(unbroken, rows, title=title))
        return
    console.print(Text(title, style="bold"))
    for row in rows:
        cells = dict(zip(columns, row, strict=True))
        name = next((cells.pop(column) for column in ("Id", "Key") if column in cells), None)
        name = cells.pop(columns[0]) if name is None else name
        text = next((cells.pop(column) for column in ("What", TEXT_OF_GAPS) if column in cells), "")
        console.print(
            Text().append_text(name if isinstance(name, Text) else Text(str(name))).append(f"  {text}")
        )
        rest = " · ".join(f"{column.lower()} {cell}" for column, cell in cells.items() if str(cell))
        if rest:
            console.print(Padding(Text(rest, style="dim"), (0, 0, 0, 4)))


def _list(names: list[str]) -> str:
    return ", ".join(names)


def _scopes(scopes: dict[str, list[str]]) -> str:
    return "; ".join(f"{name}: {_list(values)}" for name, values in scopes.items())


def _bold(part: dict[str, Any], name: str = "id") -> Text:
    return Text(part[name], style="bold")


def _source(part: dict[str, Any]) -> Text:
    source = part["source"]
    words = " ".join([source["kind"], *source["keys"]])
    return Text(words, style="yellow" if source["kind"] == "assumption" else "dim")
