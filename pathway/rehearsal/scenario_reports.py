"""The reports that the events of a scenario stand for, checked against what the protocol knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from pathway.engine.context import Compiled
from pathway.events import Report
from pathway.language import ROLES, AdverseEventType, Fact, Scope
from pathway.language.details import action_details, fact_details
from pathway.language.parsing import BadValue, parse_decimal, parse_fact_value
from pathway.language.terms import key_of
from pathway.refusal import DECISION_DETAILS
from pathway.rehearsal.expectations import base, decidable
from pathway.rehearsal.scenario_enrolment import enrolment_report
from pathway.rehearsal.scenario_events import AUTO, KINDS, Draft, Moments
from pathway.rehearsal.scenario_subtrials import (
    DECISIONS,
    check_decision,
    governed_action,
    governed_details,
    statements_of,
)
from pathway.rehearsal.tree import Entries, Node, Reader, accepted

UNPLACED = datetime(1900, 1, 1, tzinfo=UTC)
"""Stands for a moment that could not be read, in a report that is then not handed out."""
NUMBERS = ("sensitivity", "quantifiable_limit", "dose", "days", "rate")


def report_of(draft: Draft, reader: Reader, compiled: Compiled, moments: Moments) -> Report | None:
    """The report that an event of the file stands for, or None when something is wrong with it."""
    return _Writer(draft, reader, compiled, moments).report()


class _Writer:
    """Writes one report. Problems are noted on the way, so that several mistakes in one event are all told."""

    def __init__(self, draft: Draft, reader: Reader, compiled: Compiled, moments: Moments) -> None:
        self.draft = draft
        self.keys = draft.keys
        self.reader = reader
        self.compiled = compiled
        self.moments = moments

    def report(self) -> Report | None:
        before = len(self.reader.problems)
        draft, keys = self.draft, self.keys
        at = self.moments.of(draft)
        role = self.reader.name(keys.get("as"), "as", ROLES)
        self._text("note")
        report = Report(
            id=draft.id,
            kind=KINDS[draft.kind][0],
            at=at or UNPLACED,
            role=role or "",
            reason=self._text("reason"),
            occurred=self.moments.clinical(draft) if "occurred" in keys or "sampled" in keys else None,
            scope=self._scope(),
            details=self._details(),
            expected=self._text("expected"),
        )
        report = self._specific(report)
        if not report.role:
            report = replace(report, role="coordinator")
        return report if at is not None and len(self.reader.problems) == before else None

    def _specific(self, report: Report) -> Report:
        if self.draft.governed and self.draft.kind in ("do", "decide", "acknowledge"):
            return self._governed(report)
        match self.draft.kind:
            case "fact":
                return self._fact(report)
            case "do":
                return self._do(report)
            case "ae":
                return self._adverse_event(report)
            case "correct":
                return self._correction(report)
            case "void":
                return replace(report, target=self._event("void"))
            case "not_obtainable":
                return self._not_obtainable(report)
            case "judge":
                name = self._id("judge", "criterion", list(self.compiled.criteria))
                verdict = self._one_of("verdict", ("PASS", "FAIL"))
                return replace(report, name=name, value=verdict, role=report.role or "clinician")
            case "decide":
                return self._decision(report)
            case "transfer" | "annul":
                return enrolment_report(self.draft, report, self.reader, self.moments)
            case _:
                name = self._id("acknowledge", "deviation or alert", list(self.compiled.statements))
                return replace(report, name=name)

    def _governed(self, report: Report) -> Report:
        """To the governor of a subtrial. Which options there are depends on its state: that the door knows."""
        match self.draft.kind:
            case "do":
                subtrial = self.compiled.subtrials[self.draft.subject]
                return governed_action(self.draft, report, self.reader, subtrial)
            case "decide":
                subtrial = self.compiled.subtrials[self.draft.subject]
                name, option = self._id("decide", "decision", DECISIONS), self._text("option")
                if base(name) in DECISIONS and not self.draft.refused:
                    check_decision(self.draft, name, subtrial, self.reader)
                return replace(report, name=name, value=option, role=report.role or subtrial.confirm)
            case _:
                known = list(statements_of(self.compiled.subtrials[self.draft.subject]))
                return replace(report, name=self._id("acknowledge", "deviation or alert", known))

    def _fact(self, report: Report) -> Report:
        fact = self._fact_named(self.keys.get("fact"))
        if fact is None:
            return report
        point = self._point(fact, self.keys.get("point"))
        value, unit = self._stated(report.details), self._text("unit")
        if not value and "value" not in self.keys and not self.draft.refused:
            self.reader.wrong(self.draft.node, f"{fact.id}: value is missing")
        self._check_value(fact, value, unit)
        return replace(
            report, name=fact.id, point=point, value=value, unit=unit, role=report.role or fact.supplier
        )

    def _do(self, report: Report) -> Report:
        name = self.reader.name(self.keys.get("do"), "do", list(self.compiled.actions), self._where())
        if name is None:
            return report
        action = self.compiled.actions[name]
        known = dict(action.scopes)
        scope = self.keys.get("scope")
        for key, value in scope.entries if isinstance(scope, Entries) else ():
            if self.reader.name(key, f"{name} scope", list(known)) is None or self.draft.refused:
                continue
            if known[key.text]:
                self.reader.name(value, f"{name} {key.text}", known[key.text])
        given = dict(report.scope)
        for label, values in action.scopes:
            if label not in given and not self.draft.refused:
                example = f"scope: {{{label}: {values[0] if values else '1'}}}"
                self.reader.wrong(self.draft.node, f"{name}: {label} is missing; say {example}")
        return replace(report, name=name, role=report.role or action.role)

    def _adverse_event(self, report: Report) -> Report:
        name = self.reader.name(self.keys.get("ae"), "ae", list(self.compiled.adverse_events), self._where())
        if name is None:
            return report
        kind = self.compiled.adverse_events[name]
        grade = self._grade(kind)
        details = report.details
        if "scale" in self.keys:
            details = _with(details, "scale", self._one_of("scale", kind.scales))
        elif len(kind.scales) == 1:
            details = _with(details, "scale", kind.scales[0])
        target = self._event("of") if "of" in self.keys else ""
        role = report.role or "clinician"
        return replace(report, name=name, value=grade, details=details, target=target, role=role)

    def _correction(self, report: Report) -> Report:
        target = self._event("correct")
        root = self._root(target)
        changed = ("value", "unit", "point", "grade", "scale", "scope", "sampled", "occurred", "with")
        if not any(key in self.keys for key in changed):
            self.reader.wrong(
                self.draft.node, f"correct: it changes nothing; say one of {', '.join(changed)}"
            )
        if root is None:
            return replace(report, target=target, value=self._text("value") or None, unit=self._text("unit"))
        value, unit, details = self._text("value"), self._text("unit"), report.details
        if root.kind == "fact":
            fact = self.compiled.facts.get(root.word("fact"))
            value = self._stated(report.details)
            unit = unit or (root.word("unit") if value else "")
            if fact is not None:
                self._check_value(fact, value, unit)
            if fact is not None and "point" in self.keys:
                report = replace(report, point=self._point(fact, self.keys["point"]))
        elif root.kind == "ae":
            kind = self.compiled.adverse_events.get(root.word("ae"))
            if kind is not None and "grade" in self.keys:
                value = self._grade(kind)
            if kind is not None and "scale" in self.keys:
                details = _with(details, "scale", self._one_of("scale", kind.scales))
        return replace(report, target=target, value=value or None, unit=unit, details=details)

    def _not_obtainable(self, report: Report) -> Report:
        node = self.keys.get("not_obtainable")
        point_node: Node | None = None
        fact_node = node
        if isinstance(node, Entries):
            record = self.reader.record(node, "not_obtainable", ("fact", "point"), ("fact",))
            fact_node, point_node = record.get("fact"), record.get("point")
        fact = self._fact_named(fact_node)
        if fact is None:
            return report
        return replace(report, name=fact.id, point=self._point(fact, point_node))

    def _decision(self, report: Report) -> Report:
        known = decidable(self.compiled)
        name = self._id("decide", "decision", list(known))
        found = known.get(name) or known.get(base(name))
        key = key_of(name, report.scope)
        if found is not None and key not in known and not self.draft.refused:
            # A decision that there are several of: `ID[event=HEPATIC]`, or `scope`.
            keys = [each for each in known if each.startswith(f"{base(name)}[")] or [base(name)]
            self.reader.wrong(self.keys["decide"], f"decide: unknown decision {key!r}; {accepted(key, keys)}")
        if found is None:
            return replace(report, name=name, value=self._text("option"))
        options, role = found
        return replace(
            report, name=name, value=self._one_of("option", options), role=report.role or role or "clinician"
        )

    # -- parts of events

    def _text(self, key: str) -> str:
        return self.reader.text(self.keys.get(key), key) or ""

    def _where(self) -> str:
        return f"allpath protocol show {self.compiled.protocol.name}"

    def _one_of(self, key: str, names: Sequence[str]) -> str:
        if self.draft.refused:
            return self._text(key)
        return self.reader.name(self.keys.get(key), key, names, self._where()) or ""

    def _id(self, key: str, what: str, names: Sequence[str]) -> str:
        """An id, or a key `ID[cycle=1]`."""
        text = self._text(key)
        if text and text not in names and base(text) not in names:
            message = f"{key}: unknown {what} {text!r}; {accepted(text, names, self._where())}"
            self.reader.wrong(self.keys[key], message)
        return text

    def _fact_named(self, node: Node | None) -> Fact | None:
        name = self.reader.name(node, "fact", list(self.compiled.facts), self._where())
        return self.compiled.facts[name] if name is not None else None

    def _point(self, fact: Fact, node: Node | None) -> str:
        if node is None:
            if fact.points and not self.draft.refused:
                self.reader.wrong(
                    self.draft.node, f"{fact.id}: point is missing; accepted: {', '.join(fact.points)}"
                )
            return ""
        if not fact.points and not self.draft.refused:
            self.reader.wrong(node, f"{fact.id} has no time points; leave point out")
            return ""
        if self.draft.refused:
            return self.reader.text(node, "point") or ""
        return self.reader.name(node, f"{fact.id} point", fact.points) or ""

    def _stated(self, details: tuple[tuple[str, str], ...]) -> str:
        """The value that is reported; a qualifier such as not-detected counts as one."""
        qualifier = dict(details).get("qualifier", "quantified")
        return self._text("value") if qualifier == "quantified" else qualifier

    def _check_value(self, fact: Fact, value: str, unit: str) -> None:
        if not value or self.draft.refused:
            return
        try:
            parse_fact_value(fact, value, unit)
        except BadValue as error:
            key = "unit" if error.code == "unknown_unit" and "unit" in self.keys else "value"
            self.reader.wrong(self.keys.get(key, self.draft.node), str(error))

    def _grade(self, kind: AdverseEventType) -> str:
        low, high = kind.grades
        return self._one_of("grade", [str(grade) for grade in range(low, high + 1)])

    def _scope(self) -> Scope:
        node = self.keys.get("scope")
        pairs = []
        for key, value in self.reader.entries(node, "scope") if node is not None else ():
            if self.draft.kind not in ("do", "correct", "decide", "acknowledge"):
                self.reader.name(key, "scope", self._labels())
            text = self.reader.text(value, f"scope {key.text}")
            if text is not None:
                pairs.append((key.text, text))
        return tuple(sorted(pairs))

    def _labels(self) -> list[str]:
        """Every scope label that the protocol's actions have."""
        found = [label for action in self.compiled.actions.values() for label, _ in action.scopes]
        return list(dict.fromkeys(found))

    def _details(self) -> tuple[tuple[str, str], ...]:
        """`with`, sorted by name; the protocol says which details go with a fact or an action."""
        node = self.keys.get("with")
        if node is None:
            return ()
        names = self._detail_names()
        pairs = []
        for key, value in self.reader.entries(node, "with"):
            if names is not None and key.text not in names:
                self.reader.wrong(key, f"with: unknown {key.text!r}; {accepted(key.text, names)}")
            text = self.reader.text(value, f"with {key.text}")
            if text is not None and key.text in NUMBERS and not self.draft.refused:
                self._check_number(value, f"with {key.text}", text)
            if text is not None:
                pairs.append((key.text, text))
        return tuple(sorted(pairs))

    def _check_number(self, node: Node, what: str, text: str) -> None:
        try:
            parse_decimal(text)
        except BadValue as error:
            self.reader.wrong(node, f"{what}: {error}")

    def _detail_names(self) -> Sequence[str] | None:
        draft = self._root(self.draft.word("correct")) if self.draft.kind == "correct" else self.draft
        if draft is None:
            return None
        if draft.kind == "fact":
            fact = self.compiled.facts.get(draft.word("fact"))
            return None if fact is None else (*fact_details(fact), "qualifier")
        if draft.kind == "do" and draft.governed:
            return governed_details(draft.word("do"))
        if draft.kind == "do":
            action = self.compiled.actions.get(draft.word("do"))
            return action_details(action) if action is not None else None
        if draft.kind == "decide":
            return DECISION_DETAILS
        return ("scale", "text") if draft.kind == "ae" else ()

    def _event(self, key: str) -> str:
        """The id of another event of the same subject, or of a confirmation that the rehearsal makes itself."""
        text = self._text(key)
        ids = [d.id for d in self.moments.drafts if d.subject == self.draft.subject and d is not self.draft]
        if text and text not in ids and not text.startswith(AUTO):
            self.reader.wrong(self.keys[key], f"{key}: unknown event {text!r}; {accepted(text, ids)}")
        return text

    def _root(self, target: str) -> Draft | None:
        """The event at the beginning of a chain of corrections."""
        for _ in self.moments.drafts:
            draft = next((d for d in self.moments.drafts if d.id == target), None)
            if draft is None or draft.kind != "correct":
                return draft
            target = draft.word("correct")
        return None


def _with(details: tuple[tuple[str, str], ...], name: str, value: str | None) -> tuple[tuple[str, str], ...]:
    return tuple(sorted([*details, (name, value)])) if value else details
