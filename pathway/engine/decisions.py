"""Decisions: tables that propose, and people's confirmations that stay valid, are carried, diverge or re-open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pathway.engine.as_it_was import as_it_was
from pathway.engine.confirmations import (
    by_occasion,
    compare,
    judge,
    lapse,
    latest_confirmation,
    seen,
    unconfirmed,
)
from pathway.engine.context import Evaluation, Leaves
from pathway.engine.decision_inputs import compile_input
from pathway.engine.endings import close, compile_ending, level_of_decision
from pathway.engine.lapses import lapsed
from pathway.engine.latches import latched
from pathway.engine.linker import Linker
from pathway.engine.predicates import gate, predicate
from pathway.engine.results import Resolved, Result
from pathway.engine.size_seen import SIZE
from pathway.engine.tables import OPEN, Read, Row, work_out
from pathway.engine.voided_grounds import done_without_ground, fallen
from pathway.events import Event, seen_digest
from pathway.language import Decision, Param, Passed, Rule
from pathway.language.terms import key_of
from pathway.language.walk import atoms
from pathway.plan import DecisionState, Missing

Resolve = Callable[[Evaluation], Resolved]


def compile_decision(decision: Decision, linker: Linker, leaves: Leaves) -> Resolve:
    """The function of a decision table with its confirmations."""
    reads = []
    position = {}
    for n, item in enumerate(decision.inputs):
        read, names = compile_input(item, linker)
        reads.append((item.name, read, names))
        position[item.name] = (n, names)
    rules = [_compile_rule(rule, decision, position, linker) for rule in decision.rules]
    asked = gate(decision.asked, linker) if decision.asked is not None else None
    boundary = predicate(decision.boundary, linker) if decision.boundary is not None else None
    enacted = [(option, predicate(p, linker), _by_time(p)) for option, p in decision.enacted]
    key = key_of(decision.id, decision.scope)
    linker.recorded(key)
    number = linker.decision_index[key]
    read_of = linker.names_read()
    if decision.latches:
        linker.rests_on_its_past()
    for option in decision.latches:
        if option not in decision.options or decision.confirm is not None:
            raise linker.error(f"decision {key} latches {option!r}: only an option of a computed table can")
    if decision.settled_by and decision.confirm is not None:
        raise linker.error(
            f"decision {key} is settled by {decision.settled_by}: only a computed table can be"
        )
    settled_by = linker.anchor(decision.settled_by) if decision.settled_by else None
    if settled_by is not None:
        linker.rests_on_its_past()
    ended = compile_ending(linker, level_of_decision(key, linker))

    def may_lapse(ctx: Evaluation) -> bool:
        taken = latest_confirmation(ctx, key)
        settled = [
            done for option, done, by_time in enacted if taken and option == taken.value and not by_time
        ]
        return all(done(ctx).verdict != "PASS" for done in settled)

    if decision.confirm is not None:
        linker.may_lapse[key] = may_lapse

    def resolve(ctx: Evaluation) -> Resolved:
        found = as_it_stands(ctx)
        if decision.latches and found.outcome not in decision.latches:
            found = latched(ctx, number, read_of, decision.latches, as_it_stands) or found
        if settled_by is not None:
            found = settled(ctx, settled_by, found) or found
        end = ended(ctx)
        if end is not None:
            close(found, end.known, person=decision.confirm is not None)
            found.otherwise = None  # whoever has left the trial is not looked at any more
        return found

    def settled(ctx: Evaluation, anchor: int, today: Resolved) -> Resolved | None:
        """What the table said when the anchor came, if it said something; and what it says today."""
        point = ctx.anchor(anchor)
        if point is None or point.instant is None or not point.reported or not ctx.passed(point.instant):
            return None
        found = today if ctx.now == point.instant else as_it_was(ctx, point.instant).decision(number)
        if found.outcome is None:
            return None
        found = found.copy()
        found.stood = point.instant
        if today.outcome not in (None, found.outcome):
            found.otherwise = today.outcome, today.since or ctx.start
        return found

    def as_it_stands(ctx: Evaluation) -> Resolved:
        found = worked_out(ctx)
        found.fallen = found.fallen or fallen(ctx, found, key, leaves)
        return found

    def worked_out(ctx: Evaluation) -> Resolved:
        found = Resolved()
        if asked is not None:
            result = asked(ctx)
            if result.verdict != "PASS":
                found.asked = False
                found.possible = decision.options if result.verdict != "FAIL" else ()
                if result.verdict != "FAIL":
                    found.asked, found.missing, found.state = True, result.missing or (-1,), "waiting"
                    found.may_be_none = True
                    found.doubt = result.doubt or result.verdict == "REVIEW"
                confirmed_earlier(ctx, found)
                return found
            found.since = result.since
        _propose(ctx, found, reads, rules, decision)
        if boundary is not None:
            found.boundary = boundary(ctx).verdict == "PASS"
        if decision.confirm is None:
            _computed(ctx, found, decision, key, leaves)
        else:
            done = _confirmed(ctx, found, key, leaves, enacted, decision.on_reopen)
            taken = found.taken
            if taken is not None and found.outcome == taken.value and not done and lapsed(ctx, key, taken):
                lapse(found)
            if key in ctx.record.decisions:
                found.earlier = by_occasion(ctx, key, leaves)
        return found

    def confirmed_earlier(ctx: Evaluation, found: Resolved) -> None:
        """A question that is no longer asked keeps what was done under it."""
        taken = latest_confirmation(ctx, key)
        if taken is None or decision.confirm is None:
            return
        for option, done, _ in enacted:
            if option == taken.value and done(ctx).verdict == "PASS":
                found.outcome, found.taken, found.since, found.state, found.asked = (
                    option,
                    taken,
                    taken.recorded,
                    "in_force",
                    True,
                )
                found.missing = ()
                found.fallen = done_without_ground(ctx, taken, leaves, today)

    def today(ctx: Evaluation) -> Resolved:
        """What the table says now, though it is not asked."""
        found = Resolved()
        _propose(ctx, found, reads, rules, decision)
        return found

    return resolve


def _compile_rule(
    rule: Rule, decision: Decision, position: dict[str, tuple[int, tuple[str, ...]]], linker: Linker
) -> tuple[Rule, tuple[tuple[int, tuple[str, ...]], ...]]:
    cells = []
    for name, wanted in rule.when:
        if name not in position:
            raise linker.error(
                f"decision {decision.id}: rule {rule.id or rule.then} names an input {name!r} that it does not have"
            )
        n, names = position[name]
        for cell in wanted:
            if cell not in names:
                raise linker.error(
                    f"decision {decision.id}: input {name} is never {cell!r}; it can be {', '.join(names)}"
                )
        cells.append((n, wanted))
    if isinstance(rule.then, str) and rule.then not in decision.options:
        raise linker.error(f"decision {decision.id}: outcome {rule.then!r} is not among its options")
    if isinstance(rule.then, Param):
        linker.param(rule.then.key, ("choice",))
    return rule, tuple(cells)


def _propose(
    ctx: Evaluation,
    found: Resolved,
    reads: list[Read],
    rules: list[Row],
    decision: Decision,
) -> None:
    cells = [read(ctx) for _, read, _ in reads]
    found.cells = tuple(cells)
    found.bands = tuple(
        (name, cell.possible[0])
        for (name, _, _), cell in zip(reads, cells, strict=True)
        if len(cell.possible) == 1
    ) + tuple(
        (f"{name}{SIZE}", cell.size) for (name, _, _), cell in zip(reads, cells, strict=True) if cell.size
    )
    live, outcomes, since = work_out(ctx, cells, reads, rules, decision)
    found.rules = tuple(rule for rule, _ in live)
    found.since = max((t for t in (since, found.since) if t is not None), default=ctx.start)
    if len(outcomes) == 1:
        outcome = outcomes[0]
        if outcome is None:
            found.none = True
        elif isinstance(outcome, tuple):
            found.choice = found.possible = outcome
        else:
            found.proposal, found.possible = outcome, (outcome,)
        return
    flat: dict[str, None] = {}
    for outcome in outcomes:
        for option in (
            outcome if isinstance(outcome, tuple) else () if outcome in (None, OPEN) else (outcome,)
        ):
            flat[option] = None
    found.possible, found.may_be_none = tuple(flat), None in outcomes
    matters = {n for rule, when in live for n, wanted in when if len(cells[n].possible) > 1}
    found.missing = tuple(dict.fromkeys(i for n in sorted(matters) for i in cells[n].missing))
    found.doubt = any(cells[n].doubt for n in matters)
    if ctx.unobtainable(found.missing) is not None:
        found.missing = ()
    found.review = not found.missing
    if found.review:
        # Asked since the value came that left it to a person, or since the question itself was asked, if that was later.
        judged = [c.since for c in cells if c.review and c.since is not None]
        found.since = max([found.since, *judged])


def _computed(ctx: Evaluation, found: Resolved, decision: Decision, key: str, leaves: Leaves) -> None:
    if found.proposal is not None:
        found.outcome, found.state = found.proposal, "computed"
    elif found.none:
        found.state = "none"
    elif found.missing:
        found.state = "waiting"
    else:
        _needs_person(ctx, found, decision, key, leaves)


def _needs_person(ctx: Evaluation, found: Resolved, decision: Decision, key: str, leaves: Leaves) -> None:
    """A table whose value is under review: a clinician may pick; the pick is bound to the values judged."""
    found.state, found.open = "review", True
    found.choice = found.choice or found.possible or decision.options
    taken = latest_confirmation(ctx, key)
    if taken is not None and taken.seen is not None and dict(taken.seen.values) == leaves.values(ctx):
        found.outcome, found.state, found.open = taken.value, "in_force", False
        found.taken, found.since = taken, taken.recorded


def _confirmed(
    ctx: Evaluation,
    found: Resolved,
    key: str,
    leaves: Leaves,
    enacted: list[tuple[str, Callable[[Evaluation], Result], bool]],
    on_reopen: str,
) -> bool:
    """Whether what was taken has been done."""
    taken = latest_confirmation(ctx, key)
    if taken is None:
        unconfirmed(found)
        return False
    now = compare(ctx, found, taken, leaves)
    done = _enacted(ctx, taken, enacted, now.changed_at)
    judge(found, taken, now, done, on_reopen)
    return done


def _enacted(
    ctx: Evaluation,
    taken: Event,
    enacted: list[tuple[str, Callable[[Evaluation], Result], bool]],
    changed_at: datetime | None,
) -> bool:
    """Whether what was taken has been done. What only time shows does not count if the values had turned before."""
    for option, test, by_time in enacted:
        if option != taken.value:
            continue
        result = test(ctx)
        if result.verdict == "PASS" and not (
            by_time and changed_at is not None and result.since is not None and result.since > changed_at
        ):
            return True
    return False


def _by_time(node: object) -> bool:
    """Whether a predicate may come true by time alone."""
    return bool(atoms(node, Passed))


def missing_list(ctx: Evaluation, indexes: tuple[int, ...]) -> tuple[Missing, ...]:
    """Who must supply what. What is on record and does not count yet is the coordinator's, with the reason."""
    names, missing = ctx.compiled.reading_names, ctx.compiled.reading_missing
    return tuple(
        Missing(names[i], "coordinator", note) if (note := ctx.reading(i).note) else missing[i]
        for i in indexes
        if i >= 0
    )


def decision_state(
    ctx: Evaluation, id: str, key: str, found: Resolved, role: str, options: tuple[str, ...], leaves: Leaves
) -> DecisionState:
    """The plan's view of a decision."""
    digest = seen_digest(seen(ctx, found, leaves)) if found.open else ""
    offered = found.choice or options
    return DecisionState(
        id,
        key,
        found.state,
        found.proposal,
        offered,
        found.outcome,
        role,
        found.since,
        found.open,
        found.boundary,
        digest,
        rule=found.rules[0].id if len(found.rules) == 1 else "",
        missing=missing_list(ctx, found.missing),
        confirmed_by=found.taken.id if found.taken is not None and found.outcome is not None else "",
    )
