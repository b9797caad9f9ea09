"""Answering what is asked: of a patient, of the governor of a subtrial, and in the meeting of either of them.

An answer is bound to what its author saw. Either they say so (`--seen`), or they are shown the question here and asked.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from commands.errors import UsageError
from commands.screen import make_console, styled
from pathway.events import Report
from pathway.language.parsing import nearest
from pathway.refusal import Refused

SeenOption = Annotated[
    str,
    typer.Option(
        "--seen",
        metavar="DIGEST",
        help="The digest of what is answered as it was shown, or its beginning: refused if it has moved or been answered "
        "since. Without it you are shown what is answered, and asked.",
    ),
]
SHORTEST: Final = 6
"""Letters of a digest that are enough to tell it from others."""


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as it was typed. `option` None: the sole proposal; `role` None: whose decision it is; `again`: under an id that
    was given, so that it may be on record already."""

    decision: str
    option: str | None = None
    reason: str = ""
    override: bool = False
    seen: str = ""
    role: str | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """Of what a decision is asked. `who` in words, `look` the command that shows it, `decisions` as its plan has them.

    `known`: the ids of the decisions that its protocol has, asked for only where a name is not found. `hand_in` sends the
    report, or tries it, and prints what came of it.
    """

    who: str
    look: str
    now: datetime
    decisions: Sequence[dict[str, Any]]
    known: Callable[[], Sequence[str]]
    hand_in: Callable[[Report], Awaitable[None]]
    details: tuple[tuple[str, str], ...] = ()


async def decide(asked: Asked, given: Given, id: str, *, dry_run: bool, as_json: bool) -> None:
    """Answer a decision. Raises `Refused` or `UsageError` where it cannot be answered so; then nothing was recorded."""
    state = find(asked.decisions, asked.who, given.decision, asked.known)
    # Sent again, it finds its event, or is refused: there is nothing to show any more.
    again = given.again and given.option is None and not state["open"]
    option = given.option or _proposal(asked, state, answered=again or bool(given.seen))
    if not (given.seen or again or dry_run):
        show_and_ask(asked.who, asked.look, state["key"], question(asked.who, state), option, as_json=as_json)
    report = Report(
        id,
        "decision",
        asked.now,
        given.role or state["role"] or "clinician",
        str(state["key"]),
        value=option,
        expected=whole_digest(given.seen, str(state["digest"])),
        override=given.override,
        reason=given.reason,
        details=asked.details,
    )
    await asked.hand_in(report)


def find(
    decisions: Sequence[dict[str, Any]], who: str, name: str, known: Callable[[], Sequence[str]]
) -> dict[str, Any]:
    """The decision of that id or key; of several with one id the open one. Raises `Refused`, or `UsageError` if several are."""
    found = [d for d in decisions if d["key"] == name] or [d for d in decisions if d["id"] == name]
    open_ = [d for d in found if d["open"]]
    if len(open_) > 1:
        raise UsageError(
            f"{name} is asked {len(open_)} times; say which: {', '.join(d['key'] for d in open_)}"
        )
    if found:
        return open_[0] if open_ else found[-1]
    ids = known()
    if name in ids or name.partition("[")[0] in ids:
        open_now = ", ".join(d["key"] for d in decisions if d["open"]) or "none"
        raise Refused("not_proposed", f"{name} is not asked of {who} now; open decisions: {open_now}")
    keys = [d["key"] for d in decisions]
    raise Refused("unknown_event", f"decision {name!r} is not known; {nearest(name, [*keys, *ids])}")


def _proposal(asked: Asked, state: dict[str, Any], *, answered: bool) -> str:
    """The sole proposal. Of a decision that is answered, for those who saw it before, the answer: the workflow knows whether
    it was theirs, and else says whose."""
    if not state["open"]:
        if answered and state["in_force"]:
            return str(state["in_force"])
        decided = state["decided"] or (f"{state['in_force']} is in force" if state["in_force"] else "")
        waits = ", ".join(m["what"] for m in state["missing"])
        raise Refused(
            "not_proposed",
            f"{state['key']} is not asked of {asked.who} now"
            + (f": {decided}" if decided else "")
            + (f"; it waits for {waits}" if waits else ""),
        )
    if state["proposal"] is None:
        raise UsageError(
            f"{state['key']} has no sole proposal: the {state['role'] or 'clinician'} picks. Say which option: "
            f"{', '.join(state['options'])}"
        )
    return str(state["proposal"])


def whole_digest(seen: str, digest: str) -> str:
    """The digest to send: that of the plan just read, or the one that the person saw, which may be its beginning."""
    return digest if not seen or (len(seen) >= SHORTEST and digest.startswith(seen)) else seen


def show_and_ask(who: str, look: str, key: str, lines: Sequence[Text], option: str, *, as_json: bool) -> None:
    """Show what is answered, in `lines`, and have it confirmed.

    Raises `UsageError` where nobody can be asked, and `typer.Exit` (1) for a no.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            f"{key} of {who} is not answered unseen, and in a pipe nobody can be asked: nothing is recorded. "
            f"Look with `{look}`, then say what you saw: --seen DIGEST"
        )
    console = make_console(stderr=as_json)
    for line in lines:
        console.print(line, soft_wrap=True)
    if not typer.confirm(f"Record {option}?", default=False, err=as_json):
        console.print("Nothing is recorded.")
        raise typer.Exit(1)


def question(who: str, state: dict[str, Any]) -> list[Text]:
    """A decision as it is put to whoever answers it: what is proposed, the values and bands it rests on, options, who decides."""
    offer = f"proposed {state['proposal']}" if state["proposal"] else "no sole proposal, a person picks"
    lines = [
        Text.assemble(
            (f"{who}  {state['key']}", "bold"), "  ", styled(state["state"]), f"  {offer}", _rule(state)
        )
    ]
    if state.get("text"):
        lines.append(Text(f"  {state['text']}"))
    lines += _grounds(state)
    if state["boundary"]:
        lines.append(Text("  a value lies on a limit: say why with --reason", style="yellow"))
    if state["in_force"]:
        lines.append(Text(f"  in force: {state['decided'] or state['in_force']}"))
    lines.append(
        Text(
            f"  options {', '.join(state['options'])}; decided by the {state['role'] or 'clinician'}; "
            f"seen {state['digest'][:8]}",
            style="dim",
        )
    )
    return lines


def judged_question(who: str, state: dict[str, Any]) -> list[Text]:
    """A criterion as it is put to whoever judges it: its verdict, the values that it rests on, what is in force."""
    standing = "judged already" if state["judged"] else "to be judged"
    return [
        Text.assemble((f"{who}  {state['id']}", "bold"), "  ", styled(state["verdict"]), f"  {standing}"),
        Text(f"  {state['text']}"),
        *_grounds(state),
        Text(f"  options PASS, FAIL; judged by a clinician; seen {state['digest'][:8]}", style="dim"),
    ]


def _grounds(state: dict[str, Any]) -> list[Text]:
    """The values that a decision or a criterion rests on, and what it waits for."""
    lines = []
    for reason in state["reasons"]:
        value = f" [{reason['value']}]" if reason["value"] else ""
        lines.append(Text(f"  - {reason['text']}: {reason['verdict']}{value}"))
    lines += [Text(f"  waits for {m['what']} from the {m['who']}", style="yellow") for m in state["missing"]]
    return lines


def _rule(state: dict[str, Any]) -> str:
    return f", rule {state['rule']}" if state["rule"] else ""
