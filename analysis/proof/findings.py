"""What a proof finds: a mistake in a definition, with a counterexample that a clinician can read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from analysis.proof.replay import Replay
from analysis.proof.solver import Unsure
from analysis.proof.source_locations import Place
from pathway.language import Protocol, Waiver

FORMAT: Final = "allpath.proof/1"

KINDS: Final = {
    "malformed": "The definition cannot be read: an unknown name, a forbidden reference",
    "not-settled": "A question that the solver could not settle within its limit of steps: neither proved nor refuted",
    "unproved": "A part of the language that the prover does not know",
    "cycle": "Derived facts depend on themselves",
    "band-gap": "A value that lies in no band",
    "band-overlap": "A value that lies in two bands",
    "gap": "A combination that no row of a table answers",
    "overlap": "A combination that two rows of a table answer",
    "dead-row": "A row that no patient can ever meet",
    "dead-option": "An option that nothing ever proposes",
    "impossible-guard": "A condition that can never hold",
    "exits-together": "Two ways out of a phase that are open at once",
    "unreachable-phase": "A phase that no exit leads to",
    "no-exit": "A phase that is not terminal and has no way out",
    "dead-end": "A phase that an informed patient can never leave",
    "adverse-gap": "An adverse event that its table does not answer",
    "adverse-overlap": "An adverse event for which a table gives two directives",
    "dose-gap": "A patient for whom a dose has no amount",
    "dose-overlap": "A value for which two doses stand",
    "wrong-dose": "Doses that cannot be as they are written: order, sizes, rates",
    "never-given": "A dose that nothing can ever make due",
    "dead-hold": "A hold that no finding can open",
    "endless-hold": "A hold that no finding can close",
    "hold-order": "Lengths of a hold that are out of order",
    "dead-restart": "A way to go on that can never be taken",
    "flag-unread": "What a ledger raises and nothing reads",
    "never-due": "Something that is done as soon as it is asked for, or never asked for",
    "unknown-as-no": "A condition that lets something through because something is not known",
    "no-window": "A time point that decides, while any sample counts for it",
    "no-end": "A ledger that goes on after a way out",
    "dead-question": "Something asked for after all is over",
    "clock-reports": "Something announced as done because its day has come",
    "forgotten": "Something that calls for a person, and withdraws itself when a value eases",
    "endless-wait": "An alert that waits for ever for a value",
    "slot-loop": "A request for a slot whose answer ends the request",
    "no-reason": "A way out, a phase or a deviation that does not say why",
    "unused": "Something that nothing uses",
    "result-unread": "An assessment whose result nothing reads",
    "unsupplied": "Something that is waited for and that nobody can supply",
    "no-clause": "A rule without a clause that is not marked as an assumption",
    "broad-waiver": "A waiver that does not say which patients it means, or of what cannot be waived",
    "stale-waiver": "A waiver of something that is not found",
}
"""Every kind of finding, in the order in which they are shown."""


NEVER_WAIVED: Final = ("malformed", "cycle", "not-settled", "broad-waiver", "stale-waiver")
"""Kinds that hide what is behind them: a waiver would accept what nobody has seen."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    `id` is stable: kind, definition and cells, never a line, a date or a value of the solver. `facts` is the
    counterexample, one fact a line. `waived` is the reason for which it was accepted, empty if it was not. `replay`: the
    events of such a patient, where the finding is about one.
    """

    id: str
    kind: str
    text: str
    facts: tuple[str, ...] = ()
    place: Place = field(default_factory=Place)
    waived: str = ""
    replay: Replay | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        said: dict[str, Any] = {
            "id": self.id,
            "kind": self.kind,
            "text": self.text,
            "facts": list(self.facts),
            "waived": self.waived,
            "file": self.place.file,
            "line": self.place.line,
        }
        return {**said, "replay": self.replay.to_dict()} if self.replay is not None else said


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found in a protocol: open findings, and those waived.

    `questions` is how often the solver was asked, `steps` what it took: both the same at each run, unlike the time.
    """

    protocol: str
    version: str
    hash: str
    findings: tuple[Finding, ...]
    questions: int = 0
    steps: int = 0
    seconds: float = 0.0

    @property
    def open(self) -> tuple[Finding, ...]:
        """Findings that nobody has accepted."""
        return tuple(f for f in self.findings if not f.waived)

    @property
    def waived(self) -> tuple[Finding, ...]:
        """Findings accepted in the protocol, with a reason."""
        return tuple(f for f in self.findings if f.waived)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; the time is left out, so that two runs print the same."""
        return {
            "format": FORMAT,
            "protocol": self.protocol,
            "version": self.version,
            "hash": self.hash,
            "clean": not self.open,
            "findings": [f.to_dict() for f in self.open],
            "waived": [f.to_dict() for f in self.waived],
            "questions": self.questions,
        }


def or_not_settled(found: Iterator[Finding], id: str, what: str, place: Place) -> Iterator[Finding]:
    """The findings; and, if the solver gives up on one of their questions, that the rest of them is not settled."""
    try:
        yield from found
    except Unsure as unsure:
        yield not_settled(id, what, unsure, place)


def not_settled(id: str, what: str, unsure: Unsure, place: Place) -> Finding:
    """That the solver gave up on a question: it is open until it is settled, and never taken for a proof."""
    return Finding(
        f"not-settled:{id}", "not-settled", f"Not settled: {what}", (f"the solver gave up: {unsure}",), place
    )


def settle(protocol: Protocol, found: Iterable[Finding], where: Place) -> tuple[Finding, ...]:
    """The findings in the order of `KINDS`, waivers applied. A waiver that matches nothing is itself a finding."""
    waivers: dict[str, Waiver] = {w.finding_id: w for w in protocol.waivers}
    order = list(KINDS)
    unique = _told_apart(found)
    accepted_ids = {i for i, f in unique.items() if i in waivers and f.kind not in NEVER_WAIVED}
    out = [replace(f, waived=waivers[i].reason if i in accepted_ids else "") for i, f in unique.items()]
    out += [f for i in unique if i in waivers and (f := _too_broad(unique[i], waivers[i], where)) is not None]
    out += [
        Finding(
            f"stale-waiver:{accepted}",
            "stale-waiver",
            f"The waiver of {accepted} matches no finding: what it accepted is gone, or has changed. Remove it or look again",
            (f"reason given: {waiver.reason}",),
            where,
        )
        for accepted, waiver in waivers.items()
        if accepted not in unique
    ]
    names = [w.finding_id for w in protocol.waivers]
    out += [
        Finding(
            f"stale-waiver:{name}:again",
            "stale-waiver",
            f"{name} is waived twice: one waiver accepts nothing",
            (),
            where,
        )
        for name in waivers
        if names.count(name) > 1
    ]
    return tuple(sorted(out, key=lambda f: (order.index(f.kind), f.id)))


def _told_apart(found: Iterable[Finding]) -> dict[str, Finding]:
    """Findings by id; another one of the same id gets a number, so that a waiver of the one does not hide the other."""
    unique: dict[str, Finding] = {}
    for each in found:
        number, name = 1, each.id
        while name in unique and unique[name].text != each.text:
            number += 1
            name = f"{each.id}:{number}"
        unique.setdefault(name, replace(each, id=name))
    return unique


def _too_broad(finding: Finding, waiver: Waiver, where: Place) -> Finding | None:
    """A waiver that accepts more than anybody has looked at, as a finding."""
    if finding.kind in NEVER_WAIVED:
        text = f"{finding.id} cannot be waived: nobody has seen what is behind it"
    elif finding.kind == "dead-end" and waiver.only is None:
        text = f"The waiver of {finding.id} accepts that every patient is stuck there: say with `only` which patients are meant"
    else:
        return None
    return Finding(
        f"broad-waiver:{finding.id}", "broad-waiver", text, (f"reason given: {waiver.reason}",), where
    )


def slug(text: str) -> str:
    """The first words of a text without its numbers and names, as part of an id."""
    words = re.findall(r"[a-z]+", text.lower())
    return "-".join(words[:6])
