"""Marrow samples: what shows that one has been taken."""

from pathway.language import AnyOf, Known, Reading, Recorded, any_of


def taken(at: str) -> AnyOf:
    """The marrow of a time point has been taken."""
    return any_of(
        Recorded("marrow_sampled", (("point", at),)),
        *(Known(Reading(fact, point=at)) for fact in ("mrd_flow", "mrd_ngs", "marrow_blasts")),
    )


PRE_BLINA_MARROW = any_of(*taken("PRE-BLINA").parts, Recorded("d19_marrow_counts"))
