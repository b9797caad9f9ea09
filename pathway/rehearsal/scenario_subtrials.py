"""What a scenario says of the governors of subtrials: the office where they sit, what is reported to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pathway.engine.context import Compiled
from pathway.engine.notices import ENGINE_NOTICES
from pathway.errors import AllpathError
from pathway.events import Report
from pathway.language import SLOT_STATES, Subtrial
from pathway.rehearsal.scenario_events import Draft
from pathway.rehearsal.tree import Node, Reader, accepted
from pathway.site import Site
from pathway.subtrial.action_rules import ACTION_DETAILS, ACTION_ROLES
from pathway.subtrial.messages import STANDING, SUBJECT
from pathway.subtrial.notices import ITEMS, NOTICES
from pathway.subtrial.questions import DECISIONS as QUESTIONS
from pathway.subtrial.slots import PATIENT_ACTIONS, VERDICTS
from pathway.subtrial.snapshot import MILESTONES
from pathway.subtrial.status import STEPS, TRIAL_ACTIONS

BY_LEVEL = ("LEVEL", "RESUME", "TOXICITY", "ESCALATION")
"""Decisions of a governor that are about a dose level."""
OFFICE = "office"
"""The site of the governors."""
PEOPLE_REPORT = (*TRIAL_ACTIONS, *PATIENT_ACTIONS)
"""Actions that people report to a governor: of the trial, and (scope `subject`) of patients whose pathway is elsewhere."""
DECISIONS = tuple(QUESTIONS)
PHASES = (
    *STEPS, "PHASE1_LEVEL", "RP2D_DECLARED", "PHASE2_STAGE1", "STAGE1_HOLD", "PHASE2_STAGE2", "FINAL_ANALYSIS",
    "STOP_PHASE1_TOXIC", "STOPPED_FUTILITY", "HALTED_SAFETY", "WITHDRAWN", "CLOSED",
)  # fmt: skip
ENTRY = SLOT_STATES[:5]
"""What the timeline of a governor can show, beside its notices and items. A test holds that there is nothing else."""
WORDS = {
    "slot_asked": "A slot is asked for",
    "slot_released": "The slot is not wanted any more",
    "slot_taken_up": "First dose: the slot is taken up",
    "dlt": "Dose-limiting toxicity",
    "response": "Response",
    "submitted": "Submitted to the authorities",
    "approved": "Approved",
    "activated": "Activated",
    "deactivated": "No longer activated",
    "suspended": "Suspended",
    "resumed": "Resumed",
    "halted_safety": "Halted for safety",
    "withdrawn": "Withdrawn",
    "closed": "Closed",
}
WANTS = {
    "slot": "wants a slot",
    "notice": "wants to hear of slots",
    "nothing": "wants no slot",
}


def office_of(reader: Reader, node: Node | None, compiled: Compiled, sites: dict[str, Site]) -> Site:
    """Where the governors count their days: `office: {zone: Europe/Amsterdam}`, else the zone of the first site."""
    first = next(iter(sites.values()), Site("?"))
    office = Site(OFFICE, first.zone, first.country, first.label)
    if node is None:
        return office
    if not compiled.protocol.subtrials:
        reader.wrong(node, f"office: {compiled.protocol.name} has no subtrials, so no governor sits anywhere")
    zone = reader.record(node, "office", ("zone",), ("zone",)).get("zone")
    text = reader.text(zone, "office zone")
    if zone is None or text is None:
        return office
    site = replace(office, zone=text)
    try:
        _ = site.tz
    except AllpathError as error:
        reader.wrong(zone, f"office: {error}")
        return office
    return site


def governed_action(draft: Draft, report: Report, reader: Reader, subtrial: Subtrial) -> Report:
    """Something done that the governor must know: of the trial, or of a patient whose pathway is elsewhere."""
    name = reader.name(draft.keys.get("do"), "do", PEOPLE_REPORT)
    if name is None:
        return report
    details = dict(report.details)
    who = details.pop(SUBJECT, "")
    scope = dict(report.scope)
    if who and SUBJECT not in scope:
        scope[SUBJECT] = who
    if not draft.refused:
        _check(draft, name, scope, reader)
        _check_details(draft, name, reader, subtrial)
    role = report.role or ACTION_ROLES[name][0]
    return replace(
        report,
        name=name,
        role=role,
        scope=tuple(sorted(scope.items())),
        details=tuple(sorted(details.items())),
    )


def check_places(reader: Reader, drafts: Sequence[Draft], places: Sequence[str]) -> None:
    """Notes sites of patients that the file does not know: neither listed under `sites`, nor activated by name.

    Without `sites`, a whole country that is activated may have sites of any name.
    """
    activated = [d.said("site") for d in drafts if d.governed and d.word("do") == "activated"]
    known = [*places, *(site for site in activated if site)]
    if not known or (not places and "" in activated):
        return
    for draft in drafts:
        site = draft.said("site")
        asks = draft.governed and not draft.refused and draft.word("do") in PATIENT_ACTIONS
        if asks and site and site not in known:
            reader.wrong(draft.keys["with"], f"with site: unknown site {site!r}; {accepted(site, known)}")


def check_decision(draft: Draft, text: str, subtrial: Subtrial, reader: Reader) -> None:
    """Notes a key of a governor's decision that there cannot be: `LEVEL[level=3]` where there is no such level."""
    name, _, inside = text.partition("[")
    labels = [part.partition("=")[::2] for part in inside.removesuffix("]").split(",") if part]
    labels += [(label, draft.label(label)) for label in draft.labels()]
    levels = levels_of(subtrial)
    for label, value in labels:
        if label != "level" or name not in BY_LEVEL:
            wanted = ("level",) if name in BY_LEVEL else ()
            reader.wrong(
                draft.keys["decide"], f"decide {name}: unknown label {label!r}; {accepted(label, wanted)}"
            )
        elif value not in levels:
            reader.wrong(
                draft.keys["decide"], f"decide {name}: unknown level {value!r}; {accepted(value, levels)}"
            )


