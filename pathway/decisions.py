"""Decisions: tables that propose, and people's confirmations that stay valid, are carried, diverge or re-open."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from pathway.events import Event, Seen
from pathway.growth import SIZE, grown, sized
from pathway.language import Choice, Crit, Decision, Input, Limit, Param, Passed, Rule, Slot
from pathway.plan import DecisionState, Missing
from pathway.record import key_of
from pathway.state import Context, Result
from pathway.values import Val, holds

if TYPE_CHECKING:
    from pathway.builder import Bound, Builder, Leaves

YES_NO = ("yes", "no")
DECIDERS = ("clinician", "meeting", "sponsor")
"""The roles that may take a decision or judge a criterion."""


def decider(confirm: str | None) -> str:
    """The one role that may take a decision: what its protocol says. A clinician, where that is no role that decides.

    Of a computed decision (`confirm` None) that is under review, a clinician picks.
    """
    return confirm if confirm in DECIDERS else "clinician"


@dataclass(slots=True)
class Cell:
    """What an input may be: the cells still possible, what it waits for, whether a person must judge it."""

    possible: tuple[str, ...]
    since: datetime | None = None
    missing: tuple[int, ...] = ()
    review: bool = False
    closed: bool = False
    size: str = ""


@dataclass(slots=True)
class Resolved:
    """A decision as it stands.

    `outcome` counts downstream; `possible` are the outcomes that are left while it is open, `may_be_none`: so is that
    it is not asked.
    """

    asked: bool = True
    none: bool = False
    proposal: str | None = None
    choice: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()
    may_be_none: bool = False
    outcome: str | None = None
    state: str = "waiting"
    since: datetime | None = None
    missing: tuple[int, ...] = ()
    review: bool = False
    rules: tuple[Rule, ...] = ()
    boundary: bool = False
    open: bool = False
    taken: Event | None = None
    bands: tuple[tuple[str, str], ...] = ()
    changed_at: datetime | None = None
    cells: tuple[Cell, ...] = field(default=())


Resolve = Callable[[Context], Resolved]


def compile_input(item: Input, builder: Builder) -> tuple[Callable[[Context], Cell], tuple[str, ...]]:
    """An input's function and all the cells that it can have."""
    names: tuple[str, ...]
    if isinstance(item.of, str):
        read, names = _of_decision(item.of, builder)
    elif isinstance(item.of, Slot):
        read, names = _of_slot(item, item.of, builder)
    else:
        names = YES_NO
        read = _of_predicate(builder.predicate(item.of), judged=_reads_criteria(item.of))
        if item.grows:
            read = growing(item.of, read, builder)
    if item.closed is None:
        return read, names
    band, closes = item.closed[0], builder.predicate(item.closed[1])
    names = names if band in names else (*names, band)
    every = names

    def closed(ctx: Context) -> Cell:
        cell = read(ctx)
        if not cell.missing:
            return cell
        over = closes(ctx)
        if over.verdict == "PASS":
            return Cell((band,), over.since, closed=True)
        return Cell(every, cell.since, cell.missing, cell.review)

    return closed, names


def _reads_criteria(node: object) -> bool:
    """Whether a predicate rests on criteria: then a review is settled by judging them, not here."""
    if isinstance(node, Crit):
        return True
    if isinstance(node, tuple):
        return any(_reads_criteria(part) for part in node)
    return any(_reads_criteria(getattr(node, name)) for name in ("parts", "part") if hasattr(node, name))


def _of_predicate(test: Callable[[Context], Result], *, judged: bool) -> Callable[[Context], Cell]:
    def read(ctx: Context) -> Cell:
        result = test(ctx)
        if result.verdict == "PASS":
            return Cell(("yes",), result.since)
        if result.verdict == "FAIL":
            return Cell(("no",), result.since)
        if result.verdict == "REVIEW" and not judged:
            return Cell(YES_NO, result.since, review=True)
        return Cell(YES_NO, result.since, result.missing or (-1,))

    return read


def _of_decision(id: str, builder: Builder) -> tuple[Callable[[Context], Cell], tuple[str, ...]]:
    index = builder.decision(id, ())
    names = (*builder.options(id), "none")
    computed = builder.is_computed(id)

    def read(ctx: Context) -> Cell:
        upstream = ctx.decision(index)
        if upstream.outcome is not None:
            return Cell((upstream.outcome,), upstream.since)
        if not upstream.asked or upstream.none:
            return Cell(("none",), upstream.since)
        left = (upstream.possible if computed else ()) or names
        if upstream.may_be_none and "none" not in left:
            left = (*left, "none")
        if upstream.state == "review":
            return Cell(left, upstream.since, (), True)
        return Cell(left, upstream.since, upstream.missing or (-1,))

    return read, names


