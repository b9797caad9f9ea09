"""What comes while an infusion is at its low dose: it stops for good where the profile says so, and the days count anew."""

from dataclasses import replace
from typing import Any

import pytest

from pathway.engine.compiler import compile_protocol
from pathway.language import Param, ProfileKey, registry
from pathway.language.profile import make_profile
from pathway.plan import LedgerState
from tests.pathway.toy import RULES, TOY, Life, infused

R = registry()
STOPS: dict[str, dict[str, Any]] = {
    "NEURO-3": {"stop_if_at_low_dose": Param("neuro")},
    "CRS-3": {"anew_if_above": True},
}


def running(choice: str = "STOP") -> Life:
    """The infusion since 03-10, by the rules above."""
    rules = tuple(
        replace(r, restart=replace(r.restart, **STOPS[r.id]))
        if r.restart is not None and r.id in STOPS
        else r
        for r in RULES
    )
    key = ProfileKey("neuro", "choice", choice, "neurotoxicity at the low dose", R, options=("STOP", "HOLD"))
    ledgers = tuple(replace(ledger, rules=rules) for ledger in TOY.ledgers)
    life, protocol = infused(), replace(TOY, ledgers=ledgers, profile=(*TOY.profile, key))
    life.compiled, life.profile = compile_protocol(protocol), make_profile(protocol)
    return life


def restarted(choice: str = "STOP") -> Life:
    """CRS of grade 3 at the end of infusion day 4, over, restarted at the low dose on 03-17."""
    life = running(choice)
    life.ae("2025-03-14T10:00", "CRS", 3)
    life.blina("2025-03-14T10:01", "paused", on="2025-03-14T10:00")
    life.ae("2025-03-16T10:00", "CRS", 0)
    life.blina("2025-03-17T10:00", "resumed")
    return life


def state(life: Life, at: str) -> LedgerState:
    return life.plan(at).ledgers[0]


def directed(life: Life, at: str) -> list[str]:
    return [action for rule, action, _ in state(life, at).directives if rule == "NEURO-3"]


@pytest.mark.parametrize(
    ("choice", "on", "action"),
    [
        ("STOP", "2025-03-20T10:00", "stop"),
        ("HOLD", "2025-03-20T10:00", "interrupt"),
        ("STOP", "2025-03-24T09:59", "stop"),
        ("STOP", "2025-03-24T10:01", "interrupt"),  # the full dose since a minute
    ],
)
def test_what_comes_at_the_low_dose_stops_be_it_the_first_time(choice: str, on: str, action: str) -> None:
    life = restarted(choice)
    life.ae(on, "NEURO", 3)
    assert directed(life, "2025-03-24T12:00") == [action]
    life.ae("2025-03-25T10:00", "NEURO", 0)
    assert directed(life, "2025-03-30T10:00") == ([action] if action == "stop" else [])


def test_at_the_full_dose_before_any_restart_it_holds() -> None:
    life = running()
    life.ae("2025-03-12T10:00", "NEURO", 3)
    assert directed(life, "2025-03-12T11:00") == ["interrupt"]


def test_the_days_at_the_low_dose_count_anew_from_the_end_of_what_came_again() -> None:
    life = restarted()
    life.ae("2025-03-20T10:00", "CRS", 1)
    assert state(life, "2025-03-26T10:00").dose == "5"  # it is still on: the clock takes no step
    life.ae("2025-03-26T12:00", "CRS", 0, on="2025-03-21T10:00")
    assert state(life, "2025-03-26T13:00").dose == "5"
    assert state(life, "2025-03-28T09:59").dose == "5"
    assert state(life, "2025-03-28T10:00").dose == "15"


def test_what_came_again_during_a_further_pause_counts_too() -> None:
    life = restarted()
    life.blina("2025-03-19T10:00", "paused")
    life.ae("2025-03-19T12:00", "CRS", 1)
    life.ae("2025-03-20T09:00", "CRS", 0)
    life.blina("2025-03-20T10:00", "resumed", details={"dose": "5"})
    assert state(life, "2025-03-25T12:00").dose == "5"
    assert state(life, "2025-03-27T09:59").dose == "5"
    assert state(life, "2025-03-27T10:00").dose == "15"


def test_what_is_another_event_puts_no_step_off() -> None:
    life = restarted()
    life.ae("2025-03-20T10:00", "OTHER", 1)
    assert state(life, "2025-03-24T10:00").dose == "15"
