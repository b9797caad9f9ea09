"""An explanation: what is said of a decision, criterion, item, infusion or notice, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from pathway.plan import Missing


@dataclass(slots=True)
class Reason:
    """One reason: what was asked, how it came out (PASS, FAIL, PENDING, REVIEW or a table cell), the value, the
    source."""

    text: str
    verdict: str
    value: str = ""
    source: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Explanation:
    """What is explained: a decision, criterion, item, infusion or notice.

    `said`: sentences for a clinician. `steps`: how it is settled, each with `who`, `what` and `command`. Everything else is the
    tree. `would_change`: single changes of one input and what they would lead to.
    """

    id: str
    text: str
    state: str
    proposal: str | None
    in_force: str | None
    options: tuple[str, ...]
    role: str
    since: str
    reasons: list[Reason]
    missing: list[dict[str, str]]
    rule: str
    source: dict[str, Any]
    assumptions: list[dict[str, str]]
    would_change: list[str]
    decided: str = ""
    said: list[str] = field(default_factory=list)
    steps: list[dict[str, str]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    def lines(self) -> list[str]:
        """The tree as text lines."""
        head = (
            self.in_force
            or self.proposal
            or (" / ".join(self.options) if self.state in ("choice", "review") else "open")
        )
        out = [
            f"{self.id}: {head} ({self.state.replace('_', ' ')}{f' since {self.since}' if self.since else ''})",
            f"  {self.text}",
        ]
        if self.rule:
            out.append(f"  rule: {self.rule}")
        if self.decided:
            out.append(f"  {self.decided}")
        for reason in self.reasons:
            value = f" [{reason.value}]" if reason.value else ""
            cite = f"  ({cite_words(reason.source)})" if reason.source else ""
            out.append(f"  - {reason.text}: {reason.verdict}{value}{cite}")
        out += [waits_words(m) for m in self.missing]
        if self.source:
            out.append(f"  source: {cite_words(self.source)}")
        out += [f"  assumption: {a['key']} = {a['value']} ({a['text']})" for a in self.assumptions]
        return out + [f"  would change: {text}" for text in self.would_change]


def missing_data(missing: Iterable[Missing]) -> list[dict[str, str]]:
    """What is waited for as data; `why` only where something is on record and does not count."""
    return [{"what": m.what, "who": m.who, **({"why": m.why} if m.why else {})} for m in missing]


def waits_words(missing: dict[str, str]) -> str:
    """A line of what is waited for, with the real cause."""
    why = f": {missing['why']}" if missing.get("why") else ""
    return f"  waits for {missing['what']} from the {missing['who']}{why}"


def cite_words(source: dict[str, Any]) -> str:
    """A source in one line."""
    cites = "; ".join(source.get("citations", []))
    return " ".join(
        part for part in (source.get("kind", ""), cites and f"[{cites}]", source.get("note", "")) if part
    )
