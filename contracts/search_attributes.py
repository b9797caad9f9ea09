"""The search attributes: the one list of what the Temporal server may know in the clear.

The server indexes these for the operations view and can never see them encrypted. Whatever is not here, and is not
`contracts.clear.Clear`, leaves the process encrypted. Adding a line is a decision about privacy.
"""

from datetime import datetime
from typing import Any, Final

from temporalio.common import SearchAttributeKey

TRIAL: Final[SearchAttributeKey[str]] = SearchAttributeKey.for_keyword("AllpathTrial")
"""Protocol name with version, `interfant-21@2.0`."""
SITE: Final[SearchAttributeKey[str]] = SearchAttributeKey.for_keyword("AllpathSite")
"""Site code."""
SUBJECT: Final[SearchAttributeKey[str]] = SearchAttributeKey.for_keyword("AllpathSubject")
"""Pseudonym of the patient in the trial."""
KIND: Final[SearchAttributeKey[str]] = SearchAttributeKey.for_keyword("AllpathKind")
"""What the workflow is: `patient`, `subtrial`, `meeting`."""
PHASE: Final[SearchAttributeKey[str]] = SearchAttributeKey.for_keyword("AllpathPhase")
"""Present phase of the treatment track."""
GROUP: Final[SearchAttributeKey[str]] = SearchAttributeKey.for_keyword("AllpathGroup")
"""Present risk group or arm."""
OPEN: Final[SearchAttributeKey[int]] = SearchAttributeKey.for_int("AllpathOpen")
"""How many obligations are open."""
LATE: Final[SearchAttributeKey[int]] = SearchAttributeKey.for_int("AllpathLate")
"""How many of them are late."""
NEXT_DUE: Final[SearchAttributeKey[datetime]] = SearchAttributeKey.for_datetime("AllpathNextDue")
"""Next due instant, aware UTC."""
REHEARSAL: Final[SearchAttributeKey[bool]] = SearchAttributeKey.for_bool("AllpathRehearsal")
"""True where the clock is stepped and no patient is behind it."""

ALL: Final[tuple[SearchAttributeKey[Any], ...]] = (
    TRIAL,
    SITE,
    SUBJECT,
    KIND,
    PHASE,
    GROUP,
    OPEN,
    LATE,
    NEXT_DUE,
    REHEARSAL,
)
"""Every attribute, in the order in which a list shows them. A server must know all of them before a
worker starts.
"""
