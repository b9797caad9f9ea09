"""What may be said beside a value or an act, whatever the protocol: `--with checked=yes`."""

from __future__ import annotations

from pathway.language.facts import Action, Fact

POINT = "point"
"""The scope label that names a time point of an action."""

BELONGS = "belongs"
"""The detail by which somebody judges that a sample or act belongs to its point after all: yes or no."""


def fact_details(fact: Fact) -> tuple[str, ...]:
    """The details that an observation of the fact accepts."""
    found = [*fact.details, "checked"]
    found += ("sensitivity", "quantifiable_limit") if fact.qualifiers else ()
    found += ("specimen",) if fact.specimens else ()
    found += ("assay",) if fact.assays else ()
    found += (BELONGS,) if fact.window is not None or (fact.points and not fact.labels) else ()
    return tuple(dict.fromkeys(found))


def action_details(action: Action) -> tuple[str, ...]:
    """The details that a report of the action accepts."""
    return (*action.details, BELONGS) if POINT in dict(action.scopes) else action.details
