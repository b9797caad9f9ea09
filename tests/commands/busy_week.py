"""A busy week of a platform trial, made up: more than a page of everything, and what could break a page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from client.minutes import Minutes
from pathway.events import Event
from pathway.meeting.agenda import Agenda, Entry, late
from pathway.meeting.calendar import Meeting, Note, Week
from pathway.site import Site
from store.meetings import Taken

MEETING = Meeting("hem-ismart", Site("UTRECHT", "Europe/Amsterdam"), datetime(2025, 9, 1, tzinfo=UTC))
AT = datetime(2025, 11, 6, 13, tzinfo=UTC)
FROZEN = AT - timedelta(hours=24)
SITES = ("NL-01", "DE-02", "DK-01", "FR-04", "IL-01", "ES-03")


def entry(
    section: str, about: str, subject: str, what: str, text: str, state: str = "", **more: Any
) -> Entry:
    key = f"{section}|patient/hem-ismart/{subject}|{about}"
    return Entry(
        section, key, key.split("|")[1], subject, more.pop("site", "NL-01"), what, text, state, **more
    )


def allocation(subject: str, site: str, proposal: str, *options: str) -> Entry:
    return entry(
        "decisions", "ALLOCATION_DECISION", subject, "ALLOCATION_DECISION",
        "which subtrial takes a patient whom several would take", "choice", site=site,
        since=AT - timedelta(days=2, hours=3), owner="meeting", proposal=proposal, options=options,
        decision="ALLOCATION_DECISION",
        reasons=(
            "candidate B: NUP214::ABL1 fusion, activating; slots at level 1: 2 of 6",
            "candidate D: NRAS p.G12D (VAF 31 %), MRD 8×10⁻⁵ ≤ 1×10⁻⁴; ALT 4.9 × ULN",
            "suggestion B > C > D > E-PAM > E-generic: engine default, not protocol",
        ),
    )  # fmt: skip


def entries() -> tuple[Entry, ...]:
    """The frozen agenda."""
    since = AT - timedelta(days=1, hours=20)
    made = [
        allocation("NL-017", "NL-01", "", "B", "D", "WAITLIST"),
        allocation("DE-204", "DE-02", "D", "D", "C", "WAITLIST"),
        entry(
            "decisions", "LEVEL[level=2]", "D", "LEVEL", "subtrial D: trametinib + DEX + CP + CA", "proposed",
            site="UTRECHT", since=since, owner="meeting", proposal="ESCALATE", options=("ESCALATE", "STAY"),
            decision="LEVEL[level=2]", reasons=("rule: P13 (6,0,1)", "level 1: 6 patients, 0 DLT, 1 pending"),
        ),
        entry("subtrials", "", "B", "dasatinib + VEN + DEX + CP + CA",
              "ACTIVATED; 4 enrolled, 1 reserved, 2 waiting", "OPEN", site="UTRECHT",
              reasons=("level 1 open: 5 patients, 1 DLT, 4 pending; SAME_LEVEL by P13 (5,1,4)",)),
        entry("subtrials", "", "D", "trametinib + DEX + CP + CA", "ACTIVATED; 6 enrolled, 3 waiting; awaits the meeting",
              "SUSPENDED", site="UTRECHT", reasons=("level 1 held: 6 patients, 0 DLT, 1 pending",)),
        entry("subtrials", "B", "DK-003", "B", "level 1 is full until a DLT window ends", "WAITING", site="DK-01"),
        entry("subtrials", "B", "FR-044", "B", "", "RESERVED", site="FR-04", due="2025-11-12 23:59 CET", reasons=("level 1",)),
        entry("safety", "ae-7", "ES-031", "SEPSIS", "sepsis, Klebsiella; ÄÖÜ ñ Ł ř Δ ≥ ½ <b>not bold</b> & #strong[no]",
              "grade 4", site="ES-03", since=since, reasons=("CTCAE v5",)),
        entry("safety", "SAE-REPORT[ae=7]", "ES-031", "SAE-REPORT", "report the serious adverse event to the sponsor",
              "late", site="ES-03", since=since, due="2025-11-06 09:40 CET", owner="coordinator"),
        entry("toxicity", "D", "DE-201", "DLT", "dose-limiting toxicity in course 1", "OPEN", site="DE-02",
              since=since, owner="clinician",
              reasons=("subtrial D, level 1, first dose 2025-10-09", "waits for anc D28 from the laboratory")),
        entry("response", "D", "NL-009", "RESPONSE", "response after course 1", "YES", since=since,
              reasons=("subtrial D, level 1, first dose 2025-10-06",)),
        entry("holds", "level 1", "D", "level 1", "6 patients, 1 pending: wait for data (P13 6,0,1)", "HELD", site="UTRECHT"),
        entry("news", "RESPONDER", "NL-009", "RESPONDER", "complete remission, MRD negative: 8e-5", since=since),
    ]  # fmt: skip
    for number in range(26):
        site = SITES[number % len(SITES)]
        subject = f"{site[:2]}-{300 + number}"
        made.append(
            entry(
                "potential", "treatment", subject, "", "profiling: molecular and flow report are awaited",
                "PROFILING" if number % 3 else "WAITLIST", site=site, since=since - timedelta(days=number),
                reasons=("waits for molecular_report (laboratory), weight (coordinator)",) if number % 3 else
                ("E_NOT_OPEN: subtrial E is not open in this country",),
            )
        )  # fmt: skip
    for number in range(21):
        site = SITES[number % len(SITES)]
        subject = f"{site[:2]}-{100 + number}"
        made.append(
            entry(
                "enrolled", "treatment", subject, "BDCE"[number % 4], f"cycle {number % 3 + 1}; registration: ENROLLED",
                f"CYCLE_{number % 3 + 1}", site=site, since=since - timedelta(days=number * 2),
                reasons=("open with others: CYCLE2_GATE (sponsor)",) if number % 5 == 0 else (),
            )
        )  # fmt: skip
    made += [
        entry(
            "overdue", f"LABS[n={number}]", f"NL-{100 + number}", "LABS-48H",
            "creatinine, bilirubin, ALT and AST within 48 hours before the first dose", "late",
            due=f"2025-11-0{number % 5 + 1}", owner="coordinator",
        )
        for number in range(9)
    ]  # fmt: skip
    return tuple(made)


def minutes(*, empty: bool = False, synthetic: bool = True) -> Minutes:
    """The minutes of the week; `empty`: nothing on the agenda, and not recorded."""
    shown = Agenda("hem-ismart", "2025-W45", "frozen", "2025-11-06T13:00:00Z", FROZEN, FROZEN - timedelta(days=7),
                   () if empty else entries())  # fmt: skip
    if empty:
        week = Week("2025-W45", AT, AT, "overdue", AT + timedelta(hours=4))
        return Minutes("HEM-iSMART", MEETING, week, shown, late(shown, shown), (), AT, synthetic)
    changed = [each for each in shown.entries if each.key.startswith("toxicity")]
    after = Agenda(
        "hem-ismart", "2025-W45", "closing", "h1", AT + timedelta(hours=1), FROZEN - timedelta(days=7),
        (
            allocation("IL-006", "IL-01", "C", "C", "D", "WAITLIST"),
            entry("safety", "ae-9", "NL-017", "CRS", "cytokine release syndrome", "grade 2", since=AT),
            Entry(**{**{f: getattr(changed[0], f) for f in Entry.__slots__}, "state": "NO"}),
        ),
    )  # fmt: skip
    held = Event("h1", "action", AT + timedelta(hours=2), AT + timedelta(minutes=5), "coordinator", "held")
    week = Week(
        "2025-W45", AT, AT, "held", held.occurred,
        held=held, attended=("coordinator", "clinician", "sponsor"),
        notes=(
            Note("n1", AT + timedelta(minutes=50), "coordinator", "Slot confirmations go out by Friday noon.", ""),
            Note("n2", AT + timedelta(minutes=55), "sponsor", "Ask the laboratory to repeat the IC50 (<10 nM?).", "DE-204"),
        ),
    )  # fmt: skip
    taken = (
        Taken("patient/hem-ismart/NL-017", "patient", "NL-017", "NL-01", "e-7f3a", "ALLOCATION_DECISION", "B", "", False,
              "meeting", AT + timedelta(minutes=21), "fusion is the driver; NRAS subclonal", False),
        Taken("subtrial/hem-ismart/D", "subtrial", "D", "UTRECHT", "e-9c01", "LEVEL[level=2]", "STAY", "ESCALATE", True,
              "meeting", AT + timedelta(minutes=34), "wait for the sixth patient's day 28", False),
        Taken("patient/hem-ismart/DE-204", "patient", "DE-204", "DE-02", "e-1111", "ALLOCATION_DECISION", "C", "D", True,
              "meeting", AT + timedelta(minutes=40), "typed for the wrong patient", True),
    )  # fmt: skip
    return Minutes("HEM-iSMART: a platform for relapsed or refractory leukaemia", MEETING, week, shown, late(shown, after),
                   taken, AT + timedelta(hours=2), synthetic)  # fmt: skip