def levels_of(subtrial: Subtrial) -> list[str]:
    """The dose levels of a subtrial, lowest first; none without dose finding."""
    return [level.id for level in subtrial.phase_one.levels] if subtrial.phase_one is not None else []


def _check_details(draft: Draft, name: str, reader: Reader, subtrial: Subtrial) -> None:
    """What may be known to be wrong before the run: a verdict or a level that there is not."""
    said = {"value": VERDICTS, "level": levels_of(subtrial)}
    for detail, known in said.items():
        value = draft.said(detail)
        if detail not in ACTION_DETAILS[name] or value in known or (detail == "level" and not value):
            continue
        what = f"unknown {detail} {value!r}" if value else f"{detail} is missing"
        reader.wrong(draft.keys.get("with", draft.node), f"{name}: {what}; {accepted(value, known)}")


def _check(draft: Draft, name: str, scope: dict[str, str], reader: Reader) -> None:
    wanted = (SUBJECT,) if name in PATIENT_ACTIONS else ()
    for label in scope:
        if label not in wanted:
            reader.wrong(
                draft.keys.get("scope", draft.node),
                f"{name}: unknown scope {label!r}; {accepted(label, wanted)}",
            )
    if wanted and SUBJECT not in scope:
        reader.wrong(draft.node, f"{name}: the patient is missing; say scope: {{subject: P1}}")


def phases_of(subtrial: Subtrial, track: str) -> list[str]:
    """The phases of a governor's track: `subtrial`, how far it has come, or `entry`, whether patients may enter."""
    if track == "entry":
        return list(ENTRY)
    levels = subtrial.phase_one.levels if subtrial.phase_one is not None else ()
    return [*PHASES, *(f"PHASE1_LEVEL({level.id})" for level in levels)]


def statements_of(subtrial: Subtrial) -> dict[str, str]:
    """Every id that the timeline of its governor can show, with its kind."""
    return {
        **dict.fromkeys([*phases_of(subtrial, "subtrial"), *ENTRY], "phase"),
        **dict.fromkeys(DECISIONS, "decision"),
        **dict.fromkeys(MILESTONES, "milestone"),
        **dict.fromkeys(ITEMS, "item"),
        **dict.fromkeys((*NOTICES, *ENGINE_NOTICES), "alert"),
    }


def actions_of_governors() -> list[dict[str, object]]:
    """What people can report to a governor, as plain data: each action with its scope, details and who usually does."""
    return [
        {
            "id": name,
            "scopes": [SUBJECT] if name in PATIENT_ACTIONS else [],
            "details": list(ACTION_DETAILS[name]),
            "role": ACTION_ROLES[name][0],
            "text": WORDS[name],
        }
        for name in PEOPLE_REPORT
    ]


def governed_words(report: Report) -> str:
    """An action that is reported to a governor, in words: `P1 wants a slot (country NL, site S01)`."""
    details = dict(report.details)
    who = dict(report.scope).get(SUBJECT, "")
    if report.name == STANDING:
        return _standing_words(who, details)
    text = WORDS.get(report.name, report.name)
    text = f"{who}: {text}" if who else text
    value = details.pop("value", "")
    text = f"{text}: {value}" if value else text
    with_ = ", ".join(f"{name} {value}" for name, value in details.items())
    why = f": {report.reason}" if report.reason else ""
    return (f"{text} ({with_})" if with_ else text) + why


def _standing_words(who: str, details: dict[str, str]) -> str:
    """A pathway's message: `P1 wants a slot`, later `P1: first dose 2025-03-05, DLT NO`."""
    where = ", ".join(f"{name} {details[name]}" for name in ("country", "site") if name in details)
    wants = WANTS.get(details.get("wants", ""), "")
    known = [
        f"{text} {details[name]}"
        for name, text in (("started", "first dose"), ("dlt", "DLT"), ("response", "response"))
        if name in details
    ]
    if "started" in details:
        left = [] if details.get("wants") == "slot" else [wants]
        return f"{who}: {', '.join([*known, *left])} ({where})"
    return f"{who} {', '.join([wants, *known])} ({where})"


def governed_details(name: str) -> tuple[str, ...] | None:
    """What may be said with an action that is reported to a governor; None for one that there is not."""
    if name not in PEOPLE_REPORT:
        return None
    return (*ACTION_DETAILS[name], SUBJECT) if name in PATIENT_ACTIONS else ACTION_DETAILS[name]
