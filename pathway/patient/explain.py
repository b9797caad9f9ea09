"""Why the plan says what it says: reasons with values, clause and source, the assumptions they rest on, and what
would change it."""

from __future__ import annotations

from datetime import UTC, datetime

from pathway.engine.as_it_was import as_it_was
from pathway.engine.context import Evaluation
from pathway.engine.results import Cell
from pathway.errors import UnknownName
from pathway.events import Event
from pathway.language import Choice, Decision, Exit, Input, Param, Reading, Rule
from pathway.language.parsing import nearest
from pathway.language.terms import reading_name
from pathway.language.words import assumption_data, limit_words, params_of, source_data, words
from pathway.patient import explain_parts, said
from pathway.patient.because import predicate_reasons, stamp, value_words
from pathway.patient.explanation import Explanation, Reason, missing_data
from pathway.plan import Plan


def explain(ctx: Evaluation, id: str, subject: str = "P") -> Explanation:
    """Explain what a plan names, by id or key: a decision (`AFTER_<PHASE>` for a phase exit), criterion, item, infusion, notice
    or milestone; first as sentences, with the commands that settle it for `subject`. Raises UnknownName."""
    found = tree(ctx, id) or explain_parts.part(ctx, id, subject)
    if found is None:
        compiled = ctx.compiled
        exits = (f"AFTER_{phase}" for phase in compiled.exit_leaves)
        names = [*compiled.decisions, *exits, *compiled.criteria, *explain_parts.names(ctx)]
        raise UnknownName(
            f"{id!r} is nothing that this plan can explain; {nearest(id, names)} "
            f"`allpath protocol show {compiled.protocol.name}` lists every id"
        )
    return found if found.said else said.of_question(ctx, found, subject)


def tree(ctx: Evaluation, id: str) -> Explanation | None:
    """The reasons of a decision, phase exit or criterion, without the sentences; None of anything else."""
    compiled, plan = ctx.compiled, ctx.plan
    if id in compiled.criteria:
        return _criterion(ctx, plan, id)
    keys = [k for k in compiled.decisions if id in (k, k.split("[")[0])]
    if keys:
        return _table(ctx, plan, _asked_first(plan, keys))
    phase = id.removeprefix("AFTER_")
    if id.startswith("AFTER_") and phase in compiled.exit_leaves:
        return _exits(ctx, plan, phase)
    return None


def _asked_first(plan: Plan, keys: list[str]) -> str:
    """Of several instances of a decision, the one that a person is asked for now, or else the first."""
    open_ = [d.key for d in plan.decisions if d.open and d.key in keys]
    return (open_ or keys)[0]


def _stamp(instant: datetime | None) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if instant is not None else ""


def _criterion(ctx: Evaluation, plan: Plan, name: str) -> Explanation:
    criterion = ctx.compiled.criteria[name]
    state = next(c for c in plan.criteria if c.id == name)
    return Explanation(
        name,
        criterion.text,
        state.verdict,
        None,
        state.verdict,
        ("PASS", "FAIL"),
        "clinician" if state.verdict == "REVIEW" else "",
        _stamp(state.since),
        predicate_reasons(ctx, criterion.holds),
        missing_data(state.missing),
        "",
        source_data(ctx.compiled.protocol, criterion.source),
        assumption_data(
            ctx.compiled.protocol, ctx.profile, ctx.compiled.mentions[id(criterion.holds)].params
        ),
        [],
        "judged by a clinician" if state.judged else "",
    )


def _cell_words(ctx: Evaluation, item: Input, cell: str) -> str:
    band = next((b for b in item.bands if b.name == cell), None)
    if band is not None and isinstance(item.of, Reading):
        return f"{reading_name(item.of)} {' and '.join(limit_words(x, ctx.profile) for x in band.limits)}"
    if isinstance(item.of, Reading):
        return f"{reading_name(item.of)} is {cell}"
    if isinstance(item.of, str):
        return f"{item.of} is {cell}"
    return words(item.of, ctx.profile) if cell == "yes" else f"not ({words(item.of, ctx.profile)})"


def _table(ctx: Evaluation, plan: Plan, key: str) -> Explanation:
    compiled = ctx.compiled
    index = compiled.decision_index[key]
    decision, found = compiled.decisions[key], ctx.decision(index)
    reasons = []
    if found.stood is not None:
        reasons.append(
            Reason(
                f"as it stood on {stamp(ctx, found.stood)}",
                "settled",
                f"{decision.settled_by} came; nothing later changes it",
            )
        )
        ctx = as_it_was(ctx, found.stood)
    for item, cell in zip(decision.inputs, found.cells, strict=False):
        value = value_words(ctx, item.of) if isinstance(item.of, Reading) else ""
        if not isinstance(item.of, Reading | str):
            value = "; ".join(value_words(ctx, s) for s in compiled.mentions[id(item)].readings)
        text = _cell_words(ctx, item, cell.possible[0]) if len(cell.possible) == 1 else item.name
        note = "counts as this because its time is over" if cell.closed else ""
        reasons.append(Reason(text, "/".join(cell.possible), "; ".join(p for p in (value, note) if p)))
    rule = found.rules[0] if len(found.rules) == 1 or (found.rules and found.proposal is not None) else None
    reasons += [
        Reason(_rule_words(matched), "applies", "", source_data(compiled.protocol, matched.source))
        for matched in (found.rules if rule is not None else ())
    ]
    state = next((d for d in plan.decisions if d.key == key), None)
    keys = [*compiled.mentions[id(decision)].params, *params_of(tuple(r.then for r in found.rules))]
    return Explanation(
        key,
        decision.text,
        state.state if state else "not asked",
        found.proposal,
        found.outcome,
        state.options if state else decision.options,
        state.role if state else decision.confirm or "",
        _stamp(found.since),
        reasons,
        missing_data(state.missing if state else ()),
        _rule_words(rule) if rule else "",
        source_data(compiled.protocol, rule.source if rule else decision.source),
        assumption_data(compiled.protocol, ctx.profile, dict.fromkeys(keys)),
        _table_changes(ctx, decision, found.cells, found.proposal),
        _decided(found.taken),
    )


