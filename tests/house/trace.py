"""What one event of a rehearsal changes, stratum by stratum: the worked trace of docs/engine.md."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from pathway.changes import Change
from pathway.engine.context import Compiled, Evaluation
from pathway.engine.results import Point, Resolved, Result
from pathway.engine.values import Val
from pathway.events import Event
from pathway.patient.evaluate import context, evaluate
from pathway.record import Record
from pathway.rehearsal.rehearse import InProcess, rehearse
from pathway.rehearsal.scenario import Scenario
from pathway.rehearsal.steps import Progress, Refusal, Submit
from pathway.site import Site

Strata = Mapping[str, Mapping[str, str]]
"""What each stratum says, by the key of what it speaks of."""


def trace(scenario: Scenario, event: str) -> Mapping[str, tuple[str, ...]]:
    """What each stratum says differently after the event of that id, `before -> after`; of the readings all, as they are now."""
    driver = _Tracing(scenario, event)
    rehearse(scenario, driver)
    return driver.lines


class _Tracing(InProcess):
    """Plays a scenario in memory, and looks at one subject before and after one event."""

    def __init__(self, scenario: Scenario, event: str) -> None:
        super().__init__(scenario)
        self.event = event
        self.lines: dict[str, tuple[str, ...]] = {}

    def submit(self, command: Submit) -> Mapping[str, Progress] | Refusal:
        """Submit a report as ever; of the one that is traced, keep what it changes."""
        if command.report.id != self.event:
            return super().submit(command)
        pathway = self.pathways[command.subject]
        before = self._strata(pathway.record, pathway.subject.site)
        answer = super().submit(command)
        assert not isinstance(answer, Refusal)
        after = self._strata(pathway.record, pathway.subject.site)
        self.lines = {
            "event": (_event(pathway.record.events[-1], pathway.subject.site),),
            "readings": tuple(f"{name}: {text}" for name, text in after["readings"].items()),
            **{
                stratum: tuple(_differ(before[stratum], after[stratum]))
                for stratum in after
                if stratum != "readings"
            },
            "changes": tuple(_told(change) for change in answer[command.subject].changes),
        }
        return answer

    def _strata(self, record: Record, site: Site) -> Strata:
        """All that is true of a record now. What it says of a copy is not changed by later events."""
        compiled, copy = self.compiled, Record.of(record.events)
        ctx = context(compiled, self.profile, site, copy, self.now)
        plan = evaluate(compiled, self.profile, site, Record.of(record.events), self.now)
        return {
            "readings": {
                name: _reading(ctx.reading(n)) for n, name in enumerate(compiled.reading_names)
            },
            "anchors": {name: _anchor(ctx.anchor(n)) for n, name in enumerate(compiled.anchors)},
            "criteria": {name: _verdict(compiled, ctx.criterion(n)) for n, name in enumerate(compiled.criteria)},
            "decisions": {
                key: _decision(compiled, key, ctx.decision(n)) for n, key in enumerate(compiled.decisions)
            },
            "phases": _phases(ctx),
            "items": {item.key: f"{item.state}, due {item.due}" for item in plan.items},
            "obligations": {
                o.key: f"{o.state}, {o.severity}, {', '.join(o.notified)}"
                for o in (*plan.deviations, *plan.alerts)
            },
            "next": {"next_at": "never" if plan.next_at is None else _site_time(plan.next_at, site)},
        }  # fmt: skip


def _differ(before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[str]:
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key, "none"), after.get(key, "none")
        if old != new:
            yield f"{key}: {old} -> {new}"


def _event(event: Event, site: Site) -> str:
    scope = " ".join(f"{label}={value}" for label, value in event.scope)
    value = f"= {event.value} {event.unit}".rstrip() if event.value else ""
    parts = (event.id, _site_time(event.occurred, site), event.kind, event.name, event.point, scope, value)
    return "  ".join(part for part in parts if part)


def _told(change: Change) -> str:
    to = f"  to the {', '.join(change.to)}" if change.to else ""
    return f"{change.kind} {change.state}: {change.text}{to}"


def _site_time(at: datetime, site: Site) -> str:
    return f"{at.astimezone(site.tz):%Y-%m-%d %H:%M}"


def _reading(value: Val) -> str:
    return f"known, {value.text}" if value.state == "known" else value.state


def _anchor(point: Point | None) -> str:
    return "unknown" if point is None else f"{'actual' if point.actual else 'planned'} {point.day}"


def _verdict(compiled: Compiled, result: Result) -> str:
    waits = ", ".join(compiled.reading_names[index] for index in result.missing if index >= 0)
    return f"{result.verdict} ({waits})" if waits else result.verdict


def _decision(compiled: Compiled, key: str, found: Resolved) -> str:
    inputs = zip(compiled.decisions[key].inputs, found.cells, strict=bool(found.cells))
    cells = ", ".join(f"{item.name}={'|'.join(cell.possible)}" for item, cell in inputs)
    shown = found.outcome or found.proposal or ", ".join(found.possible)
    return f"{found.state} {shown} ({cells})"


def _phases(ctx: Evaluation) -> dict[str, str]:
    found = {}
    for track, walked in ctx.tracks.items():
        found[track] = walked.phase
        for phase, asked in walked.exits.items():
            found[f"AFTER_{phase}"] = f"{asked.state} {asked.outcome or asked.proposal or ''}".rstrip()
    return found
