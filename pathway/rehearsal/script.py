"""The script of a rehearsal: what to do next, and what to make of the answer.

A script asks and a driver does: so a rehearsal in this process (`pathway.rehearsal.rehearse`) and a durable one through Temporal
play the same thing, step by step, and print the same result.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from pathway.changes import Change, day_label, day_one_of
from pathway.errors import AllpathError
from pathway.events import Report
from pathway.language.profile import make_profile
from pathway.language.terms import key_of
from pathway.plan import DecisionState, Plan
from pathway.rehearsal.expectations import Unmet, missed
from pathway.rehearsal.rehearsed import Rehearsed, Submitted
from pathway.rehearsal.scenario import Scenario, ScenarioEvent, Subject
from pathway.rehearsal.scenario_events import AUTO
from pathway.rehearsal.steps import (
    MOST_ROUNDS,
    Answer,
    Command,
    Progress,
    Refusal,
    Settle,
    Show,
    Shown,
    StepTo,
    Submit,
)
from pathway.rehearsal.subtrial_expectations import missed_by_governor
from pathway.subtrial.plan import SubtrialPlan

MOST_WAKES = 100_000


class Stuck(AllpathError):
    """The rehearsal cannot go on: a plan asks to be woken in the past, or confirmations never settle.

    A fault of the engine or of the protocol, not of the scenario.
    """

    exit_status = 1


Play = Generator[Command, Answer, Rehearsed]
Part = Generator[Command, Answer, None]


def script(scenario: Scenario) -> Play:
    """The commands that play a scenario, in order: a generator that is sent the answer to each and returns the result.

    At every instant at which something is due: the clock first, then the events in the order of the file, then the
    confirmations that `confirm: auto` takes, then the expectations. Where there are governors, messages are delivered after each
    of the first three.
    """
    return _Script(scenario).play()


@dataclass(slots=True)
class _Script:
    scenario: Scenario
    plans: dict[str, Plan] = field(default_factory=dict)
    subtrials: dict[str, SubtrialPlan] = field(default_factory=dict)
    log: list[Submitted | Change] = field(default_factory=list)
    shown: dict[str, dict[str, None]] = field(default_factory=dict)
    unmet: list[Unmet] = field(default_factory=list)
    refused: dict[str, list[str]] = field(default_factory=dict)
    seen: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    taken: dict[tuple[str, str], int] = field(default_factory=dict)
    given_up: list[tuple[str, str, str]] = field(default_factory=list)
    last_met: dict[str, int] = field(default_factory=dict)

    def play(self) -> Play:
        scenario = self.scenario
        profile = make_profile(scenario.compiled.protocol, dict(scenario.overrides), scenario.simulation)
        now = scenario.start
        for _ in range(MOST_WAKES):
            yield from self._instant(now)
            following = self._following(now)
            if following is None:
                break
            now = following
        else:
            raise Stuck(f"the rehearsal woke {MOST_WAKES} times and has only come to {now.isoformat()}")
        self._judge_refusals()
        shown = yield Show()
        assert isinstance(shown, Shown)
        return Rehearsed(
            scenario=scenario,
            profile=profile,
            log=tuple(self.log),
            unmet=tuple(sorted(self.unmet, key=lambda u: (u.expect is None, u.expect or 0))),
            plans=shown.plans,
            governors=shown.governors,
        )

    def _instant(self, now: datetime) -> Part:
        answer = yield StepTo(now)
        assert isinstance(answer, Mapping)
        self._take_in(answer)
        yield from self._settle()
        for subject in self._everyone:
            plan = self.plans[subject.id]
            if plan.next_at is not None and plan.next_at <= now:
                raise Stuck(
                    f"{subject.id}: the plan of {now.isoformat()} asks to be woken at {plan.next_at.isoformat()}"
                )
        events = [e for e in self.scenario.events if e.report.at == now]
        yield from self._confirm(now, events)
        for n, event in enumerate(events):
            if event.report.kind == "decision" and not self._is_open(event):
                yield from self._confirm(now, events[n:])
            yield from self._submit(event)
        yield from self._confirm(now, [])
        for expectation in self.scenario.expectations:
            if expectation.at == now:
                plan, shown = self.plans[expectation.subject], self.shown[expectation.subject]
                subtrial = self.subtrials.get(expectation.subject)
                for check in expectation.checks:
                    words = (
                        missed(check, plan, shown)
                        if subtrial is None
                        else missed_by_governor(check, subtrial, shown)
                    )
                    if words is not None:
                        self.unmet.append(Unmet(expectation.index, check.path, *words))

    def _following(self, now: datetime) -> datetime | None:
        """The next instant at which something is due for any subject; None after the end."""
        scenario = self.scenario
        due = [e.report.at for e in scenario.events]
        due += [e.at for e in scenario.expectations]
        due += [plan.next_at for plan in self.plans.values() if plan.next_at is not None]
        due.append(scenario.until)
        return min((at for at in due if now < at <= scenario.until), default=None)

    @property
    def _everyone(self) -> tuple[Subject, ...]:
        """Subjects in the order of the file, then governors by id: the order of the log."""
        return (*self.scenario.subjects, *self.scenario.governors)

    def _take_in(self, answer: Mapping[str, Progress]) -> None:
        for subject in self._everyone:
            progress = answer.get(subject.id)
            if progress is None:
                continue
            self.plans[subject.id] = progress.plan
            if progress.governor is not None:
                self.subtrials[subject.id] = progress.governor
            shown = self.shown.setdefault(subject.id, {})
            # A track can pass through a phase within one step; the timeline then names only where it has come to.
            for track in progress.plan.tracks:
                shown.update((phase, None) for phase, _, _ in track.path)
            self.log += _with_letters(subject.id, progress)
            for change in progress.changes:
                for name in (change.id, change.key, change.key.rpartition(" ")[2]):
                    shown[name] = None

    def _settle(self) -> Part:
        """Lets the messages between subjects and governors arrive."""
        if self.scenario.governors:
            answer = yield Settle()
            assert isinstance(answer, Mapping)
            self._take_in(answer)

    # -- events

    def _submit(self, event: ScenarioEvent) -> Part:
        report = event.report
        if report.kind in ("decision", "judgement"):
            report = self._as_seen(event)
        self.log.append(Submitted(event.subject, report))
        answer = yield Submit(event.subject, report)
        if isinstance(answer, Refusal):
            self._note_refusal(event.subject, report, answer)
            expected = [r for r in self.scenario.refusals if r.event == report.id]
            self.refused.setdefault(report.id, []).append(answer.code)
            if not expected:
                got = f"refused {answer.code}: {answer.text}"
                self.unmet.append(Unmet(None, f"event {report.id}", "accepted", got))
        else:
            assert isinstance(answer, Mapping)
            self._take_in(answer)
            yield from self._settle()
        looks = [e.seen for e in self.scenario.events]
        if report.id in looks:
            self.seen[event.subject, report.id] = _digests(self.plans[event.subject])

    def _as_seen(self, event: ScenarioEvent) -> Report:
        """The report bound to what its author saw. A reason lets an option override what is proposed or in force."""
        report = event.report
        if event.seen and not report.expected:
            digests = self.seen.get((event.subject, event.seen), {})
            report = replace(report, expected=digests.get(key_of(report.name, report.scope), ""))
        decision = _asked(self.plans[event.subject], report)
        if report.kind != "decision" or decision is None or not report.reason:
            return report
        offered = (decision.proposal,) if decision.proposal is not None else decision.options
        return replace(report, override=report.value not in offered or not decision.open)

    def _is_open(self, event: ScenarioEvent) -> bool:
        decision = _asked(self.plans[event.subject], event.report)
        return decision is not None and decision.open

    def _note_refusal(self, subject: str, report: Report, refusal: Refusal) -> None:
        local = report.at.astimezone(self.scenario.site_of(subject).tz)
        day_one = day_one_of(self.plans[subject], self.scenario.compiled.protocol.day_one)
        self.log.append(
            Change(
                at=report.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                local=local.strftime("%Y-%m-%dT%H:%M"),
                day=day_label(local.date(), day_one),
                subject=subject,
                cause=report.id,
                kind="refusal",
                id=report.id,
                key=report.id,
                state=refusal.code,
                text=refusal.text,
            )
        )

    def _judge_refusals(self) -> None:
        for expected in self.scenario.refusals:
            codes = self.refused.get(expected.event, [])
            if expected.code not in codes:
                got = f"refused {', '.join(codes)}" if codes else "accepted"
                self.unmet.append(
                    Unmet(expected.index, f"event {expected.event}", f"refused {expected.code}", got)
                )

    # -- confirmations

    def _confirm(self, now: datetime, still_to_come: list[ScenarioEvent]) -> Part:
        """Takes sole proposals until there are none left, except those that an event of this instant decides itself.

        Patients' before governors', whose messages may make patients' plans propose more.
        """
        if not self.scenario.auto:
            return
        for _ in range(MOST_ROUNDS):
            before = len(self.taken), sum(self.taken.values())
            for subject in self._everyone:
                yield from self._confirm_all(now, subject, still_to_come)
            if not self.scenario.governors or (len(self.taken), sum(self.taken.values())) == before:
                return
        raise Stuck(f"after {MOST_ROUNDS} rounds of confirmations at {now.isoformat()} there are still more")

    def _confirm_all(self, now: datetime, subject: Subject, still_to_come: list[ScenarioEvent]) -> Part:
        decided = [key_of(e.report.name, e.report.scope) for e in still_to_come if e.subject == subject.id]
        for _ in range(MOST_ROUNDS):
            decision = self._sole_proposal(subject, decided)
            if decision is None:
                return
            yield from self._take(now, subject, decision)
        raise Stuck(
            f"{subject.id}: after {MOST_ROUNDS} confirmations at {now.isoformat()} there are still more"
        )

    def _sole_proposal(self, subject: Subject, decided: list[str]) -> DecisionState | None:
        for decision in self.plans[subject.id].decisions:
            if (
                decision.open
                and decision.proposal is not None
                and decision.state in ("proposed", "reopened")
                and not decision.boundary
                and decision.key not in decided
                and decision.id not in decided
                and (subject.id, decision.key, decision.digest) not in self.given_up
            ):
                return decision
        return None

    def _take(self, now: datetime, subject: Subject, decision: DecisionState) -> Part:
        number = self.taken.get((subject.id, decision.key), 0) + 1
        self.taken[subject.id, decision.key] = number
        report = Report(
            id=f"{AUTO}{decision.key}-{number}",
            kind="decision",
            at=now,
            role=decision.role or "clinician",
            name=decision.key,
            value=decision.proposal,
            expected=decision.digest,
        )
        self.log.append(Submitted(subject.id, report))
        answer = yield Submit(subject.id, report)
        if isinstance(answer, Refusal):
            self.given_up.append((subject.id, decision.key, decision.digest))
            self._note_refusal(subject.id, report, answer)
            got = f"refused {answer.code}: {answer.text}"
            self.unmet.append(Unmet(None, f"event {report.id}", "accepted", got))
        else:
            assert isinstance(answer, Mapping)
            self._take_in(answer)
            yield from self._settle()


def _with_letters(subject: str, progress: Progress) -> Iterator[Submitted | Change]:
    """What changed, behind the message that brought it."""
    left = list(progress.changes)
    for message in progress.messages:
        yield Submitted(subject, message)
        yield from (change for change in left if change.cause == message.id)
        left = [change for change in left if change.cause != message.id]
    yield from left


def _asked(plan: Plan, report: Report) -> DecisionState | None:
    """The decision that a report is about: by its key, else the one that is open among those with its id."""
    wanted = key_of(report.name, report.scope)
    found = [d for d in plan.decisions if d.key == wanted] or [
        d for d in plan.decisions if d.id == report.name
    ]
    return next((d for d in found if d.open), found[0] if found else None)


def _digests(plan: Plan) -> dict[str, str]:
    found = {c.id: c.digest for c in plan.criteria}
    return found | {name: d.digest for d in plan.decisions for name in (d.id, d.key)}
