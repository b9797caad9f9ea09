"""What the engine itself tells, whatever the trial: amended, diverged and re-opened decisions, reviews, questions that wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from pathway.clock import local_day
from pathway.engine.confirmations import is_decided, told_changes
from pathway.engine.context import Evaluation, Leaves
from pathway.engine.decisions import decision_state
from pathway.engine.endings import close, compile_ending
from pathway.engine.ledgers.notices import LEDGER_NOTICES
from pathway.engine.linker import Linker
from pathway.engine.obligations import oblige
from pathway.engine.results import Resolved
from pathway.engine.voided_grounds import fallen, lost, voided
from pathway.events import Event
from pathway.language import ROLES, Criterion, Decision, Track
from pathway.language.terms import key_of
from pathway.plan import DecisionState, Obligation

ENGINE_NOTICES: dict[str, str] = {
    "AMENDED": "a value was amended after a decision had used it; the conclusion is the same",
    "DIVERGED": "what has been done no longer agrees with what the protocol says today",
    "REOPENED": "a value changed after a decision had used it; the decision is open again",
    "GROUND-VOIDED": "what it was decided on has been voided or corrected",
    "GROUND-LOST": "what it was decided on is not so any more",
    "SETTLED-OTHERWISE": "what is known now would settle it otherwise; if it was so then, the entry is to be corrected",
    "STARTED-UNCONFIRMED": "recorded as begun without the confirmation that should come before it",
    "REVIEW": "needs a clinician's judgement",
    "DECISION-OPEN": "a decision has been waiting for a person",
    "SAMPLE-OUTSIDE": "a sample or act does not belong to the time point that it names, and does not count",
    "SAMPLE-WAITS": "a sample is on record before what its time point counts from",
    "SAMPLE-OFF-SCHEDULE": "a sample was not taken on its scheduled days; it counts",
    "IMPLAUSIBLE": "a value that cannot be believed: correct it or confirm it as checked",
    "NOT-COUNTED": "a result of another specimen or assay than counts here: correct it, or report it as what it is",
    "CONFLICT": "results of one sample differ, and neither counts before somebody has said which is right",
    "REPORTED-TWICE": "what can be done only once is on record twice, differently",
    "IMPOSSIBLE-ORDER": "two days are in an order that cannot be",
    "WHICH-EVENT": "an adverse event is reported as over, and it is not said which of several",
    "REVIVED": "a correction was voided: the older value counts again",
    "LATE-RESULT": "a result came after the end of the study for this patient: it is on record, and decides nothing",
    "ALIVE-AFTER-DEATH": "seen alive, or treated, after the day of death that is on record",
    **LEDGER_NOTICES,
}


AMENDED_OPEN = (
    "a value was amended after a decision had used it; whether the conclusion is the same is not known yet"
)
"""Of AMENDED while the table cannot tell."""


Question = Callable[[Evaluation], tuple[tuple[DecisionState, ...], tuple[Obligation, ...]]]
"""What a plan says of a question, and what the engine tells about it."""


def compile_question(key: str, spec: Decision, linker: Linker, leaves: Leaves) -> Question:
    """A decision, if it is asked or was answered."""
    index, tell = (
        linker.decision(key, ()),
        _compile_notices(key, linker, leaves, _judged(spec, linker), spec.text),
    )

    def question(ctx: Evaluation) -> tuple[tuple[DecisionState, ...], tuple[Obligation, ...]]:
        found = ctx.decision(index)
        if (not found.asked or found.none) and found.taken is None:
            return (), tell(ctx, found, spec.confirm or "") if found.fallen is not None else ()
        role = spec.confirm or ("clinician" if found.open or found.taken is not None else "")
        state = decision_state(ctx, spec.id, key, found, role, spec.options, leaves)
        return (state,), tell(ctx, found, role)

    return question


def compile_exits(track: Track, linker: Linker, leaves: Mapping[str, Leaves]) -> Question:
    """The questions that a track asks: what follows the phase that the patient is in, and what was answered before."""
    index = linker.track(track.id, ())
    ways = {
        phase.id: (f"AFTER_{phase.id}", phase, tuple(dict.fromkeys(e.to for e in phase.exits)))
        for phase in track.phases
    }
    tells = {phase: _compile_notices(key, linker, leaves[phase]) for phase, (key, _, _) in ways.items()}
    keys = {phase.id: key_of("STARTED-UNCONFIRMED", (("phase", phase.id),)) for phase in track.phases}
    for key in keys.values():
        linker.recorded(key)
    ended = compile_ending(linker, track.ends_with or "study")

    def exits(ctx: Evaluation) -> tuple[tuple[DecisionState, ...], tuple[Obligation, ...]]:
        walk, end = ctx.track(index), ended(ctx)
        states: list[DecisionState] = []
        notices: list[Obligation] = []
        for phase, found in walk.exits.items():
            key, spec, options = ways[phase]
            if (walk.phase != phase or end is not None) and found.taken is None:
                continue
            ahead = options if walk.phase == phase else ()
            found.fallen = fallen(ctx, found, key, leaves[phase], ahead) if found.taken is not None else None
            if end is not None:
                gone = found.taken is not None and found.taken.value not in {to for to, _, _ in walk.path}
                close(found, end.known, person=True, dropped=gone)
            role = spec.confirm or ""
            if walk.phase != phase:
                found.open = False
            elif found.state == "none":
                found.state = "waiting"
            states.append(decision_state(ctx, key, key, found, role, options, leaves[phase]))
            notices += tells[phase](ctx, found, role)
        for phase, at in walk.unconfirmed:
            text = f"{phase} {ENGINE_NOTICES['STARTED-UNCONFIRMED']}"
            rung = [("major", at)]
            notices.append(
                oblige(ctx, "STARTED-UNCONFIRMED", keys[phase], "deviation", text, "clinician", rung)
            )
        return tuple(states), tuple(notices)

    return exits


def compile_review(spec: Criterion, linker: Linker) -> Callable[[Evaluation], Obligation | None]:
    """The notice that a criterion needs a judgement, while it does."""
    index = linker.criterion(spec.id)
    key = key_of("REVIEW", (("criterion", spec.id),))
    text = f"{spec.id} {ENGINE_NOTICES['REVIEW']}: {spec.text}"
    linker.recorded(key)
    ended = compile_ending(linker, "study")

    def review(ctx: Evaluation) -> Obligation | None:
        result = ctx.criterion(index)
        if result.verdict != "REVIEW" or ended(ctx) is not None:
            return None
        return oblige(ctx, "REVIEW", key, "alert", text, "clinician", [("major", result.since or ctx.start)])

    return review


def _compile_notices(
    key: str, linker: Linker, leaves: Leaves, judged: Callable[[Resolved], bool] | None = None, text: str = ""
) -> Callable[[Evaluation, Resolved, str], tuple[Obligation, ...]]:
    """The notices about a question. `judged`: of a computed table, whether it has something of its own to judge under review."""
    names = (
        "AMENDED",
        "DIVERGED",
        "REOPENED",
        "DECISION-OPEN",
        "GROUND-VOIDED",
        "GROUND-LOST",
        "REVIEW",
        "SETTLED-OTHERWISE",
    )
    keys = {name: key_of(name, (("decision", key),)) for name in names}
    for each in keys.values():
        linker.recorded(each)

    def tell(ctx: Evaluation, found: Resolved, role: str) -> tuple[Obligation, ...]:
        told = [_changed(ctx, key, found, role, keys, leaves), _fallen(ctx, key, found, role, keys, leaves)]
        if judged is not None and found.open and found.state == "review" and judged(found):
            words = f"{key} {ENGINE_NOTICES['REVIEW']}: {text}"
            rung = [("major", found.since or ctx.start)]
            told.append(oblige(ctx, "REVIEW", keys["REVIEW"], "alert", words, "clinician", rung))
        told += [_settled_otherwise(ctx, key, found, keys), _waiting(ctx, key, found, role, keys)]
        return tuple(each for each in told if each is not None)

    return tell


def _judged(spec: Decision, linker: Linker) -> Callable[[Resolved], bool] | None:
    """Whether values of a table are to be judged: not where the protocol leaves it to a person anyway, nor where only tables
    above it are under review, which tell it themselves."""
    if spec.confirm is not None:
        return None
    above = {n for n, i in enumerate(spec.inputs) if isinstance(i.of, str) and linker.is_computed(i.of)}

    def judged(found: Resolved) -> bool:
        reviews = {n for n, cell in enumerate(found.cells) if cell.review}
        return found.review and (not reviews or bool(reviews - above))

    return judged


def _changed(
    ctx: Evaluation, key: str, found: Resolved, role: str, keys: Mapping[str, str], leaves: Leaves
) -> Obligation | None:
    """What was decided, and has been overtaken by what is on record now."""
    name = {"amended": "AMENDED", "diverged": "DIVERGED", "reopened": "REOPENED"}.get(found.state)
    if name is None:
        return None
    open_still = name == "AMENDED" and not is_decided(found)
    text = f"{key}: {AMENDED_OPEN if open_still else ENGINE_NOTICES[name]}"
    told = _told(ctx, found.taken, leaves)
    # With the same conclusion nobody has to do anything; while the table cannot tell, somebody has to look.
    severity = "critical" if name != "AMENDED" else "major" if open_still else "minor"
    if open_still and found.taken is not None and lost(ctx, found.taken, leaves) is not None:
        severity = "critical"
    since = found.changed_at or found.since or ctx.start
    kind = "deviation" if name == "DIVERGED" else "alert"
    return oblige(ctx, name, keys[name], kind, text + told, _asked(role), [(severity, since)])


def _fallen(
    ctx: Evaluation, key: str, found: Resolved, role: str, keys: Mapping[str, str], leaves: Leaves
) -> Obligation | None:
    """An answer that lost its ground where nobody is asked again: what it allowed may be in preparation, or running."""
    if found.fallen is None:
        return None
    taken, name = found.fallen.taken, "GROUND-VOIDED" if found.fallen.voided else "GROUND-LOST"
    what = "has been carried out: decide how to go on" if found.fallen.done else "is not in force any more"
    told = _told(ctx, taken, leaves) if found.fallen.voided else _turned(ctx, found, taken, leaves)
    text = f"{key}: {taken.value} {what}; {ENGINE_NOTICES[name]}{told}"
    return oblige(ctx, name, keys[name], "alert", text, _asked(role), [("critical", found.fallen.at)])


def _settled_otherwise(
    ctx: Evaluation, key: str, found: Resolved, keys: Mapping[str, str]
) -> Obligation | None:
    """What was settled for good stays so; that it would not be today is for a person to know."""
    if found.stood is None or found.otherwise is None:
        return None
    now, since = found.otherwise
    day = local_day(found.stood, ctx.tz).isoformat()
    name = "SETTLED-OTHERWISE"
    text = f"{key}: {found.outcome}, as it stood on {day}, and {now} today: {ENGINE_NOTICES[name]}"
    return oblige(ctx, name, keys[name], "alert", text, "clinician", [("minor", max(since, found.stood))])


def _told(ctx: Evaluation, taken: Event | None, leaves: Leaves) -> str:
    """What whoever answered saw and is not so any more, in brackets."""
    bound = taken.seen if taken is not None else None
    if taken is None or bound is None:
        return ""
    told = told_changes(dict(bound.values), leaves.values(ctx), voided(ctx, taken, leaves))
    return f" ({told})" if told else ""


def _turned(ctx: Evaluation, found: Resolved, taken: Event, leaves: Leaves) -> str:
    """Which values that whoever answered saw are others now, else which cells: what came to blanks turned those."""
    bound = taken.seen
    if bound is None:
        return ""
    today = leaves.values(ctx)
    if any(today.get(name) != text for name, text in bound.values):
        return _told(ctx, taken, leaves)
    now = dict(found.bands)
    cells = [f"{name}: {was}, now {now[name]}" for name, was in bound.bands if now.get(name, was) != was]
    return f" ({'; '.join(cells)})" if cells else ""


def _asked(role: str) -> str:
    return role if role in ROLES else "clinician"


def _waiting(
    ctx: Evaluation, key: str, found: Resolved, role: str, keys: Mapping[str, str]
) -> Obligation | None:
    """The reminder of a question that has been open for long."""
    if not found.open:
        return None
    reopened = found.state == "reopened" and found.changed_at is not None
    asked = found.changed_at if reopened else found.since
    due = (asked or ctx.start) + timedelta(hours=ctx.profile.integer("decision_reminder_hours"))
    if not ctx.passed(due):
        return None
    name = "DECISION-OPEN"
    text = f"{key}: {ENGINE_NOTICES[name]}"
    return oblige(ctx, name, keys[name], "alert", text, role or "clinician", [("minor", due)])
