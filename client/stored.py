"""A patient as the store has them: the text that they are pinned to, and a plan of their stored events."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import protocols
from pathway.errors import ProtocolError, UnknownName
from pathway.events import Event
from pathway.language.profile import Profile, make_profile
from pathway.patient.evaluate import evaluation
from pathway.record import Record
from pathway.site import Site

if TYPE_CHECKING:
    from pathway.engine.context import Compiled, Evaluation
    from store.queries import Pathway


def pinned_text(row: Pathway) -> tuple[Compiled | None, str]:
    """The text that a pathway is pinned to; or None, and why this program does not have it."""
    pinned = f"{row.subject} is pinned to {row.protocol}, text {row.protocol_hash[:12]}"
    try:
        compiled = protocols.compiled(row.protocol)
    except (UnknownName, ProtocolError) as error:
        return None, f"{pinned}, which this program cannot use: {error}"
    if compiled.hash != row.protocol_hash:
        return None, (
            f"{pinned}; this program has the text {compiled.hash[:12]} under that name. "
            "Nothing is computed with another text: use the program that has the pinned one"
        )
    return compiled, ""


def pinned_profile(text: str) -> tuple[dict[str, str], bool]:
    """The profile that the store keeps with a pathway, as (values, simulation)."""
    values: dict[str, Any] = json.loads(text)
    simulation = bool(values.pop("simulation", False))
    return {key: "not set" if value is None else str(value) for key, value in values.items()}, simulation


def profile_of(row: Pathway, compiled: Compiled) -> Profile:
    """The profile that a pathway was published with."""
    values, simulation = pinned_profile(row.profile)
    known = {key: value for key, value in values.items() if simulation or not _placeholder(compiled, key)}
    return make_profile(compiled.protocol, known, simulation)


def computed(row: Pathway, compiled: Compiled, events: Sequence[Event], now: datetime) -> Evaluation:
    """An evaluation of the stored events at `now` (aware)."""
    profile = profile_of(row, compiled)
    return evaluation(compiled, profile, Site(row.site, row.zone), Record.of(events), now)


def _placeholder(compiled: Compiled, key: str) -> bool:
    return any(each.key == key and each.simulation for each in compiled.protocol.profile)
