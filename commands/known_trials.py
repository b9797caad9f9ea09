"""The protocols that this program knows, by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from commands.screen import warn
from pathway.errors import AllpathError, ProtocolError, UnknownName

if TYPE_CHECKING:
    from pathway.engine.context import Compiled
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
    """The names of the protocols, without versions; also of those in files which cannot be read: their patients exist all the
    same. Nothing is read as Python for it."""
    import protocols

    broken = [name for each in protocols.known_broken() for name in each.names]
    names = dict.fromkeys((*protocols.written_names(), *broken))
    return [name for name in names if re.fullmatch("[a-z0-9-]+", name)]


def trial_named(name: str) -> tuple[str, AllpathError | None]:
    """The name of the trial that `NAME`, `NAME@VERSION` or a path means; and why this program has no such protocol, if it has
    not: a pathway of it may exist all the same. Raises `UsageError` and `BrokenProtocol` for a path."""
    from commands.protocol_files import is_path

    try:
        return definition_of(name).name, None
    except (UnknownName, ProtocolError) as unknown:
        if is_path(name):
            raise
        return name.partition("@")[0], unknown


def protocol_text(name: str) -> Compiled:
    """The compiled protocol of `NAME` (its newest version), `NAME@VERSION` or the path of its file or folder.

    Raises `UnknownName`, and `UsageError` for a path.
    """
    import protocols
    from commands.protocol_files import compiled_in, is_path

    if is_path(name):
        return compiled_in(name)
    return protocols.compiled(name)


def definition_of(name: str) -> Protocol:
    """The protocol as it is written, named as for `protocol_text`, for what needs no engine. Raises the same."""
    import protocols
    from commands.protocol_files import is_path, protocols_in

    return protocols_in(name)[-1] if is_path(name) else protocols.find(name)
