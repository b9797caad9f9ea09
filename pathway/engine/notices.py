"""What the engine itself tells, whatever the trial: amended, diverged and re-opened decisions, reviews, questions that wait."""

from __future__ import annotations

from datetime import timedelta

from pathway.engine.confirmations import is_decided
from pathway.engine.context import Evaluation
from pathway.engine.decisions import decision_state
from pathway.engine.obligations import oblige
from pathway.engine.results import Resolved, TrackRun
from pathway.language import ROLES
from pathway.language.terms import key_of
from pathway.plan import DecisionState, Obligation

ENGINE_NOTICES: dict[str, str] = {
    "AMENDED": "a value was amended after a decision had used it; the conclusion is the same",
    "DIVERGED": "what has been done no longer agrees with what the protocol says today",
    "REOPENED": "a value changed after a decision had used it; the decision is open again",
    "STARTED-UNCONFIRMED": "recorded as begun without the confirmation that should come before it",
    "REVIEW": "needs a clinician's judgement",
    "DECISION-OPEN": "a decision has been waiting for a person",
}


AMENDED_OPEN = (
    "a value was amended after a decision had used it; whether the conclusion is the same is not known yet"
)
"""Of AMENDED while the table cannot tell."""


def decision_states(ctx: Evaluation) -> tuple[list[DecisionState], list[Obligation]]:
    """Every question that is asked or was answered, and what the engine tells about questions and criteria."""
    compiled = ctx.compiled
    states: list[DecisionState] = []
    notices: list[Obligation] = []
    for n, (key, decision) in enumerate(compiled.decisions.items()):
        found = ctx.decision(n)
        if (not found.asked or found.none) and found.taken is None:
            continue
        role = decision.confirm or ("clinician" if found.open or found.taken is not None else "")
        states.append(
            decision_state(ctx, decision.id, key, found, role, decision.options, compiled.decision_leaves[n])
        )
        notices += _notices(ctx, key, found, role)
    for walk in ctx.tracks.values():
        notices += _exits(ctx, walk, states)
    for n, (id_, criterion) in enumerate(compiled.criteria.items()):
        result = ctx.criterion(n)
        if result.verdict == "REVIEW":
            key = key_of("REVIEW", (("criterion", id_),))
            text = f"{id_} {ENGINE_NOTICES['REVIEW']}: {criterion.text}"
            rung = [("major", result.since or ctx.start)]
            notices.append(oblige(ctx, "REVIEW", key, "alert", text, "clinician", rung))
    return states, notices


def _exits(ctx: Evaluation, walk: TrackRun, states: list[DecisionState]) -> list[Obligation]:
    notices: list[Obligation] = []
    for phase, found in walk.exits.items():
        key = f"AFTER_{phase}"
        if walk.phase != phase and found.taken is None:
            continue
        spec = ctx.compiled.phases[phase][1]
        options = tuple(dict.fromkeys(e.to for e in spec.exits))
        role = spec.confirm or ""
        if walk.phase != phase:
            found.open = False
        elif found.state == "none":
            found.state = "waiting"
        states.append(decision_state(ctx, key, key, found, role, options, ctx.compiled.exit_leaves[phase]))
        notices += _notices(ctx, key, found, role)
    for phase, at in walk.unconfirmed:
        key = key_of("STARTED-UNCONFIRMED", (("phase", phase),))
        text = f"{phase} {ENGINE_NOTICES['STARTED-UNCONFIRMED']}"
        notices.append(
            oblige(ctx, "STARTED-UNCONFIRMED", key, "deviation", text, "clinician", [("major", at)])
        )
    return notices


def _notices(ctx: Evaluation, key: str, found: Resolved, role: str) -> list[Obligation]:
    scope = (("decision", key),)
    since = found.changed_at or found.since or ctx.start
    name = {"amended": "AMENDED", "diverged": "DIVERGED", "reopened": "REOPENED"}.get(found.state)
    out = []
    if name is not None:
        text = f"{key}: {ENGINE_NOTICES[name]}"
        if name == "AMENDED" and not is_decided(found):
            text = f"{key}: {AMENDED_OPEN}"
        kind = "deviation" if name == "DIVERGED" else "alert"
        out.append(
            oblige(
                ctx,
                name,
                key_of(name, scope),
                kind,
                text,
                role if role in ROLES else "clinician",
                [("critical", since)],
            )
        )
    if found.open:
        asked = (
            found.changed_at if found.state == "reopened" and found.changed_at is not None else found.since
        )
        due = (asked or ctx.start) + timedelta(hours=ctx.profile.integer("decision_reminder_hours"))
        if ctx.passed(due):
            out.append(
                oblige(
                    ctx,
                    "DECISION-OPEN",
                    key_of("DECISION-OPEN", scope),
                    "alert",
                    f"{key}: {ENGINE_NOTICES['DECISION-OPEN']}",
                    role or "clinician",
                    [("minor", due)],
                )
            )
    return out
