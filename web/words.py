"""Words that pages need beside those of the plan."""

from __future__ import annotations

import shlex
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, urlencode

import protocols
from pathway.errors import ProtocolError, UnknownName
from pathway.patient.settle import Step
from pathway.subtrial.questions import DECISIONS
from store.work_list import Due


def question_of(protocol: str, id_: str) -> str:
    """What a decision asks, in the words of the protocol, or of a subtrial's questions; its id where this program has neither."""
    return _questions(protocol).get(id_) or id_.replace("_", " ")


@lru_cache(maxsize=64)
def _questions(protocol: str) -> dict[str, str]:
    asked = {id_: text for id_, (text, _) in DECISIONS.items()}
    try:
        return asked | {each.id: each.text for each in protocols.find(protocol).decisions}
    except (UnknownName, ProtocolError):
        return asked


def asked_words(line: Due) -> str:
    """A line of the work list in words."""
    if line.kind != "decision":
        return line.text
    proposal = f": {line.text.replace('_', ' ')} is proposed" if line.text else ": a person picks"
    return f"{question_of(line.trial, line.id)}{proposal}"


OPTIONS: Final = {
    "--point": "point",
    "--sampled": "at",
    "--at": "at",
    "--unit": "unit",
    "--scale": "scale",
    "--of": "of",
}

NAMES: Final = ("--point", "--scale", "--unit")
"""Options whose values may be capitals; other capitals are to be filled in."""


def link_of(address: str, step: Step | dict[str, Any]) -> str:
    """Where on the pages a step is done that a terminal does with a command; empty where only the terminal does it."""
    command = step.command if isinstance(step, Step) else str(step["command"])
    _, *words = shlex.split(command)
    match words:
        case ["record", _, *rest]:
            return f"{address}/record?{urlencode(_recorded(rest))}"
        case ["confirm" | "override" | "judge" | "acknowledge" as act, _, name, *_]:
            part = {"judge": "criteria", "acknowledge": "notices"}.get(act, "decisions")
            return f"{address}/{part}/{quote(name, safe='')}"
        case ["correct" | "void" | "undo" as act, _, event, *_]:
            return f"{address}/events/{quote(event, safe='')}?{urlencode({'act': act})}"
        case ["unobtainable", _, fact, *rest]:
            named = [(key, value) for key, value in _recorded(rest) if key not in ("kind", "name")]
            return f"{address}/record?{urlencode([('kind', 'not_obtainable'), ('name', fact), *named])}"
        case _:
            return ""


def _recorded(words: list[str]) -> list[tuple[str, str]]:
    """The fields of the form for recording that a command names; words in capitals are to be filled in."""
    found: list[tuple[str, str]] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--do":
            found += [("kind", "action"), ("name", rest.pop(0))]
        elif word == "--ae":
            found += [("kind", "adverse_event"), ("name", rest.pop(0))]
        elif word == "--scope":
            label, _, value = rest.pop(0).partition("=")
            found.append((f"scope.{label}", value))
        elif word == "--with":
            label, _, value = rest.pop(0).partition("=")
            found.append((f"with.{label}", "" if value.isupper() and len(value) > 2 else value))
        elif word.startswith("--"):
            value = rest.pop(0) if rest else ""
            is_said = bool(value) and (not value.isupper() or word in NAMES)
            if word in OPTIONS and is_said:
                found.append((OPTIONS[word], value))
        elif not any(name == "name" for name, _ in found):
            found += [("kind", "observation"), ("name", word)]
    return found
