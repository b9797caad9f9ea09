"""A rehearsal as a story that a clinician can read: what was reported each day, and what followed from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from pathway.changes import CLOCK, Change, day_label
from pathway.engine.context import Compiled
from pathway.events import Report
from pathway.language import SLOT_FACT
from pathway.rehearsal.rehearsed import Rehearsed, Submitted
from pathway.rehearsal.scenario import Scenario
from pathway.rehearsal.scenario_events import AUTO
from pathway.rehearsal.scenario_subtrials import governed_words

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
QUIET_ITEMS = ("planned", "not_set", "withdrawn", "blocked")
QUIET_DECISIONS = ("waiting", "none")
MARKS = {"minor": "!", "major": "!!", "critical": "!!!"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the story. `time` is the site's (`09:00`), empty when it is that of the line before.

    `kind`: `event` (something reported), `confirmed` (a proposal taken by the rehearsal), or the kind of the change
    that followed. `severity`: `minor`, `major`, `critical`, or empty. `by`: the role that reported it. `ref`: its id.
    """

    time: str
    kind: str
    severity: str
    text: str
    by: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What was told of one patient or subtrial, without anything of another in between. `title`: `D33 · Fri 2025-03-07`.

    `who` is empty in a story of one patient alone; of a subtrial it is `subtrial D`.
    """

    who: str
    date: date
    title: str
    lines: tuple[Line, ...]

    @property
    def heading(self) -> str:
        """The title, and whose it is."""
        return f"{self.who} · {self.title}" if self.who else self.title


@dataclass(frozen=True, slots=True)
class Story:
    """All that there is to tell of patients and subtrials in one order of time, and what did not come as expected."""

    title: str
    pages: tuple[Page, ...]
    unmet: tuple[str, ...]


def tell(rehearsed: Rehearsed, verbose: bool = False) -> Story:
    """The story of a rehearsal. Without `verbose`, plan items appear once they are due, late, done or moved; those of
    a series only when they are late."""
    scenario, compiled = rehearsed.scenario, rehearsed.scenario.compiled
    title = " · ".join(
        part
        for part in (
            scenario.title,
            f"{compiled.protocol.name}@{compiled.protocol.version.number}",
            rehearsed.profile.name + (", simulation" if scenario.simulation else ""),
        )
        if part
    )
    return Story(title, tuple(_pages(rehearsed, verbose)), tuple(_unmet(rehearsed)))


def as_text(story: Story) -> str:
    """The story as plain text."""
    out = [story.title]
    day: date | None = None
    for page in story.pages:
        out += ["", page.heading] if page.date != day else [page.heading]
        day = page.date
        for line in page.lines:
            follows = line.kind not in ("event", "confirmed")
            mark = f"{MARKS.get(line.severity, '')} ".lstrip()
            by = f"  [{line.by}, {line.ref}]" if line.by else ""
            out.append(f"  {line.time:5}  {'-> ' if follows else ''}{mark}{line.text}{by}")
    if story.unmet:
        out += ["", "Not as expected:"]
        out += [f"  {unmet}" for unmet in story.unmet]
    return "\n".join(out) + "\n"


def _pages(rehearsed: Rehearsed, verbose: bool) -> Iterator[Page]:
    """The lines of all in the order in which things happened; a new page where another is spoken of, and at each midnight."""
    scenario = rehearsed.scenario
    names = {subject.id: subject.id for subject in scenario.subjects}
    names |= {governor.id: f"subtrial {governor.id}" for governor in scenario.governors}
    told: list[tuple[datetime, int, str, Line]] = []
    day_one: dict[str, date | None] = {}
    for who in names:
        log = [(n, entry) for n, entry in enumerate(rehearsed.log) if entry.subject == who]
        day_one[who] = _day_one([entry for _, entry in log])
        told += [(at, n, who, line) for at, n, line in _lines(log, scenario, verbose)]
    alone = len({who for _, _, who, _ in told}) < 2
    page: list[Line] = []
    last: tuple[str, date] | None = None
    time = ""
    for at, _, who, line in sorted(told, key=lambda each: each[:2]):
        local = at.astimezone(scenario.site_of(who).tz)
        if (who, local.date()) != last:
            if last is not None:
                yield _page("" if alone else names[last[0]], last[1], day_one[last[0]], page)
            page, last, time = [], (who, local.date()), ""
        now = local.strftime("%H:%M")
        page.append(replace(line, time="" if now == time else now))
        time = now
    if last is not None:
        yield _page("" if alone else names[last[0]], last[1], day_one[last[0]], page)


def _page(who: str, day: date, day_one: date | None, lines: list[Line]) -> Page:
    return Page(who, day, _title(day, day_one), tuple(lines))


def _title(day: date, day_one: date | None) -> str:
    label = day_label(day, day_one)
    return f"{label} · {WEEKDAYS[day.weekday()]} {day.isoformat()}".removeprefix(" · ")


def _day_one(log: list[Submitted | Change]) -> date | None:
    """D1 as the last change knew it."""
    for entry in reversed(log):
        if isinstance(entry, Change) and entry.day:
            local = date.fromisoformat(entry.local[:10])
            return date.fromordinal(local.toordinal() - int(entry.day.removeprefix("D")) + 1)
    return None


def _lines(
    log: list[tuple[int, Submitted | Change]], scenario: Scenario, verbose: bool
) -> Iterator[tuple[datetime, int, Line]]:
    """(when, place in the log, line) of one patient or subtrial."""
    settled = [
        (c.at, c.key) for _, c in log if isinstance(c, Change) and c.kind == "decision" and _is_settled(c)
    ]
    decided = {entry.report.id: entry.report for _, entry in log if isinstance(entry, Submitted)}
    raised: dict[str, int] = {}
    for n, entry in log:
        if isinstance(entry, Submitted):
            report = entry.report
            kind = "confirmed" if report.id.startswith(AUTO) else "event"
            governed = report.kind == "action" and entry.subject in scenario.compiled.subtrials
            words = told(report, scenario) if not governed else governed_told(report, scenario)
            yield report.at, n, Line("", kind, "", words, report.role, report.id)
            continue
        again = raised.get(entry.key) == entry.generation
        if entry.kind in ("deviation", "alert") and entry.state == "raised":
            raised[entry.key] = entry.generation
        overtaken = not _is_settled(entry) and (entry.at, entry.key) in settled
        if not verbose and (_is_quiet(entry, scenario) or overtaken or _is_said(entry, decided)):
            continue
        text, severity = _consequence(entry, scenario, again), _severity(entry, scenario)
        yield datetime.fromisoformat(entry.at), n, Line("", entry.kind, severity, text)


def _is_settled(change: Change) -> bool:
    return change.kind != "decision" or change.state.startswith(("in_force", "computed"))


def _is_quiet(change: Change, scenario: Scenario) -> bool:
    """Whether a change is routine: what is only planned, the beginning of a track, a series that goes on as planned."""
    match change.kind:
        case "item":
            series = any(change.id == spec.id for spec in scenario.compiled.protocol.series)
            first_date = change.state == "moved" and "from no date" in change.text
            return change.state in QUIET_ITEMS or first_date or (series and change.state != "late")
        case "decision":
            return change.state.partition(" ")[0] in QUIET_DECISIONS
        case "phase":
            tracks = scenario.compiled.protocol.tracks
            return change.cause == CLOCK and any(
                change.key == f"track {t.id}" and change.id == t.phases[0].id for t in tracks[1:]
            )
        case _:
            return False


def _is_said(change: Change, reports: Mapping[str, Report]) -> bool:
    """Whether the line before it, someone's decision, says the same."""
    report = reports.get(change.cause)
    return (
        report is not None
        and report.kind == "decision"
        and change.kind == "decision"
        and change.state == f"in_force {report.value}"
        and report.name in (change.id, change.key.partition(" ")[2])
    )


