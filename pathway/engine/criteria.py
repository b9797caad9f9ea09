"""Criteria: four-valued verdicts, and the judgements of clinicians where a verdict is REVIEW."""

from __future__ import annotations

from collections.abc import Callable

from pathway.engine.context import Evaluation, Leaves, Test
from pathway.engine.decisions import missing_list
from pathway.engine.linker import Linker
from pathway.engine.predicates import predicate
from pathway.engine.results import Result
from pathway.events import Seen, seen_digest
from pathway.language import Criterion
from pathway.plan import CriterionState


def compile_criterion(spec: Criterion, linker: Linker, leaves: Leaves) -> Callable[[Evaluation], Result]:
    """A criterion: where its verdict is REVIEW a clinician's judgement counts, as long as the values are those that were
    judged."""
    test: Test = predicate(spec.holds, linker)
    name = spec.id
    linker.recorded(name)

    def verdict(ctx: Evaluation) -> Result:
        result = test(ctx)
        if result.verdict == "PENDING" and (declared := ctx.unobtainable(result.missing)) is not None:
            result = Result("REVIEW", declared)
        if result.verdict == "REVIEW":
            judgements = ctx.record.judgements.get(name)
            if judgements:
                last = judgements[-1]
                if last.seen is None or dict(last.seen.values) == leaves.values(ctx):
                    return Result("PASS" if last.value == "PASS" else "FAIL", last.recorded)
        return result

    return verdict


def judged_values(ctx: Evaluation, leaves: Leaves) -> Seen:
    """What a person sees who judges a criterion."""
    return Seen(None, tuple(sorted(leaves.values(ctx).items())), ())


def compile_criterion_state(
    spec: Criterion, linker: Linker, leaves: Leaves
) -> Callable[[Evaluation], CriterionState]:
    """The plan's view of a criterion."""
    index = linker.criterion(spec.id)
    linker.recorded(spec.id)

    def state(ctx: Evaluation) -> CriterionState:
        result = ctx.criterion(index)
        judgements = ctx.record.judgements.get(spec.id)
        judged = (
            judgements is not None
            and bool(judgements)
            and result.verdict in ("PASS", "FAIL")
            and result.since == judgements[-1].recorded
        )
        digest = ""
        if result.verdict == "REVIEW" or judgements:
            answer = judgements[-1].id if judged and judgements else ""
            digest = seen_digest(judged_values(ctx, leaves), answer)
        return CriterionState(
            spec.id,
            spec.group,
            result.verdict,
            result.since,
            judged,
            digest,
            missing_list(ctx, result.missing),
        )

    return state
