"""Doses in their turn: one that is reported of a day before an earlier one of the same course, or of the course before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from pathway.clock import local_day
from pathway.engine.context import Evaluation
from pathway.engine.linker import Linker
from pathway.events import Event
from pathway.language import Doses, Scope


def compile_turn(action: str, scope: Scope, linker: Linker) -> Callable[[Evaluation, Event], str] | None:
    """The function that says before which dose another was given by its report ("": it has its turn); None of what is no dose.

    The day of such a report is in doubt: nothing moves forward on it.
    """
    for course in linker.protocol.doses:
        for n, label in enumerate(course.labels):
            if course.given == action and dict(scope) == dict(_scope(course, label)):
                return _turn(action, [*_before(course, linker), *_scopes(course, course.labels[:n])])
    return None


def _turn(action: str, before: list[tuple[str, Scope]]) -> Callable[[Evaluation, Event], str]:
    def out_of_turn(ctx: Evaluation, event: Event) -> str:
        days: dict[str, date] = {}
        for name, scope in before:
            for other in ctx.record.actions.get(action, ()):
                if other.scope == scope:
                    days.setdefault(name, local_day(other.occurred, ctx.tz))
        late = max(days.items(), key=lambda each: each[1], default=None)
        if late is None or local_day(event.occurred, ctx.tz) >= late[1]:
            return ""
        return f"{late[0]} of {late[1].isoformat()}"

    return out_of_turn


def _before(course: Doses, linker: Linker) -> Iterator[tuple[str, Scope]]:
    """The doses of the courses before, that are given by the same action."""
    seen = [course.id]
    while course.previous and (earlier := linker.ledgers.get(course.previous)) is not None:
        if course.previous in seen or not isinstance(earlier, Doses) or earlier.given != course.given:
            return
        seen.append(course.previous)
        course = earlier
        yield from _scopes(course, course.labels)


def _scopes(course: Doses, labels: tuple[str, ...]) -> Iterator[tuple[str, Scope]]:
    name = " ".join(f"{label} {value}" for label, value in course.scope)
    for label in labels:
        yield f"{name} {label}".strip(), _scope(course, label)


def _scope(course: Doses, label: str) -> Scope:
    return tuple(sorted((*course.scope, ("dose", label))))