def _severity(change: Change, scenario: Scenario) -> str:
    if change.kind == "refusal":
        return "" if _is_expected(change, scenario) else "major"
    if change.kind == "item":
        return "minor" if change.state == "late" else ""
    return change.severity if change.kind in ("deviation", "alert") and change.state == "raised" else ""


def _is_expected(refusal: Change, scenario: Scenario) -> bool:
    return any(r.event == refusal.id and r.code == refusal.state for r in scenario.refusals)


def _consequence(change: Change, scenario: Scenario, again: bool) -> str:
    text = change.text
    match change.kind:
        case "phase":
            track = scenario.compiled.tracks.get(change.key.removeprefix("track "))
            if track is None:
                return f"phase {change.id} ({change.key.removeprefix('track ')})"  # of a subtrial
            words = next((phase.text for phase in track.phases if phase.id == change.id), text)
            return f"phase {change.id} ({track.id}): {words}"
        case "item":
            word = change.state.replace("_", " ")
            due = f", {change.due}" if change.due and change.state != "done" else ""
            return text if change.state == "moved" else f"{word}: {text}{due}"
        case "deviation" | "alert":
            word = "still open" if again and change.state == "raised" else change.state
            to = f" (to {', '.join(change.to)})" if change.to else ""
            return f"{change.kind} {change.id}, {word}: {text}{to}"
        case "refusal":
            expected = ", as expected" if _is_expected(change, scenario) else ""
            return f"refused ({change.state}{expected}): {text}"
        case _:
            return text


def governed_told(report: Report, scenario: Scenario) -> str:
    """An action reported to the governor of a subtrial, in words."""
    return f"{governed_words(report)}{_when(report, 'on', scenario)}"


