"""What an explanation says first: sentences that a clinician reads, with the values and events, and how it is settled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from pathway.engine.context import Evaluation
from pathway.patient import because, settle
from pathway.patient.because import Doubt
from pathway.patient.explanation import Explanation
from pathway.patient.settle import Step
from pathway.plan import CriterionState, DecisionState

MOST = 5
"""Values and events that a sentence names; the tree has all."""


def brief(text: str) -> str:
    """The beginning of a definition's text, which names the thing; what follows explains it."""
    for end in (";", ":", ". "):
        text = text.partition(end)[0]
    return text.rstrip(".")


def because_of(grounds: Iterable[str]) -> list[str]:
    """The sentence that names values and events; none where there are none."""
    named = list(dict.fromkeys(grounds))
    if not named:
        return []
    telling = [text for text in named if not because.is_weak(text)]
    named = telling or named
    more = f"; and {len(named) - MOST} more (--tree)" if len(named) > MOST else ""
    return [f"Because: {'; '.join(named[:MOST])}{more}."]


def plain(steps: Iterable[Step]) -> list[dict[str, str]]:
    """Steps as data, each command once."""
    return list({step.command: asdict(step) for step in steps}.values())


def of_question(ctx: Evaluation, found: Explanation, subject: str) -> Explanation:
    """The explanation of a decision, phase exit or criterion with its sentences and steps."""
    if found.id in ctx.compiled.criteria:
        state = next(c for c in ctx.plan.criteria if c.id == found.id)
        _say_criterion(ctx, found, state, subject)
    else:
        asked = next((d for d in ctx.plan.decisions if d.key == found.id), None)
        _say_decision(ctx, found, asked, subject)
    return found


def _say_criterion(ctx: Evaluation, found: Explanation, state: CriterionState, subject: str) -> None:
    node = ctx.compiled.criteria[state.id].holds
    word = {"PASS": "is met", "FAIL": "is not met", "PENDING": "is not known yet", "REVIEW": "must be judged"}
    since = f" since {because.stamp(ctx, state.since)}" if state.since is not None else ""
    judged = ", as a clinician judged" if state.judged else ""
    found.said = [f"Criterion {state.id} {word[state.verdict]}{since}{judged}: {found.text.rstrip('.')}."]
    doubts = because.doubts(ctx, (node,)) if state.verdict in ("REVIEW", "PENDING") else []
    if state.verdict != "PENDING":
        found.said += because_of(because.of_condition(ctx, node))
    found.said += waits(found.missing, doubts)
    steps = _steps(ctx, found.missing, doubts, subject)
    if state.verdict == "REVIEW":
        steps += settle.of_review(subject, state.id, state.digest)
    found.steps = plain(steps)


def _say_decision(ctx: Evaluation, found: Explanation, state: DecisionState | None, subject: str) -> None:
    name = f"{brief(found.text)} ({found.id})"
    if state is None:
        found.said = [f"{name} is not asked now."]
        return
    is_exit = found.id not in ctx.compiled.decisions
    doubts = because.doubts(ctx, _rests_on(ctx, found.id)) if _looks(state) else []
    event = ctx.record.head(state.confirmed_by) if state.confirmed_by else None
    taken = because.taken_words(ctx, event) if event is not None else ""
    found.said = [_sentence(f"{name} {_standing(taken, state, _since(ctx, state))}")]
    if state.state != "waiting":
        found.said += because_of(
            _grounds_of_exit(ctx, found) if is_exit else because.of_decision(ctx, found.id)
        )
    found.said += waits(found.missing, doubts)
    if is_exit and state.state == "waiting":
        found.said += [f"Still open: {way}." for way in found.would_change[:MOST]]
    steps = _steps(ctx, found.missing, doubts, subject)
    if state.state == "waiting":
        behind = because.decisions_under(ctx.compiled, _rests_on(ctx, found.id))
        for each in ctx.plan.decisions:
            if each.open and each.key in behind and each.key != found.id:
                found.said.append(f"It waits for the decision {each.key} of the {each.role or 'clinician'}.")
                steps += settle.of_decision(
                    subject, each.key, each.role, each.proposal, each.options, each.digest
                )
    if state.open:
        steps += settle.of_decision(
            subject, state.key, state.role, state.proposal, state.options, state.digest
        )
    found.steps = plain(steps)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _looks(state: DecisionState) -> bool:
    """Whether a value may be in the way: the question is not answered, or must be judged."""
    return state.state in ("waiting", "review") or (state.open and state.proposal is None)


def _since(ctx: Evaluation, state: DecisionState) -> str:
    return f" since {because.stamp(ctx, state.since)}" if state.since is not None else ""


def _standing(taken: str, state: DecisionState, since: str) -> str:
    role, options = state.role or "clinician", " or ".join(state.options)
    kept = f"; {state.in_force} stays in force until then" if state.open and state.in_force else ""
    match state.state:
        case "waiting":
            return "is not known yet"
        case "review":
            return f"must be judged by the {role}{since}: {options}{kept}"
        case "choice":
            return f"is for the {role} to pick{since}: {options}{kept}"
        case "proposed":
            return f"is for the {role} to decide{since}: {state.proposal} is proposed{kept}"
        case "reopened":
            offer = f"{state.proposal} is proposed" if state.proposal else f"one of {options}"
            was = f" (it was {state.in_force}, {taken})" if taken else ""
            return f"is open again{since}, because what it rested on has changed{was}: now {offer}{kept}"
        case "amended":
            return f"is {state.in_force}, {taken}; a value was amended since, the conclusion is the same"
        case "diverged":
            return f"is {state.in_force} and has been done, {taken}; today the protocol would say {state.proposal}"
        case "in_force":
            return f"is {state.in_force}, {taken}" if taken else f"is {state.in_force}{since}"
        case _:
            return f"is {state.in_force}{since}, worked out from what is on record"


def _rests_on(ctx: Evaluation, key: str) -> tuple[object, ...]:
    if key in ctx.compiled.decisions:
        return (key,)
    _, phase = ctx.compiled.phases[key.removeprefix("AFTER_")]
    return tuple(exit_.when for exit_ in phase.exits)


def _grounds_of_exit(ctx: Evaluation, found: Explanation) -> list[str]:
    _, phase = ctx.compiled.phases[found.id.removeprefix("AFTER_")]
    to = found.in_force or found.proposal
    ways = [e for e in phase.exits if e.to == to] or [
        e for e in phase.exits if ctx.compiled.tests[id(e.when)](ctx).verdict == "PASS"
    ]
    return [ground for exit_ in ways for ground in because.of_condition(ctx, exit_.when)]


def waits(missing: list[dict[str, str]], doubts: list[Doubt]) -> list[str]:
    """What is waited for, with the real cause of each."""
    out = [f"{doubt.text}." for doubt in doubts]
    named = {doubt.what for doubt in doubts}
    by: dict[str, list[str]] = {}
    for m in missing:
        if m["what"] not in named:
            by.setdefault(m["who"], []).append(m["what"])
    out += [f"It waits for {', '.join(dict.fromkeys(what))} from the {who}." for who, what in by.items()]
    return out


def _steps(ctx: Evaluation, missing: list[dict[str, str]], doubts: list[Doubt], subject: str) -> list[Step]:
    named = {doubt.what for doubt in doubts}
    out = [step for doubt in doubts for step in settle.of_doubt(subject, doubt.why, doubt.event)]
    for m in missing:
        if m["what"] not in named:
            out += settle.of_missing(ctx.compiled, subject, m["what"])
    return out[: settle.MOST * 2]
