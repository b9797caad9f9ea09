"""The protocols that this program knows, by name."""

from __future__ import annotations

import re

from commands.screen import warn
from pathway.engine.compiler import compile_protocol
from pathway.engine.context import Compiled
from pathway.errors import ProtocolError
from pathway.language import Protocol


def known_protocols() -> list[Protocol]:
    """Every protocol version of this program, in the order of the registry."""
    import protocols

    return list(protocols.ALL)


def readable_protocols() -> list[Compiled]:
    """Every protocol version of this program that can be used, compiled; for the others one line says why not."""
    found = []
    for protocol in known_protocols():
        try:
            found.append(protocol_text(f"{protocol.name}@{protocol.version.number}"))
        except ProtocolError as error:
            warn(f"{error}; skipped")
    return found


def trial_names() -> list[str]:
    """The names of the protocols, without versions."""
    return list(dict.fromkeys(protocol.name for protocol in known_protocols()))


def skipped_names() -> list[str]:
    """The names of protocols that may stand in files which cannot be read: their patients exist all the same."""
    import protocols

    found = [name for broken in protocols.BROKEN for name in broken.names if re.fullmatch("[a-z0-9-]+", name)]
    return [name for name in dict.fromkeys(found) if name not in trial_names()]


def protocol_text(name: str) -> Compiled:
    """The compiled protocol of `NAME` (its newest version), `NAME@VERSION` or the path of its file or folder.

    Raises `UnknownName`, and `UsageError` for a path.
    """
    import protocols
    from commands.protocol_files import is_path, protocols_in

    if is_path(name):
        return compile_protocol(protocols_in(name)[-1])
    return protocols.compiled(name)
