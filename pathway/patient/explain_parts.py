"""The rest of a plan explained: what is to be done, infusions, milestones, deviations and alerts."""

from __future__ import annotations

from typing import Any

from pathway.engine.context import Evaluation
from pathway.engine.notices import ENGINE_NOTICES
from pathway.language import Assessment, Deviation, Doses, Milestone, Moment, Param, Series, Source, Task
from pathway.language.terms import key_of
from pathway.language.words import assumption_data, moment_words, params_of, source_data
from pathway.patient import because, said, settle
from pathway.patient.explanation import Explanation
from pathway.plan import Item, LedgerState, Obligation


def part(ctx: Evaluation, id: str, subject: str) -> Explanation | None:
    """The explanation of an item, infusion, notice or milestone by its id or key; None if there is no such thing."""
    plan = ctx.plan
    named = [i for i in plan.items if id in (i.key, i.id)]
    if named:
        pressing = [i for i in named if i.state in ("late", "due", "blocked")]
        return _item(ctx, (pressing or named)[0], subject)
    for ledger in plan.ledgers:
        if id in (ledger.key, ledger.id):
            return _ledger(ctx, ledger)
    raised = [o for o in (*plan.deviations, *plan.alerts) if id in (o.key, o.id)]
    if raised:
        return _raised(ctx, raised[0], subject)
    for spec in ctx.compiled.protocol.deviations:
        if id in (spec.id, key_of(spec.id, spec.scope)):
            return _not_raised(ctx, spec)
    told = {m.key: m for m in plan.milestones}
    for milestone in ctx.compiled.protocol.milestones:
        key = key_of(milestone.id, milestone.scope)
        if id in (milestone.id, key):
            return _milestone(ctx, milestone, told[key].text if key in told else "")
    return _not_asked(ctx, id) or _notice_of_ours(ctx, id)


def names(ctx: Evaluation) -> list[str]:
    """What can be explained beside decisions and criteria, for a name that is not known."""
    plan = ctx.plan
    return [
        *dict.fromkeys(i.key for i in plan.items),
        *(ledger.key for ledger in plan.ledgers),
        *(o.key for o in (*plan.deviations, *plan.alerts)),
        *ctx.compiled.statements,
    ]


def _explanation(ctx: Evaluation, id: str, text: str, state: str, spec: Any) -> Explanation:
    """An explanation with the source and the assumptions of its definition (None: the engine's own)."""
    source: Source | None = getattr(spec, "source", None)
    return Explanation(
        id, text, state, None, state, (), "", "", [], [], "",
        source_data(ctx.compiled.protocol, source) if source is not None else {},
        assumption_data(ctx.compiled.protocol, ctx.profile, dict.fromkeys(params_of(spec))) if spec is not None else [],
        [],
    )  # fmt: skip


def _item(ctx: Evaluation, item: Item, subject: str) -> Explanation:
    spec = settle.item_of(ctx.compiled, item.key)
    out = _explanation(ctx, item.key, item.text, item.state, spec)
    out.role = item.owner
    due = f"{item.due.isoformat()}" if item.due is not None else ""
    if item.due_at is not None:
        due = because.stamp(ctx, item.due_at)
    window = ""
    if item.window is not None and item.window[0] != item.window[1]:
        window = f", allowed from {item.window[0].isoformat()} to {item.window[1].isoformat()}"
    standing = {
        "late": f"is late: it was due on {due}{window}, and nothing on record shows that it was done",
        "due": f"is due{f' by {due}' if due else ' as soon as possible'}{window}",
        "planned": f"is planned for {due}{window}",
        "blocked": f"is blocked by {item.blocked_by}{f'; its day is {due}' if due else ''}",
        "not_set": "has no date yet",
        "done": f"is done{f' since {because.stamp(ctx, item.since)}' if item.since else ''}",
        "missed": f"was left out{f'; its day was {due}' if due else ''}",
    }
    out.said = [f"{said.brief(item.text)} ({item.key}) {standing.get(item.state, item.state)}."]
    counted = _counted_from(ctx, spec, item)
    if counted:
        out.said.append(counted)
    condition = _condition(spec)
    if condition is not None and item.state not in ("done", "missed"):
        out.said += said.because_of(because.of_condition(ctx, condition))
        out.reasons = because.predicate_reasons(ctx, condition)
    if isinstance(spec, Assessment | Task):
        out.reasons += because.predicate_reasons(ctx, spec.done)
        if item.state == "done":
            out.said += said.because_of(because.of_condition(ctx, spec.done))
    if item.state in ("late", "due", "blocked"):
        out.steps = said.plain(
            settle.of_item(
                ctx.compiled, subject, item.key, item.owner, item.blocked_by or "", known_to(ctx, item)
            )
        )
    return out


def known_to(ctx: Evaluation, item: Item) -> list[str]:
    """The slots of an item that have a value."""
    spec = settle.item_of(ctx.compiled, item.key)
    return because.on_record(ctx, spec.done) if isinstance(spec, Assessment | Task) else []


def _condition(spec: Any) -> Any:
    match spec:
        case Task():
            return spec.when
        case Assessment():
            return spec.asked
        case Series():
            return spec.while_
    return None


def _counted_from(ctx: Evaluation, spec: Any, item: Item) -> str:
    moment: Moment | None = None
    if isinstance(spec, Assessment | Task):
        moment = spec.due
    elif isinstance(spec, Series):
        moment = spec.start
    if moment is None:
        return ""
    unset = item.due is None and isinstance(moment.days, Param)
    return (
        f"It counts from {because.anchor_words(ctx, moment.anchor)} ({moment_words(moment, ctx.profile)}"
        f"{'; the profile does not say how long' if unset else ''})."
    )


