"""What a patient's pathway needs now, what it waits for, and how each is settled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from pathway.closed_days import closed_of
from pathway.plan import TO_BE_RECORDED
from pathway.site import Site
from pathway.words import due_words, instant, with_note

if TYPE_CHECKING:
    from pathway.engine.context import Compiled
    from pathway.patient.settle import Step

RANK: Final = {
    "critical": 0,
    "late": 1,
    "missed": 2,
    "question": 3,
    "due": 4,
    "blocked": 4,
    "major": 5,
    "minor": 6,
    "info": 7,
}
"""What presses most stands first; a question stands before what is due, as it often waits for the answer."""


NAMED: Final = 3
"""Of what needs a value, so many are named."""


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient at `now` (UTC): `plan` in the format of scenario output.

    `compiled`: the text that it is pinned to; None where this program does not have it. `calendar`: the closed days of the site.
    """

    subject: str
    protocol: str
    site: Site
    rehearsal: bool
    archived: bool
    now: datetime
    plan: dict[str, Any]
    compiled: Compiled | None
    calendar: tuple[str, ...] = ()

    @property
    def today(self) -> date:
        """The day at the patient's site."""
        return self.now.astimezone(self.site.tz).date()


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of what is needed: state, what in words, when, who; and how it is settled. `needed_by`: what waits for it."""

    rank: tuple[int, str]
    state: str
    key: str
    text: str
    when: str
    who: str
    steps: tuple[Step, ...] = ()
    needed_by: tuple[str, ...] = ()


def needed_now(patient: Patient) -> list[Entry]:
    """What somebody must do now, most pressing first: critical alerts, what is late, questions, what is due, other notices."""
    found = [*_notices(patient), *_items(patient), *_questions(patient), *_doubted(patient)]
    return sorted(found, key=lambda entry: entry.rank)


def is_pressing(item: dict[str, Any], today: date) -> bool:
    """Whether an item is late, left out and not reported so, or due today, earlier, or as soon as possible; also where something
    blocks it that somebody must settle.
    """
    come = item["due"] and date.fromisoformat(item["due"]) <= today
    match item["state"]:
        case "late":
            return True
        case "missed":
            return str(item["text"]).endswith(TO_BE_RECORDED)
        case "due":
            return not item["due"] or bool(come)
        case state:
            return state == "blocked" and bool(come)


def hour_of(patient: Patient, item: dict[str, Any]) -> str:
    """The hour at the site by which an item is due, where hours are counted."""
    at = item.get("due_at")
    return f"{datetime.fromisoformat(at).astimezone(patient.site.tz):%H:%M}" if at else ""


def _notices(patient: Patient) -> Iterator[Entry]:
    from pathway.patient import settle

    compiled = patient.compiled
    questions = (*patient.plan["criteria"], *patient.plan["decisions"])
    doubted = {doubt["what"] for each in questions for doubt in each.get("doubts", ())}
    for each in (*patient.plan["deviations"], *patient.plan["alerts"]):
        if each["state"] != "raised" or each["id"] in ("REVIEW", "DECISION-OPEN", "REOPENED"):
            continue  # the question itself says the same
        if each["id"] in ("IMPLAUSIBLE", "NOT-COUNTED", "CONFLICT") and _value_of(each["key"]) in doubted:
            continue  # the value stands among the questions, with its event
        to = each["to"][0] if each["to"] else ""
        yield Entry(
            (RANK[each["severity"]], each["since"] or ""),
            each["severity"],
            each["key"],
            each["text"],
            f"since {instant(each['since'], patient.site.tz)}",
            ", ".join(each["to"]) or "nobody yet",
            tuple(settle.of_notice(compiled, patient.subject, each["key"], to)),
        )


def _value_of(key: str) -> str:
    """The value that a notice speaks of, as slots are named: `CONFLICT[fact=mrd,point=EOI]` of `mrd EOI`."""
    labels = key.partition("[")[2].removesuffix("]").split(",")
    return " ".join(label.partition("=")[2] for label in labels)


def _items(patient: Patient) -> Iterator[Entry]:
    from pathway.patient import settle

    compiled, calendar = patient.compiled, patient.calendar
    for item in patient.plan["items"]:
        if not is_pressing(item, patient.today):
            continue
        due = date.fromisoformat(item["due"]) if item["due"] else None
        steps = (
            settle.of_item(
                compiled,
                patient.subject,
                item["key"],
                item["owner"],
                item["blocked_by"] or "",
                item.get("known", ()),
            )
            if compiled
            else []
        )
        yield Entry(
            (RANK[item["state"]], item["due"] or ""),
            item["state"],
            item["key"],
            item["text"],
            with_note(
                due_words(due, patient.today, hour_of(patient, item)),
                closed_of(item, calendar, patient.today),
            ),
            f"blocked by {item['blocked_by']}" if item["blocked_by"] else item["owner"],
            tuple(steps),
        )


def _questions(patient: Patient) -> Iterator[Entry]:
    """Decisions that a person is asked for, and criteria to be judged."""
    from pathway.patient import settle

    for each in patient.plan["decisions"]:
        if each["open"]:
            offer = f"{each['proposal']} is proposed" if each["proposal"] else " or ".join(each["options"])
            kept = f" ({each['in_force']} stays in force)" if each["in_force"] else ""
            limit = "; a value lies on a limit" if each["boundary"] else ""
            yield Entry(
                (RANK["question"], each["since"] or ""),
                each["state"],
                each["key"],
                f"{offer}{kept}{limit}{_doubt_words(each)}",
                f"since {instant(each['since'], patient.site.tz)}" if each["since"] else "",
                each["role"] or "clinician",
                (
                    *_doubt_steps(patient.subject, each),
                    *settle.of_decision(
                        patient.subject,
                        each["key"],
                        each["role"],
                        each["proposal"],
                        each["options"],
                        each["digest"],
                    ),
                ),
            )
        elif each["state"] == "diverged":
            name = each["key"]
            yield Entry(
                (RANK["major"], each["since"] or ""), "diverged", name,
                f"{each['in_force']} has been done; today {each['proposal']} would be proposed", "", each["role"],
            )  # fmt: skip
    for each in patient.plan["criteria"]:
        if each["verdict"] == "REVIEW":
            yield Entry(
                (RANK["question"], each["since"] or ""),
                "review",
                each["id"],
                f"{each['text']}{_doubt_words(each)}",
                f"since {instant(each['since'], patient.site.tz)}" if each["since"] else "",
                "clinician",
                (
                    *_doubt_steps(patient.subject, each),
                    *settle.of_review(patient.subject, each["id"], each["digest"]),
                ),
            )


def _doubt_steps(subject: str, state: dict[str, Any]) -> Iterator[Step]:
    """How the values are settled that are in the way of a decision or criterion."""
    from pathway.patient import settle

    for doubt in state.get("doubts", ()):
        yield from settle.of_doubt(subject, doubt["why"], doubt["event"])


def _doubted(patient: Patient) -> Iterator[Entry]:
    """Values that somebody must look at, behind what is not asked yet; those behind a question stand there."""
    from pathway.patient import settle

    states = (*patient.plan["criteria"], *patient.plan["decisions"])
    asked = {d["text"] for each in states if _is_asked(each) for d in each.get("doubts", ())}
    found = {d["text"]: d for each in states if not _is_asked(each) for d in each.get("doubts", ())}
    for text, doubt in found.items():
        if text not in asked:
            steps = settle.of_doubt(patient.subject, doubt["why"], doubt["event"])
            told = text.removeprefix(doubt["what"]).strip()
            yield Entry((RANK["question"], ""), "review", doubt["what"], told, "", doubt["who"], tuple(steps))


def _is_asked(state: dict[str, Any]) -> bool:
    return bool(state.get("open")) or state.get("verdict") == "REVIEW"


def _doubt_words(state: dict[str, Any]) -> str:
    return "".join(f"; {doubt['text']}" for doubt in state.get("doubts", ()))


def waiting(patient: Patient, pressing: Iterable[Entry] = ()) -> tuple[list[Entry], list[Entry]]:
    """The values that are missing: those that the next step of a track waits for, and those of later ones.

    What an entry of `pressing` asks for already is left out.
    """
    from pathway.patient import settle

    compiled = patient.compiled
    near = _near(patient, compiled) if compiled is not None else None
    asked = {step.command for entry in pressing for step in entry.steps}
    needs: dict[tuple[str, str, str], dict[str, None]] = {}
    groups: dict[tuple[str, str, str], dict[str, None]] = {}
    for name, group, missing in _missing(patient.plan):
        value = (missing["what"], missing["who"], missing.get("why", ""))
        needs.setdefault(value, {})[name] = None
        groups.setdefault(value, {})[group] = None
    now: list[Entry] = []
    later: list[Entry] = []
    for value, names in needs.items():
        what, who, why = value
        steps = settle.of_missing(compiled, patient.subject, what, why) if compiled is not None else []
        if any(step.command in asked for step in steps):
            continue
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        text = f"for {', '.join([*names][:NAMED])}{more}{f': {why}' if why else ''}"
        entry = Entry((0, ""), "PENDING", what, text, "", who, tuple(steps[:1]), tuple(groups[value]))
        (now if near is None or what in near else later).append(entry)
    return now, later


def _missing(plan: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """(what waits, its group in words, the value) of criteria and decisions."""
    for criterion in plan["criteria"]:
        for missing in criterion["missing"]:
            yield criterion["id"], criterion["group"].replace("_", " "), missing
    for decision in plan["decisions"]:
        if not decision["open"]:
            for missing in decision["missing"]:
                yield decision["key"], decision["id"], missing


def _near(patient: Patient, compiled: Compiled) -> set[str]:
    """The slots that the ways out of the present phases rest on, and the open questions: without the decisions behind those."""
    from pathway.language.terms import reading_name
    from pathway.patient.because import slots_under

    open_ = [d["key"] for d in patient.plan["decisions"] if d["open"]]
    phases = [t["phase"] for t in patient.plan["tracks"] if t["phase"] in compiled.phases]
    ways = [e.when for phase in phases for e in compiled.phases[phase][1].exits]
    return {reading_name(slot) for slot in slots_under(compiled, [*ways, *open_], deep=1)}
