"""What is told when a correction is voided: the older value counts again, and nobody has typed it today."""

from __future__ import annotations

from collections.abc import Callable

from pathway.engine.context import Evaluation
from pathway.engine.linker import Linker
from pathway.engine.obligations import oblige
from pathway.engine.values import value_text
from pathway.events import Event
from pathway.language.terms import key_of
from pathway.plan import Obligation

_LABELS = {"observation": "fact", "action": "action", "adverse_event": "event"}


def compile_revived(linker: Linker) -> Callable[[Evaluation], list[Obligation]]:
    """The notices of all values that count again, one for each fact (at its point), action and adverse event."""
    protocol = linker.protocol
    suppliers: dict[tuple[str, str], str] = {("fact", f.id): f.supplier for f in protocol.facts}
    suppliers |= {("action", a.id): a.role for a in protocol.actions}
    suppliers |= {("event", e.id): "clinician" for e in protocol.adverse_events}
    points = {("fact", f.id): f.points for f in protocol.facts}
    for of in suppliers:
        linker.recorded(of[1])
        for point in points.get(of, ()) or ("",):
            linker.recorded(_key(of, point))

    def revived(ctx: Evaluation) -> list[Obligation]:
        told: dict[str, Obligation] = {}
        for void, gone, back in ctx.record.revived.values():
            of = _LABELS[back.kind], back.name
            if of not in suppliers:
                continue
            key = _key(of, back.point)
            name = f"{back.name} {back.point}".strip()
            text = (
                f"{name}: the correction to {_said(ctx, gone, back)} was voided, so {_said(ctx, back, gone)} counts again. "
                "Correct it if it is wrong, too"
            )
            told[key] = oblige(
                ctx,
                "REVIVED",
                key,
                "alert",
                text,
                "coordinator",
                [("minor", void.recorded)],
                also=suppliers[of],
            )
        return list(told.values())

    return revived


def _key(of: tuple[str, str], point: str) -> str:
    return key_of("REVIVED", (of, *((("point", point),) if point else ())))


def _said(ctx: Evaluation, event: Event, other: Event) -> str:
    """A value with its unit, and whatever else the two have not in common."""
    words = [f"{value_text(event)} {event.unit}".strip() or "what was said"]
    if event.point != other.point:
        words.append(f"at {event.point}")
    if event.occurred != other.occurred or event.value is None:
        words.append(f"of {event.occurred.astimezone(ctx.tz):%Y-%m-%d %H:%M}")
    words += [f"{k} {v}" for k, v in event.details if other.detail(k) != v]
    words += [f"{k} {v}" for k, v in event.scope if (k, v) not in other.scope]
    return ", ".join(words)