def told(report: Report, scenario: Scenario) -> str:
    """A report in words: `Minimal residual disease in marrow, EOI: 2e-4 fraction (sampled 2025-03-07)`."""
    compiled = scenario.compiled
    value = f"{report.value or ''} {report.unit}".strip()
    with_ = _with(report)
    why = f": {report.reason}" if report.reason else ""
    match report.kind:
        case "observation":
            if report.name == SLOT_FACT:
                return f"{_slot(compiled, report)}: {value}{_answer(report, scenario)}"
            return f"{_slot(compiled, report)}: {value}{with_}{_when(report, 'sampled', scenario)}"
        case "action":
            action = compiled.actions.get(report.name)
            return f"{action.text if action else report.name}{with_}{_when(report, 'on', scenario)}"
        case "adverse_event":
            kind = compiled.adverse_events.get(report.name)
            name = kind.text if kind else report.name
            grade = "resolved" if report.value == "0" else f"grade {report.value}"
            return f"{name}, {grade}{with_}{_when(report, 'since', scenario)}"
        case "correction":
            changed = f": {value}" if report.value is not None else ""
            what = _corrected(report, scenario)
            return f"Correction of {report.target}{what}{changed}{with_}{_when(report, 'at', scenario)}"
        case "transfer":
            return f"The patient moves to {report.name}{with_}{why}"
        case "annulment":
            return f"The enrolment is annulled{why}"
        case "rename":
            return f"The pseudonym is replaced by {report.name}{why}"
        case "void":
            return f"{report.target} does not count{why}"
        case "not_obtainable":
            return f"{_slot(compiled, report)}: cannot be had{why}"
        case "judgement":
            return f"{report.name} judged {report.value}{why}"
        case "decision":
            verb = "confirmed" if report.id.startswith(AUTO) else "decided"
            return (
                f"{report.name} {verb}: {report.value}{with_}{f' ({report.reason})' if report.reason else ''}"
            )
        case "acknowledgement":
            return f"{report.name} acknowledged{with_}"


def _slot(compiled: Compiled, report: Report) -> str:
    fact = compiled.facts.get(report.name)
    # The text of a fact may go on to explain it; the story needs its name.
    text = fact.text.partition(";")[0].partition(":")[0] if fact else report.name
    return f"{text}, {report.point}" if report.point else text


def _corrected(report: Report, scenario: Scenario) -> str:
    """What the chain of corrections is about, in brackets."""
    reports = {e.report.id: e.report for e in reversed(scenario.events)}
    root: Report | None = report
    for _ in scenario.events:
        if root is None or root.kind != "correction":
            break
        root = reports.get(root.target)
    return f" ({_slot(scenario.compiled, root)})" if root is not None and root.kind == "observation" else ""


def _with(report: Report) -> str:
    pairs = [*report.scope, *report.details]
    return f" ({', '.join(f'{name} {value}' for name, value in pairs)})" if pairs else ""


def _answer(report: Report, scenario: Scenario) -> str:
    """What a governor says beside the state of the slot."""
    details = dict(report.details)
    said = [f"level {details['level']}"] if "level" in details else []
    if "until" in details:
        until = datetime.fromisoformat(details["until"]).astimezone(scenario.subjects[0].site.tz)
        said.append(f"until {until:%Y-%m-%d %H:%M}")
    said += [details["reason"]] if "reason" in details else []
    return f" ({', '.join(said)})" if said else ""


def _when(report: Report, word: str, scenario: Scenario) -> str:
    """Its clinical time, where that is another than the time of the report."""
    if report.occurred is None or report.occurred == report.at:
        return ""
    zones = [s.site.tz for s in scenario.subjects]
    subject = next((e.subject for e in scenario.events if e.report.id == report.id), None)
    tz = scenario.site_of(subject).tz if subject is not None else zones[0]
    return f" ({word} {report.occurred.astimezone(tz):%Y-%m-%d %H:%M})"


def _unmet(rehearsed: Rehearsed) -> Iterator[str]:
    expectations = {e.index: e for e in rehearsed.scenario.expectations}
    lines = {e.index: e.line for e in rehearsed.scenario.expectations}
    lines |= {r.index: r.line for r in rehearsed.scenario.refusals}
    for unmet in rehearsed.unmet:
        where = f"line {lines[unmet.expect]}, " if unmet.expect is not None else ""
        when = ""
        expectation = expectations.get(unmet.expect) if unmet.expect is not None else None
        if expectation is not None:
            tz = rehearsed.scenario.site_of(expectation.subject).tz
            when = f"{expectation.at.astimezone(tz):%Y-%m-%d %H:%M} "
        yield f"{where}{when}{unmet.path}: expected {unmet.wanted}; got {unmet.got}"
