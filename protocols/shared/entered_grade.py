"""An entered ASTCT grade beside the one that the signs of the same day give."""

from pathway.language import (
    Deviation,
    Graded,
    Not,
    Outcome,
    Predicate,
    Rung,
    Source,
    Taken,
    all_of,
    any_of,
    without,
)


def differs(
    id: str, event: str, decision: str, options: tuple[str, ...], signs: str, source: Source
) -> Deviation:
    """The deviation; only grades by ASTCT count, reported for the day of the signs (anchor `signs`) or later.

    Grades by CTCAE, after which the label asks, are another scale and are left alone.
    """

    def entered(grade: int) -> Graded:
        return Graded(event, grade, current=True, scale="ASTCT", since=signs)

    def same(grade: int) -> Predicate:
        outcomes = tuple(o for o in options if o == str(grade) or (o == "NOT_GRADABLE" and grade == 0))
        found = all_of(Outcome(decision, outcomes), entered(grade))
        return found if grade == 5 else all_of(*found.parts, Not(entered(grade + 1)))

    return Deviation(
        id,
        f"The entered ASTCT grade of {event} is not the one that the signs of that day give: correct the grade or the signs",
        all_of(Taken(decision, options), entered(0), without(any_of(*(same(g) for g in range(6))))),
        (Rung("minor"),),
        source,
        to="clinician",
    )
