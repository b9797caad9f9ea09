"""The closed days of sites: from the settings, for people who look."""

from __future__ import annotations


def calendar_of(site: str) -> tuple[str, ...]:
    """The closed days of a site, with those of every site (`*`)."""
    from runtime.settings import load_settings

    closed = load_settings().closed_days
    return (*closed.get("*", ()), *closed.get(site, ()))
