"""What enters and leaves the bare workflow. Shared with the sandbox, as the product shares its contracts."""

from __future__ import annotations

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Frozen(BaseModel):
    """What all messages have in common."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class Observed(Frozen):
    """One report of something observed, with the fields that the product's report has."""

    id: str
    kind: str
    at: AwareDatetime
    role: str
    name: str
    value: str | None = None
    point: str = ""
    unit: str = ""


class BareStart(Frozen):
    """The input of a run; `events` are those of the runs before."""

    subject: str
    events: tuple[Observed, ...] = ()


class Row(Frozen):
    """What the activity inserts."""

    subject: str
    number: int
    event: Observed


class Answer(Frozen):
    """The answer to an update: the event is on disk, as the patient's `number`th."""

    event_id: str
    number: int