def growing(of: object, read: Callable[[Context], Cell], builder: Builder) -> Callable[[Context], Cell]:
    """The same cell with the size of what passed: a confirmation does not cover more than was seen."""
    size = sized(of, builder)

    def measured(ctx: Context) -> Cell:
        cell = read(ctx)
        if cell.possible == ("yes",):
            cell.size = size(ctx)
        return cell

    return measured


def _of_slot(item: Input, slot: Slot, builder: Builder) -> tuple[Callable[[Context], Cell], tuple[str, ...]]:
    index = builder.slot(slot)
    if not item.bands:
        values = builder.fact(slot.fact).values

        def chosen(ctx: Context) -> Cell:
            value = ctx.slots[index] or ctx.slot(index)
            if value.state == "known":
                return Cell((value.text,), value.since)
            return (
                Cell(values, value.since, (index,))
                if value.state == "missing"
                else Cell(values, value.since, review=True)
            )

        return chosen, values
    bands = [(b.name, [builder.limit(x) for x in b.limits]) for b in item.bands]
    names = tuple(b.name for b in item.bands)

    def banded(ctx: Context) -> Cell:
        value = ctx.slots[index] or ctx.slot(index)
        if value.state == "missing":
            return Cell(names, None, (index,))
        if value.state == "review":
            return Cell(names, value.since, review=True)
        possible = tuple(name for name, limits in bands if _may_be(value, limits, ctx))
        return Cell(possible or names, value.since, review=len(possible) != 1)

    return banded, names


def _may_be(value: Val, limits: list[Bound], ctx: Context) -> bool:
    for read in limits:
        bound = read(ctx)
        if bound is None or holds(bound[0], value, bound[1]) is False:
            return False
    return True


def compile_decision(decision: Decision, builder: Builder, leaves: Leaves) -> Resolve:
    """The function of a decision table with its confirmations."""
    reads = []
    position = {}
    for n, item in enumerate(decision.inputs):
        read, names = compile_input(item, builder)
        reads.append((item.name, read, names))
        position[item.name] = (n, names)
    rules = [_compile_rule(rule, decision, position, builder) for rule in decision.rules]
    asked = builder.gate(decision.asked) if decision.asked is not None else None
    boundary = builder.predicate(decision.boundary) if decision.boundary is not None else None
    enacted = [(option, builder.predicate(p), _by_time(p)) for option, p in decision.enacted]
    key = key_of(decision.id, decision.scope)

    def resolve(ctx: Context) -> Resolved:
        found = Resolved()
        if asked is not None:
            result = asked(ctx)
            if result.verdict != "PASS":
                found.asked = False
                found.possible = decision.options if result.verdict != "FAIL" else ()
                if result.verdict != "FAIL":
                    found.asked, found.missing, found.state = True, result.missing or (-1,), "waiting"
                    found.may_be_none = True
                confirmed_earlier(ctx, found)
                return found
            found.since = result.since
        _propose(ctx, found, reads, rules, decision)
        if boundary is not None:
            found.boundary = boundary(ctx).verdict == "PASS"
        if decision.confirm is None:
            _computed(ctx, found, decision, key, leaves)
        else:
            _confirmed(ctx, found, key, leaves, enacted, decision.on_reopen)
        return found

    def confirmed_earlier(ctx: Context, found: Resolved) -> None:
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

    return resolve


def _compile_rule(
    rule: Rule, decision: Decision, position: dict[str, tuple[int, tuple[str, ...]]], builder: Builder
) -> tuple[Rule, tuple[tuple[int, tuple[str, ...]], ...]]:
    cells = []
    for name, wanted in rule.when:
        if name not in position:
            raise builder.error(
                f"decision {decision.id}: rule {rule.id or rule.then} names an input {name!r} that it does not have"
            )
        n, names = position[name]
        for cell in wanted:
            if cell not in names:
                raise builder.error(
                    f"decision {decision.id}: input {name} is never {cell!r}; it can be {', '.join(names)}"
                )
        cells.append((n, wanted))
    if isinstance(rule.then, str) and rule.then not in decision.options:
        raise builder.error(f"decision {decision.id}: outcome {rule.then!r} is not among its options")
    if isinstance(rule.then, Param):
        builder.param(rule.then.key, ("choice",))
    return rule, tuple(cells)


def _then(ctx: Context, rule: Rule, decision: Decision) -> str | tuple[str, ...] | None:
    then = rule.then
    if isinstance(then, Param):
        value = ctx.params[then.key]
        return value if isinstance(value, str) and value in decision.options else decision.options
    return then.options if isinstance(then, Choice) else then


