"""What a workflow tells the store after each revision of a pathway, and the answer.

Free of SQLAlchemy: workflows import it.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from pathway.changes import Change
from pathway.events import Event
from pathway.plan import DecisionState, Item, Obligation


class PublishBatch(BaseModel):
    """One revision of a pathway: what is new since the revision before, and what is true now.

    `revision` starts at 1 and grows by one with every batch of a pathway; a batch under a revision keeps its
    content for ever, so that repeating it is harmless. `events` and `changes` are the new ones in their
    order; `items`, `obligations` (deviations, then alerts) and `decisions` (those that wait for a person) are
    the full current lists and replace what was stored. `complete`: `events` are all events of the pathway
    from the first, and revisions may be missing before this one; this is how a store that has been lost or
    restored from a copy catches up.

    `kind`: a patient's pathway, the governor of a subtrial, or a meeting; `subject` is then the subtrial's or meeting's id.
    `pathway_id` is the workflow's id, `protocol` reads `name@version`, `zone` is the site's IANA zone,
    `phases` maps tracks to phases, `open` and `late` count obligations, instants are aware UTC.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    pathway_id: str = Field(min_length=1)
    kind: Literal["patient", "subtrial", "meeting"] = "patient"
    revision: int = Field(ge=1)
    complete: bool = False
    subject: str
    trial: str
    site: str
    zone: str
    protocol: str
    protocol_hash: str
    profile: dict[str, JsonValue] = Field(default_factory=dict)
    rehearsal: bool = False
    events: tuple[Event, ...] = ()
    changes: tuple[Change, ...] = ()
    phases: dict[str, str] = Field(default_factory=dict)
    group: str = ""
    next_at: datetime | None = None
    open: int = 0
    late: int = 0
    archived: bool = False
    items: tuple[Item, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    decisions: tuple[DecisionState, ...] = ()


class PublishReceipt(BaseModel):
    """`revision`: the one that the store has reached. It is on disk; with a repeated batch it may be later than the batch's.

    `next_at`: that of the batch, given back: history then holds when the pathway is to wake up.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    revision: int
    next_at: datetime | None = None
