"""What a scenario expects: which patient or governor should show what, when, and which events are refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pathway.engine.context import Compiled
from pathway.refusal import CODES
from pathway.rehearsal.expectations import (
    ASPECTS,
    KEYS,
    REFUSAL_KEYS,
    Check,
    ExpectedRefusal,
    read_checks,
)
from pathway.rehearsal.scenario_events import Draft, Moments
from pathway.rehearsal.subtrial_expectations import GOVERNOR_KEYS, OF_GOVERNORS, read_governor_checks
from pathway.rehearsal.tree import Entries, Node, Reader, Scalar
from pathway.subtrial.messages import SUBJECT


@dataclass(frozen=True, slots=True)
class Expected:
    """An expectation whose instant may still be the end of the rehearsal (None)."""

    index: int
    node: Node
    subject: str
    at: datetime | None
    checks: tuple[Check, ...]

    @property
    def line(self) -> int:
        """Where it stands in the file."""
        return self.node.line


def expected_of(
    reader: Reader,
    compiled: Compiled,
    nodes: Sequence[Node],
    drafts: Sequence[Draft],
    moments: Moments,
    subjects: Sequence[str],
) -> tuple[list[Expected], tuple[ExpectedRefusal, ...]]:
    """What stands under `expect`: what somebody should show, and the events that should be refused. Mistakes go to `reader`."""
    expectations: list[Expected] = []
    refusals: list[ExpectedRefusal] = []
    for index, node in enumerate(nodes):
        what = f"expect {index}"
        if any(words_of(node, ("event", "refused"))):
            record = reader.record(node, what, REFUSAL_KEYS, ("event", "refused"))
            event = reader.name(record.get("event"), f"{what} event", [d.id for d in drafts])
            code = reader.name(record.get("refused"), f"{what} refused", CODES)
            if event is not None and code is not None:
                refusals.append(ExpectedRefusal(index, node.line, event, code))
            continue
        if isinstance(node, Entries) and any(key.text == "governor" for key, _ in node.entries):
            found = _of_governor(reader, compiled, node, index, drafts, moments)
            expectations += [found] if found is not None else []
            continue
        if not subjects:
            reader.wrong(
                node, f"{what}: governor is missing; accepted: {', '.join(sorted(compiled.subtrials))}"
            )
            continue
        record = reader.record(node, what, (*KEYS, *REFUSAL_KEYS))
        subject = reader.name(record.get("subject"), f"{what} subject", subjects)
        if "subject" not in record and len(subjects) > 1:
            reader.wrong(node, f"{what}: subject is missing; accepted: {', '.join(subjects)}")
        subject = subject or subjects[0]
        cycle = reader.text(record.get("cycle"), f"{what} cycle") or ""
        at = moments.at(record.get("at"), f"{what} at", subject, cycle)
        if isinstance(node, Entries) and not any(aspect in record for aspect in ASPECTS):
            reader.wrong(
                node, f"{what}: it expects nothing; say one of {', '.join(ASPECTS)}, or event and refused"
            )
        day_of = _day_reader(moments, subject, cycle)
        expectations.append(Expected(index, node, subject, at, read_checks(reader, record, compiled, day_of)))
    return expectations, tuple(refusals)


def _of_governor(
    reader: Reader, compiled: Compiled, node: Node, index: int, drafts: Sequence[Draft], moments: Moments
) -> Expected | None:
    what = f"expect {index}"
    record = reader.record(node, what, GOVERNOR_KEYS)
    governor = reader.name(record.get("governor"), f"{what} governor", list(compiled.subtrials))
    if governor is None:
        return None
    at = moments.at(record.get("at"), f"{what} at", governor)
    if not any(aspect in record for aspect in OF_GOVERNORS):
        reader.wrong(node, f"{what}: it expects nothing; say one of {', '.join(OF_GOVERNORS)}")
    known = [s for s in moments.sites if s not in compiled.subtrials]
    known += [name for d in drafts if d.governed and (name := d.label(SUBJECT) or d.said(SUBJECT))]
    day_of = _day_reader(moments, governor, "")
    checks = read_governor_checks(reader, record, compiled.subtrials[governor], known, day_of)
    return Expected(index, node, governor, at, checks)


def _day_reader(moments: Moments, subject: str, cycle: str) -> Callable[[Node, str], str | None]:
    def day_of(node: Node, what: str) -> str | None:
        at = moments.at(node, what, subject, cycle)
        return None if at is None else at.astimezone(moments.sites[subject].tz).date().isoformat()

    return day_of


def words_of(node: Node, keys: tuple[str, str]) -> tuple[str, str]:
    """The texts of two keys of a mapping, "" where there is none; no problem is noted."""
    pairs = node.entries if isinstance(node, Entries) else ()
    found = {key.text: value.text.strip() for key, value in pairs if isinstance(value, Scalar)}
    return found.get(keys[0], ""), found.get(keys[1], "")
