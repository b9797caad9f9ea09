"""Endpoints: time from a start to the first event, or to where it is censored, in site-local days."""

from __future__ import annotations

from collections.abc import Callable

from pathway.engine.context import Evaluation
from pathway.engine.linker import Linker
from pathway.language import Endpoint
from pathway.plan import EndpointState


def compile_endpoint(spec: Endpoint, linker: Linker) -> Callable[[Evaluation], EndpointState]:
    """The endpoint's state.

    Events of the same day count in the order in which the protocol lists them, competing ones last unless they win ties.
    """
    start = linker.anchor(spec.start)
    named = (*spec.competing, *spec.events) if spec.competing_first else (*spec.events, *spec.competing)
    events = [(name, linker.anchor(anchor)) for name, anchor in named]
    rivals = [name for name, _ in spec.competing]
    horizon = linker.anchor(spec.horizon) if spec.horizon else None
    censors = [linker.anchor(anchor) for anchor in spec.censor]

    def state(ctx: Evaluation) -> EndpointState:
        origin = ctx.anchor(start)
        if origin is None or not origin.actual:
            return EndpointState(spec.id, None, None, None, None)
        last = ctx.anchor(horizon) if horizon is not None else None
        found = [
            (p.day, n, name)
            for n, (name, index) in enumerate(events)
            if (p := ctx.anchor(index)) is not None and p.actual and (last is None or p.day <= last.day)
        ]
        if found:
            day, _, name = min(found)
            if day < origin.day:
                # A day is wrong: no time is counted until it is corrected.
                return EndpointState(spec.id, origin.day, None, None, None)
            competing = name in rivals
            return EndpointState(spec.id, origin.day, (name, day), None, (day - origin.day).days, competing)
        seen = [p.day for index in censors if (p := ctx.anchor(index)) is not None and p.actual]
        if seen:
            end = max(seen) if last is None else min(max(seen), last.day)
            return EndpointState(spec.id, origin.day, None, end, (end - origin.day).days)
        return EndpointState(spec.id, origin.day, None, None, None)

    return state
