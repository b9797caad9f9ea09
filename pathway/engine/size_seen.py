"""Growth: how much of something a person saw who decided, and whether there is more of it now."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from pathway.engine.context import Evaluation
from pathway.engine.grounds import grounds_text, occurrences
from pathway.engine.linker import Linker
from pathway.language import Compare, Graded

SIZE = " seen"
"""What the name of an input ends with where its size stands among the bands that a person saw."""


def sized(of: object, linker: Linker) -> Callable[[Evaluation], str]:
    """The size of what passed, as `name=number` with spaces: of a limit its value, of an adverse event its occurrences."""
    if isinstance(of, Compare):
        index = linker.reading(of.reading, "number")

        def value(ctx: Evaluation) -> str:
            found = ctx.reading(index)
            return f"value={found.high}" if found.state == "known" else ""

        return value
    if isinstance(of, Graded):
        found = occurrences(of, linker)
        return lambda ctx: grounds_text(found(ctx))
    raise linker.error("only a comparison or the grade of an adverse event can grow")


def more_than_seen(then: str, now: str) -> bool:
    """Whether there is something now that was not seen then, or more of it."""
    seen = _numbers(then)
    return any(name not in seen or number > seen[name] for name, number in _numbers(now).items())


def _numbers(text: str) -> dict[str, Decimal]:
    pairs = (part.rpartition("=") for part in text.split())
    return {name: Decimal(number) for name, _, number in pairs}
