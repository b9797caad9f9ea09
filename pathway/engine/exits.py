"""Every exit says what becomes of what runs: a definition whose exits leave a ledger running is refused when it is loaded."""

from __future__ import annotations

from pathway.engine.ledgers.infusion import INFUSION_ACTIONS
from pathway.engine.linker import Linker
from pathway.language import AllOf, Anchor, AnyOf, Done, Doses, InPhase, Predicate, Reached, Recorded
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
