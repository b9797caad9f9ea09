"""Every exit says what becomes of what runs: a definition whose exits leave a ledger running, or a task due of which nobody has
said so, is refused when it is loaded."""

from __future__ import annotations

from pathway.engine.ledgers.infusion import INFUSION_ACTIONS
from pathway.engine.linker import Linker
from pathway.language import (
    AllOf,
    Anchor,
    AnyOf,
    Done,
    Doses,
    InPhase,
    Not,
    Predicate,
    Reached,
    Recorded,
    Track,
)
from pathway.language.terms import key_of
from pathway.language.walk import atoms


def check_exits(linker: Linker) -> None:
    """Raise ProtocolError if doses are given and an exit from anywhere is opened by an action that does not say what it ends."""
    protocol = linker.protocol
    if not linker.ledgers:
        return
    own = set(INFUSION_ACTIONS)
    for each in linker.ledgers.values():
        own |= {each.given, each.omitted, each.stopped} if isinstance(each, Doses) else set()
    if not any(action.ends == "life" for action in linker.actions.values()):
        first = next(iter(linker.ledgers))
        raise linker.error(f"nothing ends ledger {first!r}: no action has ends='life', such as death")
    anchors = {anchor.id: anchor for anchor in protocol.anchors}
    for track in protocol.tracks:
        for exit_ in track.anywhere:
            for name in _opened_by(exit_.when, anchors):
                action = linker.actions.get(name)
                if action is not None and not action.ends and name not in own:
                    ledgers = ", ".join(key_of(each.id, each.scope) for each in linker.ledgers.values())
                    raise linker.error(
                        f"action {name!r} leads from anywhere to {exit_.to}, and does not say what it ends: {ledgers} would run "
                        "on. Write ends='treatment', 'study' or 'life'"
                    )


def _opened_by(when: Predicate, anchors: dict[str, Anchor]) -> list[str]:
    """The actions that alone are enough, or needed, for an exit; those under a negation are neither."""
    match when:
        case AllOf(parts) if any(isinstance(part, InPhase) for part in parts):
            return []  # it follows another track: the notices of the ledger see the phase
        case AllOf(parts) | AnyOf(parts):
            return [name for part in parts for name in _opened_by(part, anchors)]
        case Recorded(action):
            return [action]
        case Reached(anchor) if anchor in anchors:
            return [done.action for done in atoms(anchors[anchor].actual, Done)]
    return []


def check_outliving(linker: Linker) -> None:
    """Raise ProtocolError for a task that can stay due after an exit from treatment and does not say until when."""
    protocol = linker.protocol
    exits = {action.id for action in protocol.actions if action.ends == "treatment"}
    anchors = {anchor.id: anchor for anchor in protocol.anchors}
    tracks = {
        track.id: (track, any(exits & {*_opened_by(e.when, anchors)} for e in track.anywhere))
        for track in protocol.tracks
    }
    for task in protocol.tasks if exits else ():
        if not task.ends_with and _stays(task.when, exits, anchors, tracks):
            raise linker.error(
                f"task {key_of(task.id, task.scope)!r} outlives an exit from treatment, such as {min(exits)!r}: nothing in its "
                "condition ends by it. Say until when it is due: ends_with='treatment', 'study', 'life' or 'never'"
            )


def _stays(
    when: Predicate, exits: set[str], anchors: dict[str, Anchor], tracks: dict[str, tuple[Track, bool]]
) -> bool:
    """Whether a condition can go on to hold after an exit from treatment: not if it needs a phase that the exit leaves, or that
    the exit has not come."""
    match when:
        case AllOf(parts):
            return all(_stays(part, exits, anchors, tracks) for part in parts)
        case AnyOf(parts):
            return any(_stays(part, exits, anchors, tracks) for part in parts)
        case InPhase(track, phases) if track in tracks:
            spec, left = tracks[track]
            return not left or any(phase.terminal for phase in spec.phases if phase.id in phases)
        case Not(part):
            return not _says_exit(part, exits, anchors, tracks)
    return True


def _says_exit(
    when: Predicate, exits: set[str], anchors: dict[str, Anchor], tracks: dict[str, tuple[Track, bool]]
) -> bool:
    """Whether a condition comes true by an exit from treatment."""
    match when:
        case AnyOf(parts):
            return any(_says_exit(part, exits, anchors, tracks) for part in parts)
        case Recorded(action):
            return action in exits
        case Reached(anchor) if anchor in anchors:
            return any(done.action in exits for done in atoms(anchors[anchor].actual, Done))
        case InPhase(track, phases) if track in tracks:
            return any(phase.terminal for phase in tracks[track][0].phases if phase.id in phases)
    return False
