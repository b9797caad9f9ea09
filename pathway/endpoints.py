"""Endpoints: time from a start to the first event, or to where it is censored, in site-local days."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pathway.language import Endpoint
from pathway.plan import EndpointState
from pathway.state import Context

if TYPE_CHECKING:
    from pathway.builder import Builder


def compile_endpoint(spec: Endpoint, builder: Builder) -> Callable[[Context], EndpointState]:
    """The endpoint's state.

    Events of the same day count in the order in which the protocol lists them, competing ones last.
    """
    start = builder.anchor(spec.start)
    events = [(name, builder.anchor(anchor)) for name, anchor in (*spec.events, *spec.competing)]
    censors = [builder.anchor(anchor) for anchor in spec.censor]

    def state(ctx: Context) -> EndpointState:
        origin = ctx.anchor(start)
        if origin is None or not origin.actual:
            return EndpointState(spec.id, None, None, None, None)
        found = [
            (p.day, n, name)
            for n, (name, index) in enumerate(events)
            if (p := ctx.anchor(index)) is not None and p.actual
        ]
        if found:
            day, _, name = min(found)
            return EndpointState(spec.id, origin.day, (name, day), None, (day - origin.day).days)
        seen = [p.day for index in censors if (p := ctx.anchor(index)) is not None and p.actual]
        if seen:
            return EndpointState(spec.id, origin.day, None, max(seen), (max(seen) - origin.day).days)
        return EndpointState(spec.id, origin.day, None, None, None)

    return state
