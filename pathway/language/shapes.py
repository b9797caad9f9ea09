"""Whether the parts of a protocol have the shapes that the language declares: tuples where tuples stand, text for decimals.

Python does not check what a dataclass is given. A missing comma, `exits=(Exit(...))`, would otherwise surface as an error of
the engine, far from the line that is wrong.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any

from pathway.errors import ProtocolError
from pathway.language.protocol import Protocol

SCOPE = "tuple[tuple[str, str], ...]"
"""What the name `Scope` stands for."""


def check_shapes(protocol: Protocol) -> None:
    """Raises ProtocolError, with the path to the part, for what is no tuple but should be, and for numbers that must be text."""
    try:
        _check_fields(protocol, (), {})
    except _WrongShape as wrong:
        raise ProtocolError(f"{protocol.name}: {', '.join(wrong.path)}: {wrong}") from None


class _WrongShape(Exception):
    def __init__(self, path: tuple[str, ...], what: str) -> None:
        super().__init__(what)
        self.path = path


@dataclass(frozen=True, slots=True)
class _Form:
    """What a declared type says of shapes. `elements` None: no tuple among its choices; the last is that of all that follow
    where `endless`. `only`: nothing but a tuple fits (and None, if `empty`). `text`: decimals and names, never numbers."""

    elements: tuple[_Form, ...] | None = None
    endless: bool = False
    only: bool = False
    empty: bool = False
    text: bool = False
    only_text: bool = False


ANYTHING = _Form()


def _check_fields(part: Any, path: tuple[str, ...], seen: dict[int, Any]) -> None:
    # The same slot or predicate stands in many places; once is enough.
    if id(part) in seen:
        return
    seen[id(part)] = part
    kind: Any = type(part)
    for name, form in _forms(kind):
        _check(getattr(part, name), form, (*path, name), seen)


def _check(value: Any, form: _Form, path: tuple[str, ...], seen: dict[int, Any]) -> None:
    if isinstance(value, tuple):
        if form.only_text:
            raise _WrongShape(path, "expected one text, and got a tuple")
        for number, element in enumerate(value):
            at = (*path[:-1], f"{path[-1]} {_name(element) or number + 1}")
            _check(element, _element(form, number), at, seen)
    elif isinstance(value, float):
        raise _WrongShape(path, f'write it as text: "{value}"')
    elif form.only and not (value is None and form.empty):
        shown = repr(value) if isinstance(value, str | int) else f"one {type(value).__name__}"
        raise _WrongShape(path, f"expected a tuple, and got {shown}; is a comma missing?")
    elif form.text and isinstance(value, int) and not isinstance(value, bool):
        raise _WrongShape(path, f'write it as text: "{value}"')
    elif is_dataclass(value):
        _check_fields(value, path, seen)


@cache
def _forms(kind: Any) -> tuple[tuple[str, _Form], ...]:
    """The fields of a part with the forms of their types."""
    return tuple((f.name, _form(_tree(f.type) if isinstance(f.type, str) else None)) for f in fields(kind))


def _tree(declared: str) -> ast.expr:
    return ast.parse(declared, mode="eval").body


def _form(hint: ast.expr | None) -> _Form:
    """The form of a declared type; of which nothing is known here, it accepts everything."""
    choices = [] if hint is None else _choices(hint)
    names = [choice.id for choice in choices if isinstance(choice, ast.Name)]
    tuples = [choice for choice in choices if isinstance(choice, ast.Subscript) and _is_tuple(choice)]
    empty = any(isinstance(choice, ast.Constant) and choice.value is None for choice in choices)
    text = "str" in names and "int" not in names
    if not tuples:
        return _Form(text=text, empty=empty, only_text=names == ["str"] and len(choices) == 1 + empty)
    inner = tuples[0].slice
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    endless = isinstance(parts[-1], ast.Constant) and parts[-1].value is ...
    return _Form(
        elements=tuple(_form(each) for each in (parts[:-1] if endless else parts)),
        endless=endless,
        only=len(tuples) + empty == len(choices),
        empty=empty,
        text=text,
    )


def _choices(hint: ast.expr) -> list[ast.expr]:
    if isinstance(hint, ast.BinOp):
        return [*_choices(hint.left), *_choices(hint.right)]
    return [_tree(SCOPE) if isinstance(hint, ast.Name) and hint.id == "Scope" else hint]


def _is_tuple(hint: ast.Subscript) -> bool:
    return isinstance(hint.value, ast.Name) and hint.value.id == "tuple"


def _element(form: _Form, number: int) -> _Form:
    if form.elements is None:
        return ANYTHING
    if form.endless:
        return form.elements[0]
    return form.elements[number] if number < len(form.elements) else ANYTHING


def _name(part: Any) -> str:
    """The name that a part goes by; "" for what has none."""
    names = (getattr(part, name, "") for name in ("id", "key", "name", "to")) if is_dataclass(part) else ()
    return next((name for name in names if isinstance(name, str) and name), "")
