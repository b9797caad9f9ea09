"""Transfers and annulments in scenario files: what they may say, and what is said of mistakes."""

from datetime import UTC, datetime

import pytest

from tests.pathway.rehearsal.test_scenario import FIRST, HEAD, problems, read


@pytest.mark.parametrize(
    ("event", "wrong"),
    [
        ("transfer: S09, from: 2025-03-01, reason: moves", "transfer: unknown 'S09'; accepted: S01"),
        ("transfer: S01, reason: moves", "transfer event: from is missing"),
        ("transfer: S01, from: 2025-03-01", "transfer event: reason is missing"),
        ("transfer: S01, from: March, reason: moves", "from 'March': accepted is a day such as 2026-12-01"),
        ("annul: P2, reason: twice", "annul: unknown 'P2'; accepted: P1"),
        ("annul: P1", "annul event: reason is missing"),
    ],
)
def test_what_is_wrong_in_a_transfer_or_an_annulment_is_told(event: str, wrong: str) -> None:
    text = f"{HEAD}events:\n{FIRST}- {{id: e1, at: 2025-02-10, {event}}}\n"
    assert any(wrong in each for each in problems(text)), problems(text)


def test_after_a_move_the_moments_of_the_file_are_read_by_the_new_sites_clock() -> None:
    scenario = read(
        HEAD.replace("sites: {", "sites: {S02: {zone: Australia/Sydney, country: AU}, ")
        + "events:\n"
        + FIRST
        + "- {id: m1, at: 2025-02-10, transfer: S02, from: 2025-03-01, reason: moves}\n"
        + "- {id: v1, at: 2025-02-20 10:00, fact: consent, value: YES}\n"
        + "- {id: v2, at: 2025-03-03 09:00, fact: consent, value: YES}\n"
    )
    when = {each.report.id: each.report.at for each in scenario.events}
    assert when["v1"] == datetime(2025, 2, 20, 9, tzinfo=UTC)
    assert when["v2"] == datetime(2025, 3, 2, 22, tzinfo=UTC)
    report = next(each.report for each in scenario.events if each.report.id == "m1")
    assert (report.kind, report.name, dict(report.details)["zone"]) == ("transfer", "S02", "Australia/Sydney")
    assert scenario.subjects[0].site.zones == ()
