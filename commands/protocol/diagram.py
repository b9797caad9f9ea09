"""Tracks and phases as a Mermaid state diagram."""

from __future__ import annotations

from pathway.errors import UnknownName
from pathway.language import Protocol, Track
from pathway.language.parsing import nearest
from pathway.language.profile import Profile, make_profile
from pathway.language.words import words

LONGEST = 60
"""Characters of a guard that still fit beside an arrow."""


def mermaid(protocol: Protocol, only: str | None = None) -> str:
    """The diagram of all tracks, or of one. Raises `UnknownName`."""
    ids = [track.id for track in protocol.tracks]
    if only is not None and only not in ids:
        raise UnknownName(f"{protocol.name} has no track {only!r}; {nearest(only, ids)}")
    profile = make_profile(protocol)
    lines = ["---", f"title: {protocol.name} {protocol.version.number}", "---", "stateDiagram-v2"]
    for track in protocol.tracks:
        if only is None or track.id == only:
            lines += _track(track, profile)
    return "\n".join(lines)


def _track(track: Track, profile: Profile) -> list[str]:
    def node(phase: str) -> str:
        # Tracks may use the same name for a phase; the diagram has one name space.
        return f"{_plain(track.id)}_{_plain(phase)}"

    lines = [f"    state {_quoted(track.text or track.id)} as {_plain(track.id)} {{"]
    lines += [f"        state {_quoted(phase.id)} as {node(phase.id)}" for phase in track.phases]
    if track.phases:
        lines.append(f"        [*] --> {node(track.phases[0].id)}")
    for phase in track.phases:
        for way in phase.exits:
            asked = f" ({phase.confirm} confirms)" if phase.confirm else ""
            lines.append(
                f"        {node(phase.id)} --> {node(way.to)}: {_label(words(way.when, profile), asked)}"
            )
        if phase.terminal:
            lines.append(f"        {node(phase.id)} --> [*]")
    if track.anywhere:
        first = node(track.phases[0].id)
        lines.append(f"        note right of {first}")
        lines += [
            f"            from anywhere to {way.to}, if {_clean(words(way.when, profile))}"
            for way in track.anywhere
        ]
        lines.append("        end note")
    return [*lines, "    }"]


def _label(guard: str, asked: str) -> str:
    guard = _clean(guard)
    if len(guard) > LONGEST:
        guard = guard[: LONGEST - 1].rstrip() + "…"
    return guard + asked


def _clean(text: str) -> str:
    """Without what Mermaid would read as syntax."""
    return " ".join(text.replace(":", " is").replace(";", ",").replace("#", "no.").split())


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name)


def _quoted(text: str) -> str:
    return '"' + _clean(text).replace('"', "'") + '"'
