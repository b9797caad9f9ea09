"""Serious adverse events: what is serious, the 24 hours to the sponsor, the clocks of a SUSAR. Grade is not seriousness.

Serious adverse events are numbered by who reports them. A SUSAR is serious, suspected to be related, and not consistent with
the reference safety information; the sponsor may not downgrade the investigator's view of causality.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pathway.language import (
    Action,
    Anchor,
    AnchorTime,
    Band,
    Decision,
    Deviation,
    Done,
    Fact,
    Graded,
    Input,
    Known,
    Limit,
    Moment,
    Not,
    Offset,
    Outcome,
    Param,
    Predicate,
    ProfileKey,
    Reached,
    Reading,
    Recorded,
    Recurred,
    Role,
    Rung,
    Scope,
    Since,
    Source,
    Task,
    Unanswered,
    all_of,
    any_of,
    assumption,
    row,
)
from protocols.shared.rule_set import RuleSet

VERSION = "EU-536-2014"
CRITERIA = (
    "DEATH",
    "LIFE_THREATENING",
    "HOSPITALISATION",
    "DISABILITY",
    "CONGENITAL_ANOMALY",
    "MEDICALLY_IMPORTANT",
    "NONE",
)
NUMBERS = ("1", "2", "3", "4")


@dataclass(frozen=True, slots=True)
class Clocks:
    """Where the clocks come from: `to_sponsor` for the 24 hours, `susar` for 7 and 15 days, `serious` for the criteria."""

    to_sponsor: Source
    susar: Source
    serious: Source


def profile(clocks: Clocks) -> tuple[ProfileKey, ...]:
    """The limits; a trial team may replace them."""
    return (
        ProfileKey("sae_hours", "days", "24", "hours from awareness to the report of an SAE to the sponsor", clocks.to_sponsor),
        ProfileKey("susar_fatal_days", "days", "7", "days to report a fatal or life-threatening SUSAR; calendar days, no weekend shift",
                   clocks.susar),
        ProfileKey("susar_follow_up_days", "days", "8", "days more to its follow-up report", clocks.susar),
        ProfileKey("susar_other_days", "days", "15", "days to report another SUSAR", clocks.susar),
    )  # fmt: skip


About = tuple[tuple[str, str], ...]


def facts(saes: tuple[str, ...], clocks: Clocks, about: About) -> tuple[Fact, ...]:
    """What the table of seriousness reads, by the number of the event."""
    return (
        Fact("sae_criterion", "choice", "Criterion that makes the event serious, stated by the investigator; a planned admission is none. "
             "HOSPITALISATION: also prolonged", "clinician", clocks.serious, values=CRITERIA, points=saes, labels=True, cardinality="latest", about=about),
        Fact("sae_grade", "number", "Grade of the event (CTCAE)", "clinician", clocks.serious, points=saes, labels=True, cardinality="latest",
             possible=("1", "5"), about=about),
        Fact("sae_laboratory_only", "choice", "A laboratory finding only", "clinician", clocks.serious, values=("YES", "NO"), points=saes,
             labels=True, cardinality="latest", about=about),
    )  # fmt: skip


def actions(saes: tuple[str, ...], clocks: Clocks, about: About) -> tuple[Action, ...]:
    """What investigator and sponsor report."""
    scopes = (("sae", saes),)
    return (
        Action("sae_aware", "The investigator has become aware of a serious adverse event", clocks.to_sponsor, role="clinician", scopes=scopes,
               about=about),
        Action("sae_reported", "Serious adverse event reported to the sponsor", clocks.to_sponsor, scopes=scopes, about=about),
        Action("susar_aware", "The sponsor has found it related and unexpected (detail fatal: yes, also if life-threatening)", clocks.susar,
               role="sponsor", scopes=scopes, details=("fatal",)),
        Action("susar_upgraded", "The sponsor has learned that a SUSAR is fatal or life-threatening after all", clocks.susar, role="sponsor",
               scopes=scopes),
        Action("susar_reported", "SUSAR reported", clocks.susar, role="sponsor", scopes=scopes),
        Action("susar_followed_up", "Follow-up report of a fatal SUSAR", clocks.susar, role="sponsor", scopes=scopes),
    )  # fmt: skip


def serious(number: str, clocks: Clocks, event: str = "") -> Decision:
    """The decision `serious`; asked once its grade or its criterion is reported, or the adverse event `event` of grade 3."""
    criterion, grade = Reading("sae_criterion", point=number), Reading("sae_grade", point=number)
    grades = (
        Band("1-3", (Limit("<", "4"),)),
        Band("4", (Limit(">=", "4"), Limit("<", "5"))),
        Band("5", (Limit(">=", "5"),)),
    )
    return Decision(
        "serious",
        f"Is adverse event {number} serious? Grade is not seriousness",
        inputs=(
            Input("criterion", criterion),
            Input("grade", grade, bands=grades),
            Input("laboratory_only", Reading("sae_laboratory_only", point=number)),
        ),
        rules=(
            row("SERIOUS", clocks.serious, "CRITERION", "a criterion is met, whatever the grade", criterion=CRITERIA[:-1]),
            row("SERIOUS", clocks.serious, "GRADE-5", "death", criterion="NONE", grade="5"),
            row("SERIOUS", clocks.serious, "GRADE-4", "life-threatening", criterion="NONE", grade="4", laboratory_only="NO"),
            row("NOT_SERIOUS", assumption("the investigator names no criterion"), "LABORATORY", "a laboratory finding only",
                criterion="NONE", grade="4", laboratory_only="YES"),
            row("NOT_SERIOUS", clocks.serious, "GRADE-1-3", "no criterion is met", criterion="NONE", grade="1-3"),
        ),
        options=("SERIOUS", "NOT_SERIOUS"),
        source=clocks.serious,
        asked=any_of(Known(criterion), Known(grade), *((Graded(event, 3),) if event else ())),
        scope=(("sae", number),),
        ends_with="never",
    )  # fmt: skip


def _anchors(number: str, clocks: Clocks, known_from: AnchorTime | None, event: str) -> tuple[Anchor, ...]:
    name = (("sae", number),)
    stated: tuple[AnchorTime, ...] = (Since(Outcome(f"serious[sae={number}]", ("SERIOUS",))),)
    if known_from is not None:
        stated = (*stated, known_from)
    overtaken: tuple[Anchor, ...] = ()
    if event and known_from is not None:
        found = Anchor(
            f"SAE_{number}_FOUND",
            f"{number} found; the newest one, once those before have been reported",
            (Recurred(event, "sae_reported", name), known_from),
            source=assumption("each occurrence has its own 24 hours"),
        )
        overtaken, stated = (found,), (stated[0], Offset(found.id, hours=0))
    if event:
        left = Unanswered(Reading("sae_criterion", point=number), CRITERIA[:-1], "sae_reported", name)
        overtaken = (
            *overtaken,
            Anchor(
                _overtaken(number),
                f"an earlier occurrence of {number} was serious, and has not been reported",
                (left,),
                source=assumption("a new occurrence does not stop the clock of the one before"),
            ),
        )
        stated = (left, *stated)
    return (
        *overtaken,
        Anchor(f"SAE_{number}", f"aware of serious adverse event {number}, at the latest when it was found serious",
               (Done("sae_aware", name), *stated), source=clocks.to_sponsor, earliest=True),
        Anchor(f"SUSAR_{number}", f"sponsor aware of SUSAR {number}: the clock starts once", (Done("susar_aware", name), Done("susar_upgraded", name)),
               source=clocks.susar, earliest=True),
    )  # fmt: skip


def _overtaken(number: str) -> str:
    return f"SAE_{number}_OVERTAKEN"


def _upgrade(number: str) -> tuple[Anchor, Anchor]:
    name = (("sae", number),)
    return (
        Anchor(f"SUSAR_{number}_UPGRADE", f"sponsor aware that SUSAR {number} is fatal or life-threatening",
               (Done("susar_upgraded", name),), source=assumption()),
        Anchor(f"SUSAR_{number}_FATAL_DUE", f"fatal or life-threatening SUSAR {number}: last day of the report",
               (Offset(f"SUSAR_{number}", Param("susar_fatal_days"), when=_fatal(number)),
                Offset(f"SUSAR_{number}_UPGRADE", Param("susar_fatal_days")),
                Offset(f"SUSAR_{number}", Param("susar_other_days"), when=Reached(f"SUSAR_{number}_UPGRADE"))),
               source=assumption("an upgrade restarts the 7 days, never beyond the original 15th day"), earliest=True),
    )  # fmt: skip


def _fatal(number: str) -> Predicate:
    return Recorded("susar_aware", (("sae", number),), ("fatal", "yes"))


def _tasks(number: str, what: str, clocks: Clocks, event: str) -> tuple[Task, ...]:
    name = (("sae", number),)
    sae, susar = Reached(f"SAE_{number}"), Reached(f"SUSAR_{number}")
    fatal = all_of(susar, any_of(_fatal(number), Reached(f"SUSAR_{number}_UPGRADE")))
    other = all_of(susar, Not(fatal.parts[1]))
    reported, due = Recorded("susar_reported", name), f"SUSAR_{number}_FATAL_DUE"
    told = _told(number, event)
    return (
        Task("SAE-REPORT", f"Report {what} to the sponsor within 24 hours of awareness, weekend or not", sae, told,
             "clinician", clocks.to_sponsor, due=Moment(f"SAE_{number}", hours=Param("sae_hours")), scope=name, ends_with="never"),
        Task("SUSAR-REPORT", f"Report SUSAR {number}, fatal or life-threatening: 7 days", fatal, reported, "sponsor", clocks.susar,
             due=Moment(due), scope=(("fatal", "yes"), *name), ends_with="never"),
        Task("SUSAR-FOLLOW-UP", f"Follow-up report of SUSAR {number}: 8 days more", fatal, Recorded("susar_followed_up", name), "sponsor",
             clocks.susar, due=Moment(due, days=Param("susar_follow_up_days")), scope=name, ends_with="never"),
        Task("SUSAR-REPORT", f"Report SUSAR {number}: 15 days", other, reported, "sponsor", clocks.susar,
             due=Moment(f"SUSAR_{number}", days=Param("susar_other_days")), scope=(("fatal", "no"), *name), ends_with="never"),
    )  # fmt: skip


def _told(number: str, event: str) -> Predicate:
    """It has been reported to the sponsor, and so has every earlier occurrence."""
    done = Recorded("sae_reported", (("sae", number),))
    return all_of(done, Not(Reached(_overtaken(number)))) if event else done


def _deviations(number: str, clocks: Clocks, event: str) -> tuple[Deviation, ...]:
    name = (("sae", number),)
    susar, reported = Reached(f"SUSAR_{number}"), Recorded("susar_reported", name)
    fatal = any_of(_fatal(number), Reached(f"SUSAR_{number}_UPGRADE"))

    def late(
        id: str, text: str, when: Predicate, moment: Moment, source: Source, label: Scope = ()
    ) -> Deviation:
        to: Role = "coordinator" if id == "SAE-LATE" else "sponsor"
        rungs = (Rung("critical", moment),)
        return Deviation(id, text, when, rungs, source, to=to, scope=(*label, *name), ends_with="never")

    return (
        late("SAE-LATE", "Serious adverse event not reported within 24 hours of awareness",
             all_of(Reached(f"SAE_{number}"), Not(_told(number, event))), Moment(f"SAE_{number}", hours=Param("sae_hours")),
             clocks.to_sponsor),
        late("SUSAR-LATE", "Fatal or life-threatening SUSAR not reported in time", all_of(susar, Not(reported), fatal),
             Moment(f"SUSAR_{number}_FATAL_DUE", at="close"), clocks.susar, (("fatal", "yes"),)),
        late("SUSAR-LATE", "SUSAR not reported within 15 days", all_of(susar, Not(reported), Not(fatal)),
             Moment(f"SUSAR_{number}", days=Param("susar_other_days"), at="close"), clocks.susar, (("fatal", "no"),)),
    )  # fmt: skip


def parts(
    clocks: Clocks,
    *,
    saes: Mapping[str, tuple[str, AnchorTime | None]] | None = None,
    about: Mapping[str, str] | None = None,
) -> RuleSet:
    """Everything of seriousness and its clocks, for events numbered 1 to 4.

    `saes`: further events with a name of their own: what they are called, and when the trial's own rules find them. `about`: those that
    are an adverse event of the trial: each occurrence of it is asked about anew.
    """
    unordered = {**(saes or {}), **{n: (f"serious adverse event {n}", None) for n in NUMBERS}}
    # Those with a name of their own first, then the numbers as people count.
    numbers = tuple(sorted(unordered, key=lambda n: int(n) if n.isdigit() else 0))
    named = {n: unordered[n] for n in numbers}
    events = about or {}
    belongs = tuple(events.items())
    return RuleSet(
        VERSION,
        facts=facts(numbers, clocks, belongs),
        actions=actions(numbers, clocks, belongs),
        anchors=tuple(
            a
            for n, (_, at) in named.items()
            for a in (*_anchors(n, clocks, at, events.get(n, "")), *_upgrade(n))
        ),
        decisions=tuple(serious(n, clocks, events.get(n, "")) for n in numbers),
        tasks=tuple(t for n, (what, _) in named.items() for t in _tasks(n, what, clocks, events.get(n, ""))),
        deviations=tuple(d for n in numbers for d in _deviations(n, clocks, events.get(n, ""))),
        profile=profile(clocks),
    )
