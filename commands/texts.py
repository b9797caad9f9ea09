"""The protocols that this program knows, by name."""

from __future__ import annotations

from pathway.compiled import Compiled
from pathway.language import Protocol


def known_protocols() -> list[Protocol]:
    """Every protocol version of this program, in the order of the registry."""
    import protocols

    return list(protocols.ALL)


def trial_names() -> list[str]:
    """The names of the protocols, without versions."""
    return list(dict.fromkeys(protocol.name for protocol in known_protocols()))


def protocol_text(name: str) -> Compiled:
    """The compiled protocol of `NAME` (its newest version) or `NAME@VERSION`. Raises `UnknownName`."""
    import protocols

    return protocols.compiled(name)
