"""What a pathway takes: nothing new once it is archived or full."""

from __future__ import annotations

from contracts.messages import ArchiveRequest, Carried
from pathway.refusal import Refused
from workflows.durable import activity_options as calls


def check_open(kept: Carried, events: int, more: int) -> None:
    """Refuse `more` new events in a pathway that is archived, or that would be too full with them. Raises `Refused`."""
    check_named(kept)
    if kept.archived is not None:
        raise Refused(
            "archived", f"this pathway was archived on {kept.archived.at.date()}; nothing more is recorded"
        )
    if events + more > calls.MAX_EVENTS:
        raise Refused(
            "record_full",
            f"this record holds {events} events, and no more than {calls.MAX_EVENTS} are carried: "
            "nothing was recorded. Tell operations; what is on record stays, and the pathway goes on",
        )


def check_named(kept: Carried) -> None:
    """Refuse whatever comes under a pseudonym that is being, or has been, replaced. Raises `Refused`."""
    if kept.renaming:
        raise Refused("renaming", "the pseudonym is just being replaced; send it again, under the new one")
    if kept.renamed is not None:
        raise Refused(
            "renamed",
            f"renamed to {kept.renamed.to} on {kept.renamed.at.date()}: it goes on under that pseudonym",
        )


def check_archive(kept: Carried, request: ArchiveRequest) -> None:
    """Refuse to close without a reason or by an unknown role. Raises `Refused`."""
    check_named(kept)
    if request.role not in ("coordinator", "clinician", "sponsor", "operations"):
        raise Refused(
            "wrong_role",
            f"role {request.role!r} cannot archive a pathway; coordinator, clinician, sponsor or operations can",
        )
    if not request.reason.strip():
        raise Refused("reason_missing", "archiving a pathway needs a reason")