def _not_asked(ctx: Evaluation, id: str) -> Explanation | None:
    """An item of the definition that the plan does not have now."""
    protocol = ctx.compiled.protocol
    specs = (*protocol.assessments, *protocol.series, *protocol.tasks)
    for spec in specs:
        if id in (spec.id, key_of(spec.id, spec.scope)):  # type: ignore[attr-defined]
            out = _explanation(ctx, id, spec.text, "not asked", spec)  # type: ignore[attr-defined]
            condition = _condition(spec)
            out.said = [f"{said.brief(out.text)} ({id}) is not asked for now."]
            if condition is not None:
                out.said += said.because_of(because.of_condition(ctx, condition))
                out.reasons = because.predicate_reasons(ctx, condition)
            return out
    return None


_ENDED = dict.fromkeys(("complete", "stopped", "short"), "ended") | {"end_expected": "its end was due"}


def _ledger(ctx: Evaluation, ledger: LedgerState) -> Explanation:
    spec = ctx.compiled.ledgers[ledger.key]
    out = _explanation(ctx, ledger.key, spec.text, ledger.state, spec)
    begun = f" since {because.stamp(ctx, ledger.start)}" if ledger.start is not None else ""
    amount = f"{ledger.given_hours} {ledger.unit}" if isinstance(spec, Doses) else f"{ledger.given_hours} h"
    text = f"{said.brief(spec.text)} ({ledger.key}) is {ledger.state.replace('_', ' ')}"
    if ledger.state != "not_started":
        text += f": begun on {because.stamp(ctx, ledger.start)}" if ledger.start is not None else begun
        text += f", {amount} given"
        text += f" as of {because.stamp(ctx, ledger.as_of)}" if ledger.as_of is not None else ""
        if ledger.dose != "0":
            word = "next dose" if isinstance(spec, Doses) else "at"
            text += f", {word} {ledger.dose} {ledger.unit}"
        if ledger.projected_end is not None:
            text += f"; {_ENDED.get(ledger.state, 'its end is expected')} on {because.stamp(ctx, ledger.projected_end)}"
            text += ", and nobody has reported it" if ledger.state == "end_expected" else ""
    out.said = [f"{text}."]
    grounds = [
        f"paused on {because.stamp(ctx, first)}{f' ({why})' if why else ''}"
        + (f", resumed on {because.stamp(ctx, last)}" if last is not None else ", not resumed")
        for first, last, why in ledger.pauses
    ]
    grounds += [
        f"rule {rule} says {action} since {because.stamp(ctx, at)}" for rule, action, at in ledger.directives
    ]
    for dose in ledger.doses:
        grounds += [
            f"{dose.label} held from {first} {f'to {last}' if last else 'on'} by {rules}"
            for first, last, rules in dose.held
        ]
    out.said += said.because_of(grounds)
    out.reasons = []
    return out


def _raised(ctx: Evaluation, o: Obligation, subject: str) -> Explanation:
    spec = next((d for d in ctx.compiled.protocol.deviations if key_of(d.id, d.scope) == o.key), None)
    out = _explanation(ctx, o.key, o.text, o.state, spec)
    out.role = o.to
    state = (
        f"is {o.severity} and waits for the {' and the '.join(o.notified)}"
        if o.state == "raised"
        else f"was {o.severity} and has been acknowledged"
    )
    out.said = [f"{o.text} ({o.kind} {o.key}) {state}; it is so since {because.stamp(ctx, o.since)}."]
    if o.next_rung is not None and o.state == "raised":
        out.said.append(f"On {because.stamp(ctx, o.next_rung)} more people are told, or it becomes graver.")
    if spec is not None:
        out.said += said.because_of(because.of_condition(ctx, spec.when))
        out.reasons = because.predicate_reasons(ctx, spec.when)
        if spec.blocks:
            out.said.append(f"Until it is settled these wait: {', '.join(spec.blocks)}.")
    if o.state == "raised":
        out.steps = said.plain(settle.of_notice(ctx.compiled, subject, o.key, o.to))
    return out


def _not_raised(ctx: Evaluation, spec: Deviation) -> Explanation:
    key = key_of(spec.id, spec.scope)
    out = _explanation(ctx, key, spec.text, "not raised", spec)
    out.said = [f"{spec.text} ({spec.kind} {key}) is not raised now."]
    out.said += said.because_of(because.of_condition(ctx, spec.when))
    out.reasons = because.predicate_reasons(ctx, spec.when)
    return out


def _notice_of_ours(ctx: Evaluation, id: str) -> Explanation | None:
    """A notice that every pathway can raise, while it does not."""
    text = ENGINE_NOTICES.get(id.partition("[")[0])
    if text is None:
        return None
    out = _explanation(ctx, id, text, "not raised", None)
    out.said = [f"{id} is not raised now. It would say: {text}."]
    return out


def _milestone(ctx: Evaluation, spec: Milestone, text: str) -> Explanation:
    key = key_of(spec.id, spec.scope)
    out = _explanation(ctx, key, spec.text, "true" if text else "not true", spec)
    out.said = [f"{text or spec.text} ({key}): {'so it is' if text else 'this is not so now'}."]
    out.said += said.because_of(because.of_condition(ctx, spec.when))
    out.reasons = because.predicate_reasons(ctx, spec.when)
    return out
