"""What comes before what in every life: birth first, death last. A breach is an error of a date, whatever the trial."""

from itertools import pairwise

from pathway.language import Order, Source, assumption

SOURCE: Source = assumption(
    "a date that comes before birth or after death is wrong; whoever reported it corrects it"
)


def born_first(birth: str, *later: str) -> tuple[Order, ...]:
    """Nothing of these before the day of birth; that day itself is possible."""
    return tuple(Order(birth, name, f"{name} lies before birth", SOURCE) for name in later)


def dies_last(death: str, *earlier: str) -> tuple[Order, ...]:
    """Nothing of these after the day of death; that day itself is possible."""
    return tuple(Order(name, death, f"{name} lies after death", SOURCE) for name in earlier)


def in_order(*names: str) -> tuple[Order, ...]:
    """Each not before the one that stands before it."""
    return tuple(
        Order(first, second, f"{second} lies before {first}", SOURCE) for first, second in pairwise(names)
    )
