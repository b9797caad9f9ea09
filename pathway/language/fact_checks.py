"""Whether a fact says what counts where it cannot ease: what was so once, and the last day of something."""

from __future__ import annotations

from pathway.errors import ProtocolError, together
from pathway.language.facts import Fact
from pathway.language.parsing import nearest
from pathway.language.protocol import Protocol

NOT_SO = ("NO", "NONE", "NEGATIVE", "ABSENT")
"""Words for what is not so."""


def check_facts(protocol: Protocol) -> None:
    """Raises ProtocolError for a date that may be NEVER and of which the report that came last counts, for `ever` of fewer than
    two values, for values of which the highest counts and that do not begin with the word for not so, and for unknown points of
    `ever_at`."""
    found = [
        ProtocolError(f"{protocol.name}: {text}", (f"facts {fact.id}",), fact.id)
        for fact in protocol.facts
        for text in _wrong(fact)
    ]
    if found:
        raise together(found)


def _wrong(fact: Fact) -> list[str]:
    wrong = [
        f"{point!r} in ever_at of {fact.id} is no point of it; {nearest(point, fact.points)}"
        for point in fact.ever_at
        if point not in fact.points
    ]
    if fact.never and fact.cardinality in ("latest", "series"):
        wrong.append(
            f"fact {fact.id!r} is the last day of something, and cardinality {fact.cardinality!r} takes the report that came "
            "last, an older day or NEVER too: use `ever`, by which the latest day counts and NEVER contradicts one"
        )
    stays = fact.cardinality == "ever" or fact.ever_at
    if stays and fact.type == "choice" and len(fact.values) < 2:
        wrong.append(f"fact {fact.id!r} has one value, so there is nothing that could ease: `ever` needs two")
    rising = stays or fact.cardinality == "max"
    if rising and any(word in fact.values[1:] for word in NOT_SO):
        wrong.append(
            f"the last of the values of fact {fact.id!r} counts before the others: write them in their order, {fact.values[0]!r} "
            "is not the least"
        )
    if fact.window is not None and (fact.points or fact.window.id or fact.window.facts):
        wrong.append(
            f"the window of fact {fact.id!r} is for a fact without points, and names neither point nor facts"
        )
    return wrong
