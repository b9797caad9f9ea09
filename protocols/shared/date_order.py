"""What comes first in any trial. Only what cannot be otherwise: a protocol broken in its order is a deviation, not an error of dates."""

from itertools import pairwise

from pathway.language import Order, assumption

CERTAIN = assumption("cannot be otherwise")


def after_birth(*dates: str) -> tuple[Order, ...]:
    """Nothing of a patient is older than the patient; on the day of birth it may be."""
    return tuple(Order("birth_date", date, f"{date} lies before birth", CERTAIN) for date in dates)


def before_death(*acts: str) -> tuple[Order, ...]:
    """What is done to, or happens to, a living patient."""
    return tuple(Order(act, "death", f"{act} is reported of a day after death", CERTAIN) for act in acts)


def in_turn(text: str, *acts: str) -> tuple[Order, ...]:
    """Each of these comes after the one before it, or on its day."""
    return tuple(Order(first, then, text, CERTAIN) for first, then in pairwise(acts))


SAFETY = (
    *in_turn("a serious adverse event is reported before anybody was aware of it", "sae_aware", "sae_reported"),
    *in_turn("a SUSAR is reported, or followed up, before the sponsor was aware of it", "susar_aware", "susar_reported", "susar_followed_up"),
    *in_turn("a SUSAR has become fatal before the sponsor was aware of it", "susar_aware", "susar_upgraded"),
)  # fmt: skip
