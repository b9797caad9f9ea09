"""Whether the parts of a protocol are what the language declares: the right class in every field, tuples where tuples stand,
text for decimals.

Python does not check what a dataclass is given. A missing comma, `exits=(Exit(...))`, or `Compare(slot, ">= 1")` would otherwise
surface as an error of the engine, far from the line that is wrong.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pathway.errors import ProtocolError, together
from pathway.language.protocol import Protocol

Way = tuple[Any, ...]
"""The way to a part: `()`, or the way to where it stands and, there, the field or the element with its number. Most parts are
right, so its words are made only where one is wrong."""

Check = Callable[[Any, Way, "_Walk"], None]
SHORT = 60


def check_shapes(protocol: Protocol) -> None:
    """Raises ProtocolError, with the paths to the parts, for whatever is not of the class that its field declares."""
    walk = _Walk()
    _check_fields(protocol, (), walk)
    if walk.found:
        raise together(
            [
                ProtocolError(f"{protocol.name}: {', '.join(path)}: {what}", path, text)
                for path, what, text in walk.found
            ]
        )


@dataclass(slots=True)
class _Walk:
    """The parts that were `seen`, and what was `found`: path, what is wrong, and what stands there, if it is a text."""

    seen: dict[int, Any] = field(default_factory=dict)
    found: list[tuple[tuple[str, ...], str, str | None]] = field(default_factory=list)

    def wrong(self, way: Way, what: str, value: Any = None) -> None:
        """Note a mistake."""
        self.found.append((_path(way), what, value if isinstance(value, str) else None))


def _path(way: Way) -> tuple[str, ...]:
    """The words of a way: the names of fields, and which element of them."""
    if not way:
        return ()
    path, last = _path(way[0]), way[1]
    if isinstance(last, str):
        return (*path, last)
    element, number = last
    return (*path[:-1], f"{path[-1]} {_name(element) or number + 1}")


def _check_fields(part: Any, way: Way, walk: _Walk) -> None:
    # The same slot or predicate stands in many places; once is enough.
    if id(part) in walk.seen:
        return
    walk.seen[id(part)] = part
    kind: Any = type(part)
    for name, check in _checks(kind):
        check(getattr(part, name), (way, name), walk)


@cache
def _checks(kind: Any) -> tuple[tuple[str, Check], ...]:
    """The fields of a part with the checks of their types."""
    hints = get_type_hints(kind)
    return tuple((field.name, _check_of(hints[field.name])) for field in fields(kind))


@cache
def _check_of(hint: Any) -> Check:
    """The check of a declared type."""
    origin = get_origin(hint)
    if hint is Any:
        return lambda value, way, walk: None
    if origin in (Union, types.UnionType):
        return _one_of(hint)
    if origin is Literal:
        return _literal(get_args(hint))
    if origin is tuple:
        return _tuple(get_args(hint))
    return _class(hint)


def _class(kind: Any) -> Check:
    whole = kind is int
    simple = kind is str or whole

    def check(value: Any, way: Way, walk: _Walk) -> None:
        if simple and type(value) is kind:
            return
        if not isinstance(value, kind) or (whole and isinstance(value, bool)):
            walk.wrong(way, _instead(words(kind), value, text=kind is str), value)
        elif is_dataclass(value):
            _check_fields(value, way, walk)

    return check


def _literal(accepted: tuple[Any, ...]) -> Check:
    def check(value: Any, way: Way, walk: _Walk) -> None:
        if value not in accepted:
            walk.wrong(
                way, f"{_shown(value)} is not known; accepted: {', '.join(map(repr, accepted))}", value
            )

    return check


def _tuple(elements: tuple[Any, ...]) -> Check:
    endless = len(elements) == 2 and elements[1] is ...
    checks = [_check_of(each) for each in (elements[:1] if endless else elements)]

    def check(value: Any, way: Way, walk: _Walk) -> None:
        if not isinstance(value, tuple):
            hint = "write ( ) for [ ]" if isinstance(value, list) else "is a comma missing?"
            walk.wrong(way, f"expected a tuple, and got {_shown(value)}; {hint}", value)
            return
        if not endless and len(value) != len(checks):
            walk.wrong(way, f"expected {len(checks)} values, and got {len(value)}")
            return
        for number, element in enumerate(value):
            checks[0 if endless else number](element, (way, (element, number)), walk)

    return check


def _one_of(hint: Any) -> Check:
    choices = get_args(hint)
    empty = type(None) in choices
    classes = tuple(each for each in choices if isinstance(each, type) and each is not type(None))
    others = [_check_of(each) for each in choices if not isinstance(each, type)]
    tuples = [_check_of(each) for each in choices if get_origin(each) is tuple]
    definitions = frozenset(each for each in classes if is_dataclass(each))

    def check(value: Any, way: Way, walk: _Walk) -> None:
        if type(value) in definitions:
            _check_fields(value, way, walk)
            return
        if (value is None and empty) or (isinstance(value, bool) and bool in classes):
            return
        if isinstance(value, classes) and not isinstance(value, bool):
            if is_dataclass(value):
                _check_fields(value, way, walk)
            return
        # What looks like a tuple, or can only be one, is told as one.
        fitting = tuples if tuples and (isinstance(value, tuple | list) or not classes) else others
        wrong: _Walk | None = None
        for each in fitting:
            # What one of them has walked through must not count as seen for the next.
            tried = _Walk()
            each(value, way, tried)
            if not tried.found:
                return
            wrong = wrong or tried
        if wrong is not None and (fitting is tuples or not classes):
            walk.found += wrong.found
        else:
            walk.wrong(way, _instead(words(hint), value, text=str in classes and int not in classes), value)

    return check


def words(hint: Any) -> str:
    """A declared type, for people: `a Limit or a Param`."""
    if get_origin(hint) in (Union, types.UnionType):
        found = list(dict.fromkeys(words(each) for each in get_args(hint) if each is not type(None)))
        if len(found) > 4:
            return (
                "a predicate"
                if "a Compare" in found
                else f"one of {', '.join(each.split()[-1] for each in found)}"
            )
        return " or ".join(found) + (" or None" if type(None) in get_args(hint) else "")
    if get_origin(hint) is tuple:
        return "a tuple"
    if hint is str:
        return "one text"
    if hint is int:
        return "a whole number"
    if hint is bool:
        return "True or False"
    name = getattr(hint, "__name__", str(hint))
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"


def _instead(expected: str, value: Any, *, text: bool) -> str:
    if isinstance(value, float) or (text and isinstance(value, int) and not isinstance(value, bool)):
        return f'write it as text: "{value}"'
    return f"expected {expected}, and got {_shown(value)}"


def _shown(value: Any) -> str:
    if isinstance(value, str | int | float) or value is None:
        return repr(value)[:SHORT]
    if isinstance(value, type) or callable(value):
        return f"{getattr(value, '__name__', value)} itself; are its brackets missing?"
    return f"one {type(value).__name__}" if is_dataclass(value) else f"a {type(value).__name__}"


def _name(part: Any) -> str:
    """The name that a part goes by; "" for what has none."""
    names = (getattr(part, name, "") for name in ("id", "key", "name", "to")) if is_dataclass(part) else ()
    return next((name for name in names if isinstance(name, str) and name), "")
