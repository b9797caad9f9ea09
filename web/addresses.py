"""Where on the pages a patient, a subtrial, a meeting, and what each of them asks and tells, is found."""

from __future__ import annotations

from urllib.parse import quote


def address_of(kind: str, trial: str, subject: str) -> str:
    """The page of a patient, subtrial or meeting."""
    if kind == "meeting":
        return f"/meeting/{quote(trial, safe='')}"
    part = "subtrials" if kind == "subtrial" else "patients"
    return f"/{part}/{quote(trial, safe='')}/{quote(subject, safe='')}"


def item_address(at: str, kind: str, key: str) -> str:
    """The page of a question or notice; that of whose it is for what has no page of its own."""
    part = {"decision": "decisions", "deviation": "notices", "alert": "notices"}.get(kind)
    return f"{at}/{part}/{quote(key, safe='')}" if part else at
