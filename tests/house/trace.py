"""What one event of a rehearsal changes, stratum by stratum: the worked trace of docs/engine.md."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from pathway.changes import Change, changes, day_one_of, statements
from pathway.engine.context import Compiled, Evaluation
from pathway.engine.results import Point, Resolved, Result
from pathway.engine.values import Val
from pathway.events import Report
from pathway.language.profile import Profile, make_profile
from pathway.patient.admission import admit
from pathway.patient.evaluate import context, evaluate, plan_of
from pathway.plan import Plan
from pathway.record import Record
from pathway.rehearsal.rehearse import rehearse
from pathway.rehearsal.scenario import Scenario
from pathway.rehearsal.script import Submitted
from pathway.site import Site


def trace(scenario: Scenario, event: str) -> Mapping[str, tuple[str, ...]]:
    """What each stratum says differently after the event of that id, `before -> after`; of the readings all, as they are now."""
    compiled, (subject, *_) = scenario.compiled, scenario.subjects
    profile = make_profile(compiled.protocol, dict(scenario.overrides), scenario.simulation)
    site, record = subject.site, Record()
    for entry in rehearse(scenario).log:
        if not isinstance(entry, Submitted):
            continue
        report = entry.report
        before = evaluate(compiled, profile, site, record, report.at)
        if report.id == event:
            return _strata(compiled, profile, site, record, report, before)
        _append(compiled, profile, site, record, report, before)
    raise AssertionError(f"the rehearsal has no event {event}")


def _append(
    compiled: Compiled, profile: Profile, site: Site, record: Record, report: Report, plan: Plan
) -> str:
    accepted = admit(compiled, profile, site, record, report, report.at, plan)
    assert accepted is not None
    record.append(accepted)
    scope = " ".join(f"{label}={value}" for label, value in accepted.scope)
    value = f"= {accepted.value} {accepted.unit}".rstrip() if accepted.value else ""
    return " ".join(part for part in (accepted.kind, accepted.name, accepted.point, scope, value) if part)


def _strata(
    compiled: Compiled, profile: Profile, site: Site, record: Record, report: Report, plan: Plan
) -> Mapping[str, tuple[str, ...]]:
    def walked() -> tuple[Evaluation, Plan]:
        ctx = context(compiled, profile, site, record, report.at)
        return ctx, plan_of(ctx)

    old, before = walked()
    assert before == plan
    announced = {each.key: each for each in statements(before, site.tz)}
    accepted = _append(compiled, profile, site, record, report, plan)
    new, after = walked()
    told, _ = changes(
        announced,
        after,
        subject="P1",
        cause=report.id,
        tz=site.tz,
        day_one=day_one_of(after, compiled.protocol.day_one),
    )
    return {
        "event": (f"{report.id}  {site_time(report.at, site)}  {accepted}",),
        "readings": tuple(
            f"{name}: {_reading(index, new.reading(index))}" for index, name in enumerate(compiled.reading_names)
        ),
        "anchors": _differ(compiled.anchors, old.anchor, new.anchor, _anchor),
        "criteria": _differ(compiled.criteria, old.criterion, new.criterion, _criterion(compiled)),
        "decisions": _differ(compiled.decisions, old.decision, new.decision, _decision(compiled)),
        "phases": tuple(
            line
            for track in compiled.tracks
            for line in _exits(compiled, old, new, track)
        ),
        "items": _parts(before.items, after.items, lambda item: f"{item.state}, due {item.due}"),
        "obligations": _parts(
            (*before.deviations, *before.alerts),
            (*after.deviations, *after.alerts),
            lambda o: f"{o.state}, {o.severity}, {', '.join(o.notified)}",
        ),
        "next": (_pair("next_at", *(site_time(p.next_at, site) for p in (before, after))),),
        "changes": tuple(_told(change) for change in told),
    }  # fmt: skip


def _told(change: Change) -> str:
    to = f"  to the {', '.join(change.to)}" if change.to else ""
    return f"{change.kind} {change.state}: {change.text}{to}"


def site_time(at: datetime | None, site: Site) -> str:
    """An instant as the clock at the site shows it."""
    return "never" if at is None else f"{at.astimezone(site.tz):%Y-%m-%d %H:%M}"


def _pair(name: str, before: str, after: str) -> str:
    return f"{name}: {before} -> {after}"


def _differ(
    names: Iterable[str],
    old: Callable[[int], Any],
    new: Callable[[int], Any],
    text: Callable[[int, Any], str],
) -> tuple[str, ...]:
    lines = []
    for index, name in enumerate(names):
        before, after = text(index, old(index)), text(index, new(index))
        if before != after:
            lines.append(_pair(name, before, after))
    return tuple(lines)


def _reading(_: int, value: Val) -> str:
    return value.state if value.state != "known" else f"known, {value.text}"


def _anchor(_: int, point: Point | None) -> str:
    return "unknown" if point is None else f"{'actual' if point.actual else 'planned'} {point.day}"


def _criterion(compiled: Compiled) -> Callable[[int, Result], str]:
    def text(_: int, result: Result) -> str:
        waits = ", ".join(compiled.reading_names[index] for index in result.missing if index >= 0)
        return f"{result.verdict} ({waits})" if waits else result.verdict

    return text


def _decision(compiled: Compiled) -> Callable[[int, Resolved], str]:
    def text(index: int, found: Resolved) -> str:
        decision = list(compiled.decisions.values())[index]
        cells = ", ".join(
            f"{item.name}={'|'.join(cell.possible)}"
            for item, cell in zip(decision.inputs, found.cells, strict=bool(found.cells))
        )
        rule = f" by {found.rules[0].id}" if len(found.rules) == 1 and found.rules[0].id else ""
        shown = found.outcome or found.proposal or ", ".join(found.possible)
        return f"{found.state} {shown}{rule} ({cells})"

    return text


def _exits(compiled: Compiled, old: Evaluation, new: Evaluation, track: str) -> Iterable[str]:
    before, after = old.tracks[track], new.tracks[track]
    if before.phase != after.phase:
        yield _pair(track, before.phase, after.phase)
    for phase, found in after.exits.items():
        was = before.exits.get(phase)
        texts = [
            f"{x.state} {x.outcome or x.proposal or ''}".rstrip() if x else "not asked" for x in (was, found)
        ]
        if texts[0] != texts[1]:
            yield _pair(f"AFTER_{phase}", *texts)


def _parts(before: Iterable[Any], after: Iterable[Any], text: Callable[[Any], str]) -> tuple[str, ...]:
    old = {part.key: text(part) for part in before}
    new = {part.key: text(part) for part in after}
    return tuple(
        _pair(key, old.get(key, "none"), new.get(key, "none"))
        for key in dict.fromkeys((*old, *new))
        if old.get(key) != new.get(key)
    )
