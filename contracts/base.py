"""What everything has in common that enters or leaves a workflow: frozen models, codes, and the kinds of clock.

Tolerant inside: unknown fields are ignored, fields are only ever added, with defaults that never change (what equals its
default is not sent). So a run that an older program
started is read by a newer one. A validation error never quotes a value.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Final, Literal, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict

from pathway.site import Site, zone

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

Clock = Literal["real", "stepped"]


def _code(text: str) -> str:
    if not _CODE.fullmatch(text):
        raise ValueError(
            "at most 64 letters, digits, dots, dashes and underscores, the first a letter or digit"
        )
    return text


def _code_or_nothing(text: str) -> str:
    return _code(text) if text else text


def _known_zone(site: Site) -> Site:
    try:
        zone(site.zone)
    except Exception as error:
        raise ValueError(str(error)) from error
    return site


Code = Annotated[str, AfterValidator(_code)]
"""A pseudonym, trial, site or subtrial code: it becomes part of ids that are never encrypted."""
OptionalCode = Annotated[str, AfterValidator(_code_or_nothing)]
"""A code, or nothing."""
KnownSite = Annotated[Site, AfterValidator(_known_zone)]
"""A site whose time zone this machine knows."""


class Message(BaseModel):
    """What all messages have in common."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


def utc(instant: datetime) -> str:
    """An instant as people read it in lists: `2025-03-07 08:00 UTC`."""
    return f"{instant:%Y-%m-%d %H:%M} UTC"


class _Clocked(Protocol):
    """What the starts of all subjects have in common, as far as their clocks go."""

    @property
    def clock(self) -> Clock: ...
    @property
    def simulation(self) -> bool: ...
    @property
    def started_at(self) -> datetime | None: ...
    @property
    def label(self) -> str: ...


def clock_and_settings(start: _Clocked) -> None:
    """Raise ValueError if a start asks for what its clock does not allow."""
    if start.clock == "real" and start.simulation:
        raise ValueError("placeholder lengths are for rehearsals: simulation needs the stepped clock")
    if start.clock == "real" and start.started_at is not None:
        raise ValueError("started_at belongs to the stepped clock; the real one starts now")
    if start.clock == "real" and start.label:
        raise ValueError("labels are for rehearsals: a patient has one pathway in a trial")
    if start.clock == "stepped" and start.started_at is None:
        raise ValueError("a stepped clock needs the instant at which it starts: started_at")
