"""Scenarios: what happens to made-up patients, and what the pathway should say. Format `allpath.scenario/1`.

`read_scenario` turns the tree of a file into a `Scenario` or raises `Malformed` with every mistake it found. What
follows from the protocol alone is checked here (ids, units, choices, moments); whether an event is admitted on its day
is for the door to say during the run. `docs/scenarios.md` teaches the format.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from pathway.engine.context import Compiled
from pathway.errors import AllpathError
from pathway.events import Report
from pathway.language.profile import make_profile, parse_value, profile_keys
from pathway.moments import BadMoment, site_instant
from pathway.rehearsal.expectations import (
    Expectation,
    ExpectedRefusal,
)
from pathway.rehearsal.scenario_enrolment import moving
from pathway.rehearsal.scenario_events import Draft, Moments, read_drafts
from pathway.rehearsal.scenario_expectations import Expected, expected_of, words_of
from pathway.rehearsal.scenario_reports import report_of
from pathway.rehearsal.scenario_subtrials import check_places, office_of
from pathway.rehearsal.tree import Entries, Malformed, Node, Reader, Scalar, Tree
from pathway.site import Site

FORMAT = "allpath.scenario/1"
TOP = (
    "format", "title", "protocol", "profile", "sites", "office", "subjects", "start", "until", "confirm", "anchors",
    "events", "expect",
)  # fmt: skip
AFTERWARDS = timedelta(days=14)
"""How long a rehearsal goes on after the last event or expectation, in local days, unless the file says `until`."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A made-up patient."""

    id: str
    site: Site


