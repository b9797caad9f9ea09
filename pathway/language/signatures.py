"""What a part of the language accepts, for whoever called it wrongly: Python names the wrong keyword, and not the right ones."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from difflib import get_close_matches

CALL = re.compile(r"^(\w+)(?:\.__init__|\.__new__)?\(\) (?=got |missing |takes )")
KEYWORD = re.compile(r"unexpected keyword argument '(\w+)'")


def told_call(said: str, names: Mapping[str, object]) -> str:
    """What Python `said` of a call that does not fit, with the name of the class, the nearest keyword and all that are accepted.

    `names`: what the names mean where the call stands. Anything else is given back as it is.
    """
    call = CALL.match(said)
    called = names.get(call[1]) if call else None
    if call is None or not callable(called):
        return said
    accepted = [
        name
        for name, parameter in inspect.signature(called).parameters.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    ]
    if not accepted:
        return said
    wrong = KEYWORD.search(said)
    close = get_close_matches(wrong[1], accepted, 1, 0.6) if wrong else []
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"{call[1]}() {said[call.end() :]}{hint}; accepted: {', '.join(accepted)}"
