"""What a workflow tells the store after each revision of a pathway, and the answer.

Free of SQLAlchemy: workflows import it.
"""

from datetime import datetime
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from pathway.changes import Change
from pathway.events import Event
from pathway.plan import DecisionState, Item, Obligation

STRIDE: Final = 4096
"""The distance between the places of a whole list: room for what comes in between later."""


class Places(BaseModel):
    """Where the entries of a list belong that holds only what is new or changed since the batch before.

    Places are numbers that grow in the plan's order; entry n of a whole list is at `n * STRIDE`. `at`: the place of each
    entry in the batch, which replaces what was there. `gone`: the places that are empty now.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    at: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()


class PublishBatch(BaseModel):
    """One revision of a pathway: what is new since the revision before, and what is true now.

    `revision` starts at 1 and grows by one with every batch of a pathway; a batch under a revision keeps its
    content for ever, so that repeating it is harmless. `events` and `changes` are the new ones in their
    order; `entries_before`: how many entries of the timeline came before these changes.

    `items`, `obligations` (deviations, then alerts) and `decisions` (those that wait for a person) are whole lists that
    replace what was stored, unless `items_at`, `obligations_at` or `decisions_at` says where each entry belongs: then
    they hold what is new or changed since the batch before.

    `complete`: `events` are all events of the pathway from the first, and revisions may be missing before this one; this
    is how a store that has been lost or restored from a copy catches up. Its lists are whole.

    `kind`: a patient's pathway, the governor of a subtrial, or a meeting; `subject` is then the subtrial's or meeting's id.
    `pathway_id` is the workflow's id, `protocol` reads `name@version`, `zone` is the site's IANA zone; these two, the hash and
    the profile are left out (empty, None) where the revision before has brought them. The first batch names them.
    `formerly`: the pseudonyms that the patient had before, oldest first. The first batch under a new one takes over what the
    store has under the last of them.

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
    zone: str = ""
    protocol: str = ""
    protocol_hash: str = ""
    profile: dict[str, JsonValue] | None = None
    rehearsal: bool = False
    formerly: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    changes: tuple[Change, ...] = ()
    entries_before: int = 0
    phases: dict[str, str] = Field(default_factory=dict)
    group: str = ""
    next_at: datetime | None = None
    open: int = 0
    late: int = 0
    archived: bool = False
    items: tuple[Item, ...] = ()
    items_at: Places | None = None
    obligations: tuple[Obligation, ...] = ()
    obligations_at: Places | None = None
    decisions: tuple[DecisionState, ...] = ()
    decisions_at: Places | None = None


class PublishReceipt(BaseModel):
    """`revision`: the one that the store has reached. It is on disk; with a repeated batch it may be later than the batch's.

    `next_at`: that of the batch, given back: history then holds when the pathway is to wake up.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    revision: int
    next_at: datetime | None = None