@dataclass(frozen=True, slots=True)
class ScenarioEvent:
    """A report to be submitted for a subject, or to the governor of a subtrial, at `report.at`.

    `seen`: the event after which its author last looked at the decision that they take ("": they look as they decide).
    """

    subject: str
    report: Report
    line: int
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole scenario. Instants are UTC. `events` in the order of submission: by time, then as in the file.

    `overrides` and `simulation` make the profile; `auto`: sole proposals are taken as they appear. `governors`: one for each
    subtrial, by its id (which no subject has), in the order of their ids, with the site of the office; they may play alone.
    """

    file: str
    title: str
    protocol: str
    compiled: Compiled
    overrides: tuple[tuple[str, str], ...]
    simulation: bool
    subjects: tuple[Subject, ...]
    start: datetime
    until: datetime
    auto: bool
    events: tuple[ScenarioEvent, ...]
    expectations: tuple[Expectation, ...]
    refusals: tuple[ExpectedRefusal, ...]
    governors: tuple[Subject, ...] = ()
    moving: tuple[Subject, ...] = ()
    """Subjects whom the file moves to another site, each with the site of before and every zone that days are counted in."""

    def site_of(self, subject: str) -> Site:
        """The site of a subject of this scenario, with all its zones; for the id of a subtrial the site of its governor."""
        return next(s.site for s in (*self.moving, *self.subjects, *self.governors) if s.id == subject)


def read_scenario(tree: Tree, find: Callable[[str], Compiled]) -> Scenario:
    """The scenario in a file. `find` gives the compiled protocol by `NAME` or `NAME@VERSION`, or raises `UnknownName`.

    Raises `Malformed`, one line for each mistake with its position.
    """
    reader = Reader(tree.file)
    top = reader.record(tree.root, "scenario", TOP, ("format", "protocol", "events"))
    reader.name(top.get("format"), "format", (FORMAT,))
    protocol = reader.text(top.get("protocol"), "protocol")
    compiled = _protocol(reader, top.get("protocol"), protocol, find)
    if compiled is None or protocol is None:
        raise Malformed(tree.file, reader.problems)
    overrides, simulation = _profile(reader, top.get("profile"), compiled)
    places = _sites(reader, top.get("sites"))
    subjects = _subjects(reader, top.get("subjects"), places, list(compiled.subtrials))
    _check_players(reader, tree.root, top, compiled)
    if not subjects and reader.problems:
        raise Malformed(tree.file, reader.problems)
    office = office_of(reader, top.get("office"), compiled, places)
    governors = tuple(Subject(subtrial, office) for subtrial in sorted(compiled.subtrials))
    auto = reader.name(top.get("confirm"), "confirm", ("auto", "manual")) == "auto"
    title = reader.text(top.get("title"), "title") or ""
    expect = reader.items(top["expect"], "expect") if "expect" in top else ()
    nodes = reader.items(top["events"], "events") if "events" in top else ()
    refused = [words_of(node, ("event", "refused")) for node in expect]
    names, subtrials = [s.id for s in subjects], list(compiled.subtrials)
    drafts = read_drafts(reader, nodes, names, [(e, code) for e, code in refused if e], subtrials)
    check_places(reader, drafts, list(places))
    sites = {s.id: s.site for s in governors}
    sites |= {s.id: moving(s.site, s.id, drafts, places) for s in subjects}
    anchors = _anchors(reader, top.get("anchors"), compiled, sites)
    moments = Moments(reader, compiled, drafts, sites, anchors, places)
    events = _events(reader, compiled, drafts, moments)
    expectations, refusals = expected_of(reader, compiled, expect, drafts, moments, names)
    start, until = _span(reader, top, moments, drafts, expectations)
    return Scenario(
        file=tree.file,
        title=title,
        protocol=protocol,
        compiled=compiled,
        overrides=overrides,
        simulation=simulation,
        subjects=subjects,
        start=start,
        until=until,
        auto=auto,
        events=tuple(sorted(events, key=lambda e: e.report.at)),
        expectations=tuple(
            Expectation(e.index, e.line, e.subject, e.at or until, e.checks)
            for e in sorted(expectations, key=lambda e: (e.at or until, e.index))
        ),
        refusals=refusals,
        governors=governors,
        moving=tuple(Subject(s.id, sites[s.id]) for s in subjects if sites[s.id].zones),
    )


# --- the head of the file --------------------------------------------------------------------------------------------


def _protocol(
    reader: Reader, node: Node | None, name: str | None, find: Callable[[str], Compiled]
) -> Compiled | None:
    if node is None or name is None:
        return None
    try:
        return find(name)
    except AllpathError as error:
        reader.wrong(node, f"protocol: {error}")
        return None


def _profile(
    reader: Reader, node: Node | None, compiled: Compiled
) -> tuple[tuple[tuple[str, str], ...], bool]:
    if node is None:
        return (), False
    record = reader.record(node, "profile", ("simulation", "set"))
    simulation = reader.flag(record.get("simulation"), "profile simulation") or False
    keys = profile_keys(compiled.protocol)
    overrides: list[tuple[str, str]] = []
    for key, value in reader.entries(record["set"], "profile set") if "set" in record else ():
        name = reader.name(key, "profile", list(keys), "allpath protocol show")
        text = reader.text(value, f"profile {key.text}")
        if name is None or text is None:
            continue
        try:
            parse_value(keys[name], text)
        except AllpathError as error:
            reader.wrong(value, str(error))
            continue
        if keys[name].simulation and not simulation:
            reader.wrong(
                key, f"profile {name} is a placeholder length; it needs profile: {{simulation: true}}"
            )
            continue
        overrides.append((name, text))
    if not reader.problems:
        try:
            make_profile(compiled.protocol, dict(overrides), simulation)
        except AllpathError as error:
            reader.wrong(node, str(error))
    return tuple(overrides), simulation


def _sites(reader: Reader, node: Node | None) -> dict[str, Site]:
    sites: dict[str, Site] = {}
    for key, value in reader.entries(node, "sites") if node is not None else ():
        record = reader.record(value, f"site {key.text}", ("zone", "country", "label"), ("zone",))
        texts = {name: reader.text(item, f"site {key.text} {name}") for name, item in record.items()}
        country = texts.get("country")
        if country is not None and not re.fullmatch("[A-Z]{2}", country):
            reader.wrong(record["country"], f"site {key.text}: {country!r} is not a country code such as DE")
        said: dict[str, Any] = {name: text for name, text in texts.items() if text is not None}
        site = Site(key.text, **said)
        try:
            _ = site.tz
        except AllpathError as error:
            reader.wrong(record.get("zone", value), f"site {key.text}: {error}")
            site = Site(key.text)
        sites[key.text] = site
    return sites


def _subjects(
    reader: Reader, node: Node | None, sites: dict[str, Site], subtrials: Sequence[str]
) -> tuple[Subject, ...]:
    subjects: list[Subject] = []
    for key, value in reader.entries(node, "subjects") if node is not None else ():
        if not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,63}", key.text, re.ASCII):
            reader.wrong(
                key, f"subjects: {key.text!r} is not a pseudonym of letters, digits, dots and dashes"
            )
        if key.text in subtrials:
            reader.wrong(key, f"subjects: {key.text} is a subtrial; a patient needs another name, such as P1")
        record = reader.record(value, f"subject {key.text}", ("site",), ("site",))
        site = reader.name(record.get("site"), f"subject {key.text} site", list(sites))
        # After a mistake the first site stands in, so that the rest of the file can still be checked.
        stand_in = next(iter(sites.values()), Site("?"))
        subjects.append(Subject(key.text, sites[site] if site is not None else stand_in))
    if node is not None and not subjects and not subtrials:
        reader.wrong(node, "subjects: at least one is needed, such as {P1: {site: S01}}")
    return tuple(subjects)


def _check_players(reader: Reader, root: Node, top: dict[str, Node], compiled: Compiled) -> None:
    """Somebody must play, somewhere: patients at sites, or the governors alone, at their office."""
    patients = top.get("subjects")
    if not compiled.subtrials:
        needed = [name for name in ("sites", "subjects") if name not in top]
    elif isinstance(patients, Entries) and patients.entries:
        needed = [name for name in ("sites",) if name not in top]
    else:
        needed = [] if "office" in top or "sites" in top else ["office"]
    for name in needed:
        hint = "; say office: {zone: Europe/Amsterdam}, or subjects and sites" if name == "office" else ""
        reader.wrong(root, f"scenario: {name} is missing{hint}")


# --- what happens and what is expected -------------------------------------------------------------------------------


def _anchors(
    reader: Reader, node: Node | None, compiled: Compiled, sites: dict[str, Site]
) -> dict[str, Node]:
    """Anchors for writing moments: NAME: MOMENT, or NAME: {SUBJECT: MOMENT}."""
    anchors: dict[str, Node] = {}
    for key, value in reader.entries(node, "anchors") if node is not None else ():
        name = reader.name(key, "anchors", list(compiled.anchors))
        if name is None:
            continue
        anchors[name] = value
        for subject, _ in value.entries if isinstance(value, Entries) else ():
            reader.name(subject, f"anchors {name}", list(sites))
    return anchors


def _events(
    reader: Reader, compiled: Compiled, drafts: Sequence[Draft], moments: Moments
) -> list[ScenarioEvent]:
    events: list[ScenarioEvent] = []
    for draft in drafts:
        report = report_of(draft, reader, compiled, moments)
        seen = reader.name(
            draft.keys.get("seen"), "seen", [d.id for d in drafts if d.subject == draft.subject]
        )
        if report is not None:
            events.append(ScenarioEvent(draft.subject, report, draft.node.line, seen or ""))
    return events


def _span(
    reader: Reader,
    top: dict[str, Node],
    moments: Moments,
    drafts: Sequence[Draft],
    expectations: Sequence[Expected],
) -> tuple[datetime, datetime]:
    """From when to when the clock runs: with several time zones, from the earliest `start` to the latest `until`."""
    placed: list[tuple[str, Node, str, datetime | None]]
    placed = [("event", d.node, d.subject, moments.of(d)) for d in drafts]
    placed += [("expectation", e.node, e.subject, e.at) for e in expectations]
    instants = [at for *_, at in placed if at is not None]
    starts = [at for s in _edges(top, "start", moments) if (at := moments.at(top.get("start"), "start", s))]
    untils = [at for s in _edges(top, "until", moments) if (at := moments.at(top.get("until"), "until", s))]
    if not starts and not instants:
        reader.wrong(top["events"], "events: none has a moment, and start is missing: when does it begin?")
    reader.stop_if_wrong()
    start = min([*starts, *_of_day(top, "start", moments, placed)]) if starts else min(instants)
    last = max([start, *instants])
    if untils:
        until = max([*untils, *_of_day(top, "until", moments, placed)])
    else:
        until = max(_weeks_later(last, site) for site in moments.sites.values())
    for what, node, subject, at in placed:
        if at is not None and not start <= at <= until:
            side = "before start" if at < start else "after until"
            local = at.astimezone(moments.sites[subject].tz)
            reader.wrong(node, f"this {what} ({local:%Y-%m-%d %H:%M}) is {side}")
    if until < start:
        reader.wrong(top["until"], "until is before start")
    reader.stop_if_wrong()
    return start, until


def _edges(top: dict[str, Node], key: str, moments: Moments) -> list[str]:
    """In whose words `start` and `until` are read. A governor has no study days and infusions of its own: where they count
    from one, only patients say when it is."""
    node = top.get(key)
    patients = [s for s in moments.sites if s not in moments.compiled.subtrials]
    if patients and isinstance(node, Scalar) and not node.text[:4].isdigit():
        return patients
    return list(moments.sites)


def _of_day(
    top: dict[str, Node],
    key: str,
    moments: Moments,
    placed: Sequence[tuple[str, Node, str, datetime | None]],
) -> list[datetime]:
    """What happens on the day of `start` or `until`, if that is written without an hour: the clock runs then, too."""
    found = []
    node = top.get(key)
    if not isinstance(node, Scalar) or ":" in node.text:
        return []
    edges = _edges(top, key, moments)
    for _, _, subject, at in placed:
        tz = moments.sites[subject].tz
        days = [
            edge.astimezone(tz).date()
            for own in ([subject] if subject in edges else edges)
            if (edge := moments.at(node, key, own)) is not None
        ]
        if at is not None and at.astimezone(tz).date() in days:
            found.append(at)
    return found


def _weeks_later(last: datetime, site: Site) -> datetime:
    local = last.astimezone(site.tz)
    try:
        return site_instant(local.date() + AFTERWARDS, local.time().replace(fold=0), site.tz)
    except BadMoment:
        return site_instant(local.date() + AFTERWARDS, time(12), site.tz)
