"""Cumulative incidence: the worked example of the shared rules, exactly, and what holds for all data."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from analysis.statistics.competing_risks import Observed, cumulative_incidence, naive

F = Fraction

# Months: relapse 2, 6, 12; death without relapse 3, 6, 15; censored 5, 9, 24, 24.
EXAMPLE = (
    *(Observed(t, "RELAPSE") for t in (2, 6, 12)),
    *(Observed(t, "NRM") for t in (3, 6, 15)),
    *(Observed(t) for t in (5, 9, 24, 24)),
)


def test_the_worked_example_is_exact() -> None:
    steps = cumulative_incidence(EXAMPLE, ("RELAPSE", "NRM"))
    assert [(s.time, s.at_risk, s.of("RELAPSE"), s.of("NRM"), s.free) for s in steps] == [
        (2, 10, F(1, 10), F(0), F(9, 10)),
        (3, 9, F(1, 10), F(1, 10), F(4, 5)),
        (6, 7, F(3, 14), F(3, 14), F(4, 7)),
        (12, 4, F(5, 14), F(3, 14), F(3, 7)),
        (15, 3, F(5, 14), F(5, 14), F(2, 7)),
    ]


def test_one_minus_kaplan_meier_overestimates() -> None:
    assert naive(EXAMPLE, "RELAPSE") == ((2, F(1, 10)), (6, F(8, 35)), (12, F(59, 140)))
    assert naive(EXAMPLE, "RELAPSE")[-1][1] > cumulative_incidence(EXAMPLE)[-1].of("RELAPSE")


def test_who_is_censored_at_the_time_of_an_event_is_still_at_risk() -> None:
    (step,) = cumulative_incidence([Observed(5, "RELAPSE"), Observed(5), Observed(5)])
    assert (step.at_risk, step.of("RELAPSE"), step.free) == (3, F(1, 3), F(2, 3))


def test_without_an_event_there_is_no_step() -> None:
    assert cumulative_incidence([Observed(3), Observed(9)], ("RELAPSE",)) == ()
    assert cumulative_incidence([]) == ()


PATIENTS = st.lists(
    st.builds(Observed, st.integers(0, 30), st.sampled_from(["", "RELAPSE", "NRM"])), max_size=30
)


@given(PATIENTS)
def test_the_incidences_and_the_event_free_add_up_to_one(patients: list[Observed]) -> None:
    for step in cumulative_incidence(patients):
        assert sum((share for _, share in step.incidence), step.free) == 1


@given(PATIENTS)
def test_incidence_never_falls_and_never_exceeds_the_naive_figure(patients: list[Observed]) -> None:
    steps = cumulative_incidence(patients, ("RELAPSE",))
    shares = [s.of("RELAPSE") for s in steps]
    assert shares == sorted(shares)
    told = naive(patients, "RELAPSE")
    assert (told[-1][1] if told else 0) >= (shares[-1] if shares else 0)


@given(PATIENTS)
def test_the_order_of_patients_does_not_matter(patients: list[Observed]) -> None:
    assert cumulative_incidence(patients) == cumulative_incidence(patients[::-1])
