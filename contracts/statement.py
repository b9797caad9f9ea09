"""Who asks: a statement that the house signs, and that goes with everything a person hands to a workflow.

Its signature covers the workflow, the name of the update and all of the request, so that it serves for nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final, Literal

from pydantic import AwareDatetime, Field

from contracts.base import Code, Message

HOUSE: Final = "allpath"
"""The person of what a process of the house does by itself: messages between workflows."""

Strength = Literal["password", "signature", "oidc", "house"]
"""How the person was recognised. `signature`: the password was given again for this very act."""


class Statement(Message):
    """A person, the roles they hold (`clinician@S01`, or `clinician` at all sites), how they were recognised, and when this was
    said (UTC).
    """

    person: Code
    held: tuple[str, ...] = Field(max_length=256)
    strength: Strength
    at: AwareDatetime
    signature: str = Field(default="", max_length=128)
    """Ed25519 over `signed_bytes`, base64."""


def roles_at(held: Iterable[str], site: str) -> tuple[str, ...]:
    """The roles among those held that count at a site."""
    return tuple(sorted({each.partition("@")[0] for each in held if each.partition("@")[2] in ("", site)}))


def signed_bytes(statement: Statement, workflow_id: str, update: str, request: Message) -> bytes:
    """What the signature of a statement covers: itself, and the request without its statement, as canonical JSON."""
    body: Any = request.model_dump(mode="json", exclude={"statement", "carried"})
    said = statement.model_dump(mode="json", exclude={"signature"})
    whole = {"statement": said, "workflow": workflow_id, "update": update, "request": body}
    return json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