def _rule_words(rule: Rule) -> str:
    cells = ", ".join(f"{name} {'/'.join(cells)}" for name, cells in rule.when) or "in every case"
    then = rule.then
    outcome = (
        f"{' or '.join(then.options)} (a person picks)"
        if isinstance(then, Choice)
        else f"profile {then.key}"
        if isinstance(then, Param)
        else then or "not asked"
    )
    return f"{rule.id + ': ' if rule.id else ''}{cells} -> {outcome}{f' ({rule.text})' if rule.text else ''}"


def _decided(event: Event | None) -> str:
    if event is None:
        return ""
    how = "overridden" if event.override else "confirmed"
    why = f": {event.reason}" if event.reason else ""
    return f"{how} as {event.value} by a {event.role} on {_stamp(event.recorded)} (event {event.id}){why}"


def _table_changes(
    ctx: Evaluation, decision: Decision, cells: tuple[Cell, ...], proposal: str | None
) -> list[str]:
    """Each other cell of one input, all others as they are: where it would lead."""
    out: dict[str, None] = {}
    position = {item.name: n for n, item in enumerate(decision.inputs)}
    rules = [(r, [(position[name], wanted) for name, wanted in r.when]) for r in decision.rules]
    for n, item in enumerate(decision.inputs[: len(cells)]):
        for cell in _alternatives(ctx, item):
            if cell in cells[n].possible:
                continue
            live = [
                r
                for r, when in rules
                if all(
                    any(c in wanted for c in ((cell,) if at == n else cells[at].possible))
                    for at, wanted in when
                )
            ]
            outcomes = list(dict.fromkeys(_outcome_words(ctx, r) for r in live))
            if len(outcomes) == 1 and outcomes[0] != (proposal or ""):
                out[f"{_cell_words(ctx, item, cell)} -> {outcomes[0]}"] = None
    return list(out)


def _alternatives(ctx: Evaluation, item: Input) -> tuple[str, ...]:
    if item.bands:
        return tuple(b.name for b in item.bands)
    if isinstance(item.of, Reading):
        return ctx.compiled.facts[item.of.fact].values
    if isinstance(item.of, str):
        return ctx.compiled.decisions[item.of].options
    return ("yes", "no")


def _outcome_words(ctx: Evaluation, rule: Rule) -> str:
    then = rule.then
    if isinstance(then, Choice):
        return "a choice of " + ", ".join(then.options)
    if isinstance(then, Param):
        return str(ctx.params[then.key])
    return then or "not asked"


def _exits(ctx: Evaluation, plan: Plan, phase: str) -> Explanation:
    compiled = ctx.compiled
    track, spec = compiled.phases[phase]
    found = ctx.tracks[track].exits.get(phase)
    state = next((d for d in plan.decisions if d.key == f"AFTER_{phase}"), None)
    reasons = []
    changes = []
    proposed: Exit | None = None
    for exit_ in spec.exits:
        verdict = compiled.tests[id(exit_.when)](ctx).verdict
        reasons.append(
            Reason(
                f"to {exit_.to}: {words(exit_.when, ctx.profile)}",
                verdict,
                "",
                source_data(compiled.protocol, exit_.source),
            )
        )
        leaves = predicate_reasons(ctx, exit_.when)
        reasons += leaves
        if verdict == "PASS":
            proposed = proposed or exit_
        else:
            open_ = [r.text for r in leaves if r.verdict != "PASS"]
            changes.append(f"{' and '.join(open_)} -> {exit_.to}")
    keys = dict.fromkeys(k for e in spec.exits for k in compiled.mentions[id(e.when)].params)
    return Explanation(
        f"AFTER_{phase}",
        f"what follows {phase}: {spec.text}",
        state.state if state else "not asked",
        found.proposal if found else None,
        found.outcome if found else None,
        state.options if state else tuple(dict.fromkeys(e.to for e in spec.exits)),
        spec.confirm or "",
        _stamp(found.since if found else None),
        reasons,
        missing_data(state.missing if state else ()),
        "",
        source_data(compiled.protocol, (proposed or spec).source),
        assumption_data(compiled.protocol, ctx.profile, keys),
        changes,
        _decided(found.taken if found else None),
    )