def _propose(
    ctx: Context,
    found: Resolved,
    reads: list[tuple[str, Callable[[Context], Cell], tuple[str, ...]]],
    rules: list[tuple[Rule, tuple[tuple[int, tuple[str, ...]], ...]]],
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
    live, outcomes, since = _work_out(ctx, cells, reads, rules, decision)
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
        for option in outcome if isinstance(outcome, tuple) else () if outcome is None else (outcome,):
            flat[option] = None
    found.possible, found.may_be_none = tuple(flat), None in outcomes
    matters = {n for rule, when in live for n, wanted in when if len(cells[n].possible) > 1}
    found.missing = tuple(dict.fromkeys(i for n in sorted(matters) for i in cells[n].missing))
    if ctx.unobtainable(found.missing) is not None:
        found.missing = ()
    found.review = not found.missing
    if found.review:
        # Asked since the value came that left it to a person, or since the question itself was asked, if that was later.
        judged = [c.since for c in cells if c.review and c.since is not None]
        found.since = max([found.since, *judged])


_Row = tuple[Rule, tuple[tuple[int, tuple[str, ...]], ...]]
_Then = str | tuple[str, ...] | None


def _work_out(
    ctx: Context,
    cells: list[Cell],
    reads: list[tuple[str, Callable[[Context], Cell], tuple[str, ...]]],
    rules: list[_Row],
    decision: Decision,
) -> tuple[list[_Row], list[_Then], datetime | None]:
    """The rules that are still possible, their outcomes, and since when. Kept with the record while the cells are the same."""
    kept = ctx.record.kept.setdefault("", {})
    key = (ctx.profile.hash, [(c.possible, c.since) for c in cells])
    known = kept.get(id(rules))
    if known is not None and known[0] == key and known[1] is rules:
        found: tuple[list[_Row], list[_Then], datetime | None] = known[2]
        return found
    live = [each for each in rules if _possible(each[1], cells)]
    outcomes = list(dict.fromkeys(_then(ctx, rule, decision) for rule, _ in live))
    found = live, outcomes, _settled(ctx, cells, reads, rules, decision)
    kept[id(rules)] = (key, rules, found)
    return found


def _settled(
    ctx: Context,
    cells: list[Cell],
    reads: list[tuple[str, Callable[[Context], Cell], tuple[str, ...]]],
    rules: list[tuple[Rule, tuple[tuple[int, tuple[str, ...]], ...]]],
    decision: Decision,
) -> datetime | None:
    """Since when the outcome has been what it is: an input that came later and changed nothing does not date it.

    An input of which only some cells are left counts too: they may be enough.
    """
    known = sorted(
        (
            (c.since, n)
            for n, c in enumerate(cells)
            if c.since is not None and len(c.possible) < len(reads[n][2])
        ),
        reverse=True,
    )
    wide = list(cells)
    before = _outcomes(ctx, wide, rules, decision)
    for since, n in known:
        wide[n] = Cell(reads[n][2])
        if _outcomes(ctx, wide, rules, decision) != before:
            return since
    return None


def _outcomes(
    ctx: Context,
    cells: list[Cell],
    rules: list[tuple[Rule, tuple[tuple[int, tuple[str, ...]], ...]]],
    decision: Decision,
) -> dict[str | tuple[str, ...] | None, None]:
    return dict.fromkeys(_then(ctx, rule, decision) for rule, when in rules if _possible(when, cells))


def _possible(when: tuple[tuple[int, tuple[str, ...]], ...], cells: list[Cell]) -> bool:
    """Whether every cell of a rule may still come true."""
    for n, wanted in when:
        for cell in cells[n].possible:
            if cell in wanted:
                break
        else:
            return False
    return True


def _computed(ctx: Context, found: Resolved, decision: Decision, key: str, leaves: Leaves) -> None:
    if found.proposal is not None:
        found.outcome, found.state = found.proposal, "computed"
    elif found.none:
        found.state = "none"
    elif found.missing:
        found.state = "waiting"
    else:
        _needs_person(ctx, found, decision, key, leaves)


def _needs_person(ctx: Context, found: Resolved, decision: Decision, key: str, leaves: Leaves) -> None:
    """A table whose value is under review: a clinician may pick; the pick is bound to the values judged."""
    found.state, found.open = "review", True
    found.choice = found.choice or found.possible or decision.options
    taken = latest_confirmation(ctx, key)
    if taken is not None and taken.seen is not None and dict(taken.seen.values) == leaves.values(ctx):
        found.outcome, found.state, found.open = taken.value, "in_force", False
        found.taken, found.since = taken, taken.recorded


def latest_confirmation(ctx: Context, key: str) -> Event | None:
    """The latest confirmation that has not been voided."""
    taken = ctx.record.decisions.get(key)
    return taken[-1] if taken else None


def _confirmed(
    ctx: Context,
    found: Resolved,
    key: str,
    leaves: Leaves,
    enacted: list[tuple[str, Callable[[Context], Result], bool]],
    on_reopen: str,
) -> None:
    taken = latest_confirmation(ctx, key)
    if taken is None:
        unconfirmed(found)
        return
    now = compare(ctx, found, taken, leaves)
    judge(found, taken, now, _enacted(ctx, taken, enacted, now.changed_at), on_reopen)


def _enacted(
    ctx: Context,
    taken: Event,
    enacted: list[tuple[str, Callable[[Context], Result], bool]],
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
    if isinstance(node, Passed):
        return True
    if isinstance(node, tuple):
        return any(_by_time(part) for part in node)
    return any(_by_time(getattr(node, name)) for name in ("parts", "part") if hasattr(node, name))


def unconfirmed(found: Resolved) -> None:
    """The state of a question that nobody has answered."""
    if found.proposal is not None:
        found.state, found.open = "proposed", True
    elif found.choice:
        found.state, found.open = "choice", True
    elif found.none:
        found.state = "none"
    elif found.missing:
        found.state = "waiting"
    else:
        found.state, found.open = "review", True
        found.choice = found.possible


@dataclass(slots=True)
class Comparison:
    """What a person saw against what is: `changed_at` is when a value that they saw, or else a blank, last changed.

    `amended`: a value that they saw no longer stands. A later sample beside it, or an upstream decision, does not amend it.
    """

    same_values: bool
    amended: bool
    filled: bool
    same_bands: bool
    same_proposal: bool
    changed_at: datetime | None


def compare(ctx: Context, found: Resolved, taken: Event, leaves: Leaves) -> Comparison:
    """Compare what a confirmation was bound to with today."""
    seen = taken.seen
    if seen is None:
        return Comparison(True, False, False, True, True, None)
    today, then = leaves.values(ctx), dict(seen.values)
    changed = [k for k in then if today.get(k) != then[k]]
    blanks = [k for k in today if k not in then]
    bands = dict(found.bands)
    return Comparison(
        not changed,
        any(not leaves.stands(ctx, k, then[k]) for k in changed),
        bool(blanks),
        all(
            grown(v, bands.get(k, "")) is False if k.endswith(SIZE) else bands.get(k) == v
            for k, v in seen.bands
        ),
        seen.proposal == found.proposal,
        leaves.touched(ctx, changed or blanks),
    )


def is_decided(found: Resolved) -> bool:
    """Whether the table can tell: one proposal, a choice, or that nothing is asked."""
    return found.proposal is not None or bool(found.choice) or found.none


def judge(found: Resolved, taken: Event, now: Comparison, done: bool, on_reopen: str) -> None:
    """Whether a confirmation still counts: the first of five conditions that matches.

    Blanks that are filled after the thing was done do not make it wrong: it was right by what was known.
    """
    option = taken.value
    assert option is not None
    decided = is_decided(found)
    found.taken, found.since, found.changed_at = taken, taken.recorded, now.changed_at
    if now.same_values and (not now.filled or now.same_proposal or not decided or done):
        found.outcome, found.state = option, "in_force"
    elif now.same_bands and now.same_proposal:
        found.outcome, found.state = option, "amended" if now.amended else "in_force"
        found.changed_at = now.changed_at or taken.recorded
    elif done:
        # While the table cannot tell yet, it may already tell that this option is out.
        left = (found.proposal, *found.choice) if decided else found.possible or (option,)
        differs = option not in left
        found.outcome = option
        found.state = "diverged" if differs else "amended" if now.amended else "in_force"
        found.changed_at = now.changed_at or taken.recorded
    elif found.proposal == option:
        found.outcome, found.state = option, "in_force"
    elif found.none:
        found.outcome, found.state = None, "none"
    else:
        found.state = "reopened"
        found.outcome = option if on_reopen == "keep" else None
        found.open = found.proposal is not None or bool(found.choice) or found.review
        if found.outcome is None:
            found.since = now.changed_at or found.since


def seen(ctx: Context, found: Resolved, leaves: Leaves) -> Seen:
    """What a person sees who decides now."""
    return Seen(found.proposal, tuple(sorted(leaves.values(ctx).items())), found.bands)


def seen_digest(shown: Seen) -> str:
    """What a person saw, as a short text that a confirmation sends back."""
    text = repr((shown.proposal, shown.values, sorted(shown.bands)))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def missing_list(ctx: Context, indexes: tuple[int, ...]) -> tuple[Missing, ...]:
    """Who must supply what."""
    compiled = ctx.compiled
    return tuple(Missing(compiled.slot_names[i], compiled.slot_suppliers[i]) for i in indexes if i >= 0)


def decision_state(
    ctx: Context, id: str, key: str, found: Resolved, role: str, options: tuple[str, ...], leaves: Leaves
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


__all__ = [
    "Cell",
    "Limit",
    "Resolved",
    "compare",
    "compile_decision",
    "decider",
    "decision_state",
    "is_decided",
    "judge",
    "latest_confirmation",
    "unconfirmed",
]
