"""Whether every time point says which samples belong to it, and every order names what there is."""

from __future__ import annotations

from collections.abc import Iterator

from pathway.errors import ProtocolError
from pathway.language.details import POINT
from pathway.language.implied_orders import declared
from pathway.language.parsing import nearest
from pathway.language.points import TimePoint
from pathway.language.protocol import Protocol


def check_points(protocol: Protocol) -> None:
    """Raises ProtocolError for a point of a fact (but of labels) or action without a window, a window that nothing has, one that
    says nothing, and unknown names.

    Only where a protocol declares points at all: what has none of its own has not been thought through yet.
    """
    for fact in protocol.facts:
        if fact.window is not None:
            _check_bounds(protocol, fact.window)
    if not protocol.points:
        return
    had = dict(_pointed(protocol))
    labels = {fact.id for fact in protocol.facts if fact.labels}
    every = {point for points in had.values() for point in points}
    seen: set[tuple[str, str]] = set()
    for each in protocol.points:
        if each.id not in every:
            raise _error(
                protocol,
                f"time point {each.id!r} is not a point of anything; {nearest(each.id, sorted(every))}",
            )
        for name in each.facts:
            if each.id not in had.get(name, ()):
                known = sorted(n for n, points in had.items() if each.id in points)
                raise _error(protocol, f"{name!r} has no point {each.id}; {nearest(name, known)}")
        for name in each.facts or ("",):
            if (each.id, name) in seen:
                raise _error(
                    protocol, f"time point {each.id!r} is defined twice" + (f" for {name}" if name else "")
                )
            seen.add((each.id, name))
        _check_bounds(protocol, each)
    _check_seconds(protocol)
    for name, points in had.items():
        for point in points:
            if name not in labels and (point, name) not in seen and (point, "") not in seen:
                raise _error(
                    protocol,
                    f"point {point!r} of {name} does not say which samples belong to it: add a TimePoint",
                )


def _check_seconds(protocol: Protocol) -> None:
    """Of each fact of which the latest counts, each window must say whether a better sample may unmake a bad one by itself."""
    for fact in protocol.facts:
        for point in fact.points if fact.cardinality == "latest" and not fact.labels else ():
            window = declared(fact.id, point, protocol)
            if window is None or window.anytime or window.repeats or window.latest:
                continue
            raise _error(
                protocol,
                f"time point {point!r} does not say what a second {fact.id} does, of which the latest counts: add repeats=True "
                "(a clinician judges one beyond a limit) or latest=True (it is meant to change)",
            )


def _pointed(protocol: Protocol) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Facts and actions with their points."""
    yield from ((fact.id, fact.points) for fact in protocol.facts if fact.points)
    for action in protocol.actions:
        points = dict(action.scopes).get(POINT, ())
        if points:
            yield action.id, points


def _check_bounds(protocol: Protocol, each: TimePoint) -> None:
    bounded = bool(
        each.since or each.until or (each.of and (each.first is not None or each.last is not None))
    )
    if each.anytime and (each.of or each.since or each.until):
        raise _error(
            protocol, f"time point {each.id!r} accepts anything at any time and has bounds all the same"
        )
    if not each.anytime and not bounded:
        raise _error(
            protocol,
            f"time point {each.id!r} has no bounds: say `anytime` where the label says nothing about time",
        )
    if (each.first is not None or each.last is not None or each.on_time is not None) and not each.of:
        raise _error(protocol, f"time point {each.id!r} has days and no anchor that they count from")
    anchors = [anchor.id for anchor in protocol.anchors]
    for name in (each.of, each.since, each.until):
        if name and name not in anchors:
            raise _error(
                protocol, f"anchor {name!r} of time point {each.id} is not defined; {nearest(name, anchors)}"
            )


def _error(protocol: Protocol, message: str) -> ProtocolError:
    return ProtocolError(
        f"{protocol.name}: {message}", ("points",), message.split("'")[1] if "'" in message else None
    )
