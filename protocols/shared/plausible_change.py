"""How much a body may change between two visits. No source says: a bound that slips of the hand cross and patients seldom do."""

from pathway.language import Change, assumption

WEIGHT = Change(
    "1.3", 90, assumption("30 % in three months; digits swapped or pounds for kilograms are more")
)
WEIGHT_FROM_BIRTH = Change("1.5", 60, assumption("a young infant gains up to half its weight in two months"))
SURFACE = Change("1.25", 90, assumption("goes with the weight, and less than it"))
