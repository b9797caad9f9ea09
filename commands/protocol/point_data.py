"""The time points and orders of a protocol as plain data."""

from __future__ import annotations

from typing import Any

from pathway.language.implied_orders import every_window
from pathway.language.point_words import accepted_words, schedule_words
from pathway.language.points import stated_words
from pathway.language.profile import make_profile
from pathway.language.protocol import Protocol


def points_data(protocol: Protocol, cited: Any) -> list[dict[str, Any]]:
    """Time points with the samples that belong to them. `facts`: whose window it is; [] is every other."""
    profile = make_profile(protocol)
    return [
        {
            "id": p.id,
            "facts": list(p.facts),
            "accepts": accepted_words(protocol, p, profile),
            "on_schedule": schedule_words(protocol, p, profile),
            "text": p.text,
            "source": cited(p.source),
        }
        for p in every_window(protocol)
    ]


def orders_data(protocol: Protocol, cited: Any) -> list[dict[str, Any]]:
    """What comes first."""
    return [
        {
            "earlier": stated_words(o.earlier),
            "later": stated_words(o.later),
            "strictly": o.strictly,
            "by_hour": o.by_hour,
            "counts": o.counts,
            "text": o.text,
            "source": cited(o.source),
        }
        for o in protocol.orders
    ]
