"""What comes first in any trial. Only what cannot be otherwise: a protocol broken in its order is a deviation, not an error of dates."""

from itertools import pairwise

from pathway.language import Act, Order, Sample, assumption

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


def by_number(text: str, action: str, label: str, numbers: tuple[str, ...]) -> tuple[Order, ...]:
    """What is numbered in its turn: the second is not before the first, and nothing rests on it while it is."""
    acts = [Act(action, ((label, number),)) for number in numbers]
    return tuple(Order(first, then, text, CERTAIN, counts=False) for first, then in pairwise(acts))


def to_the_hour(text: str, first: str, *acts: str) -> tuple[Order, ...]:
    """None of these comes before the first, on its day neither."""
    return tuple(Order(first, then, text, CERTAIN, by_hour=True) for then in acts)


def sampled_in_turn(text: str, fact: str, *points: str) -> tuple[Order, ...]:
    """The samples of each of these points come after those of the one before it."""
    samples = [Sample(fact, point) for point in points]
    return tuple(Order(first, then, text, CERTAIN, by_hour=True) for first, then in pairwise(samples))


SAFETY = (
    *in_turn("a serious adverse event is reported before anybody was aware of it", "sae_aware", "sae_reported"),
    *in_turn("a SUSAR is reported, or followed up, before the sponsor was aware of it", "susar_aware", "susar_reported", "susar_followed_up"),
    *in_turn("a SUSAR has become fatal before the sponsor was aware of it", "susar_aware", "susar_upgraded"),
)  # fmt: skip
