"""What a meeting's workflow asks for when it wants an agenda. Free of SQLAlchemy: workflows import it."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from pathway.meeting.agenda import Agenda


class GatherRequest(BaseModel):
    """Which agenda to gather. Asked again for the same one, the answer is the one that was kept.

    `meeting_id` is the workflow's id; `label`: that of the rehearsal whose pathways are meant, None for the patients. `kind` and
    `edition` as in `pathway.meeting.agenda.Agenda`. `at`: the meeting's clock (UTC); `since`: what is recorded after it is new.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    meeting_id: str = Field(min_length=1)
    trial: str
    label: str | None = None
    week: str
    kind: Literal["frozen", "closing", "live"]
    edition: str
    at: AwareDatetime
    since: AwareDatetime | None = None


class Gathered(BaseModel):
    """An agenda that the store keeps for good, and what binds an event to it. `stored`: when it got there."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    agenda: Agenda
    digest: str
    stored: datetime
