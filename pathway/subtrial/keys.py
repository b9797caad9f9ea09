"""How keys and texts of governors and meetings name a patient, and how they would under another pseudonym."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

SUBJECT: Final = "subject"
"""The scope label that names the patient in a governor's record."""


def key_under(key: str, names: Mapping[str, str]) -> str:
    """A key such as `SLOT-RESERVED[n=2,subject=P1]` with the present name."""
    return re.sub(
        rf"(?<=[\[,]{SUBJECT}=)([^\],]+)(?=[\],])", lambda found: names.get(found[1], found[1]), key
    )


def text_under(text: str, names: Mapping[str, str]) -> str:
    """A text that names its patient, `P1: WAITING` or `D, P1: ...`, with the present name."""
    return re.sub(r"(?:^|(?<=, ))([^\s,:]+)(?=: )", lambda found: names.get(found[1], found[1]), text)
