"""The assumption profile: the values of a protocol's parameters, pinned per patient and replaceable by a trial team."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pathway.errors import ProtocolError, UnknownName
from pathway.language.canonical import content_hash
from pathway.language.facts import ProfileKey
from pathway.language.parsing import BadValue, nearest, parse_decimal, parse_limit
from pathway.language.protocol import Protocol
from pathway.language.terms import Limit, assumption

Parsed = int | Limit | str | None

ENGINE_KEYS: tuple[ProfileKey, ...] = (
    ProfileKey(
        "warn_hour", "days", "8", "hour of the site's day at which day-level warnings fall due", assumption()
    ),
    ProfileKey(
        "escalation_major_hours",
        "days",
        "48",
        "hours until an unacknowledged major notice also goes to the clinician",
        assumption(),
    ),
    ProfileKey(
        "escalation_critical_hours",
        "days",
        "4",
        "hours until an unacknowledged critical notice climbs a rung",
        assumption(),
    ),
    ProfileKey(
        "decision_reminder_hours", "days", "72", "hours until an open decision is reminded of", assumption()
    ),
)


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile: `values` text by key (None: not set), `parsed` the same by type.

    `simulation`: placeholder lengths are in force.
    """

    name: str
    values: dict[str, str | None]
    simulation: bool
    hash: str
    parsed: dict[str, Parsed]

    def integer(self, key: str) -> int:
        """An engine key's whole number."""
        value = self.parsed[key]
        assert isinstance(value, int)
        return value


def parse_value(key: ProfileKey, text: str | None) -> Parsed:
    """The typed value of a key; raises ProtocolError that says what would be accepted."""
    if text is None or text.strip() in ("null", "not set"):
        return None
    text = text.strip()
    try:
        if key.type == "days":
            return _integer(text.removesuffix("d").strip(), key, "a whole number of days such as 28")
        if key.type == "months":
            return _integer(text, key, "a whole number of months such as 6")
        if key.type == "study_day":
            return _integer(text.removeprefix("D"), key, "a study day such as D36")
        if key.type == "limit":
            return parse_limit(text)
        if key.type == "number":
            parse_decimal(text)
            return text
    except BadValue as error:
        raise ProtocolError(f"profile key {key.key}: {error}") from None
    if text not in key.options:
        raise ProtocolError(
            f"profile key {key.key} cannot be {text!r}; accepted: {', '.join(key.options) or 'nothing'}"
        )
    return text


def _integer(text: str, key: ProfileKey, accepted: str) -> int:
    if not text.isascii() or not text.removeprefix("-").isdigit() or abs(int(text[:7])) > 36_500:
        raise ProtocolError(f"profile key {key.key} must be {accepted}, got {text!r}")
    return int(text)


def profile_keys(protocol: Protocol) -> dict[str, ProfileKey]:
    """Every key of a protocol's profile, the engine's own included."""
    return {key.key: key for key in (*protocol.profile, *ENGINE_KEYS)}


def make_profile(
    protocol: Protocol, overrides: Mapping[str, str] | None = None, simulation: bool = False
) -> Profile:
    """The protocol's default profile with overrides (text). Placeholder keys count only under `simulation`.

    Raises UnknownName (a key that does not exist, with the nearest) and ProtocolError (a value of the wrong type).
    """
    keys = profile_keys(protocol)
    for name in overrides or {}:
        if name not in keys:
            raise UnknownName(f"profile key {name!r} is not known; {nearest(name, list(keys))}")
        if keys[name].simulation and not simulation:
            raise ProtocolError(f"profile key {name} is a placeholder length and needs simulation: true")
    values: dict[str, str | None] = {}
    parsed: dict[str, Parsed] = {}
    for name, key in keys.items():
        text = (overrides or {}).get(name, key.default)
        if key.simulation and not simulation:
            text = None
        value = parse_value(key, text)
        if name == "warn_hour" and value not in range(24):
            raise ProtocolError(f"profile key warn_hour must be an hour from 0 to 23, got {text!r}")
        if value is None and any(name == key.key for key in ENGINE_KEYS):
            raise ProtocolError(f"profile key {name} belongs to the engine and cannot be left unset")
        values[name] = None if value is None else text
        parsed[name] = value
    hash_ = content_hash([protocol.profile_name, sorted(values.items(), key=lambda kv: kv[0]), simulation])
    return Profile(protocol.profile_name, values, simulation, hash_, parsed)
