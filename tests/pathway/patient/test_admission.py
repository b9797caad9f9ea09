"""What is let in and what is turned away, with a code and a reason that a coordinator can act on."""

# ruff: noqa: E501
# A table stays a table.

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pathway.events import Report
from pathway.language.terms import decider
from pathway.patient.admission import admit
from pathway.patient.output import plan_json
from pathway.refusal import CODES, Refused
from tests.pathway.toy import SITE, Life, berlin, criterion, decision, enrolled, infused

NOW = "2025-03-12T09:00"
AT = berlin(NOW)


def asked() -> Life:
    """A patient with an open choice (course), an open proposal (AFTER_SCREENING) and one notice."""
    life = infused()
    life.fact(
        "2025-03-11T09:00", "mrd", "2e-4", unit="fraction", point="EOI", on="2025-03-07T09:00", id="mrd1"
    )
    life.fact("2025-03-11T10:00", "steroid", "12", unit="mg/m2/day", details={"days": "8"})
    return life


def refusal(life: Life, kind: str, name: str = "", value: str | None = None, **more: Any) -> Refused:
    before = list(life.record.events)
    with pytest.raises(Refused) as refused:
        life.submit(kind, NOW, name, value, **more)  # type: ignore[arg-type]
    assert life.record.events == before, "a refused report leaves no trace"
    assert refused.value.code in CODES
    return refused.value


REFUSALS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("malformed", ("observation", "wbc", "many"), {"unit": "10^9/L"}),
    ("malformed", ("observation", "wbc", None), {"unit": "10^9/L"}),
    ("malformed", ("observation", "cns", "CNS9"), {}),
    ("malformed", ("observation", "wbc", "5"), {"unit": "10^9/L", "id": ""}),
    ("malformed", ("observation", "wbc", "5"), {"unit": "10^9/L", "id": "two words"}),
    ("malformed", ("observation", "wbc", "5"), {"unit": "10^9/L", "id": "e" * 129}),
    ("malformed", ("action", "consent"), {"reason": "x" * 2001}),
    ("malformed", ("correction", "", None), {"target": "mrd1", "unit": "%"}),
    ("malformed", ("correction", "", "7"), {"target": "e6"}),
    ("malformed", ("correction", "", "X"), {"target": "e8"}),
    ("unknown_fact", ("observation", "wbcs", "5"), {}),
    ("unknown_fact", ("not_obtainable", "wbcs"), {"reason": "so"}),
    ("unknown_action", ("action", "infusion_startd"), {"scope": (("cycle", "1"),)}),
    ("unknown_event", ("adverse_event", "CRSS", "3"), {}),
    ("unknown_event", ("adverse_event", "CRS", "3"), {"target": "mrd1"}),
    ("unknown_event", ("correction", "", "5"), {"target": "e99"}),
    ("unknown_event", ("void",), {"target": "e99", "reason": "so"}),
    ("unknown_event", ("decision", "curse", "IB"), {}),
    ("unknown_event", ("judgement", "E55", "PASS"), {"reason": "so"}),
    ("unknown_role", ("action", "consent"), {"role": "nurse"}),
    ("unknown_point", ("observation", "mrd", "0"), {"unit": "fraction"}),
    ("unknown_point", ("observation", "mrd", "0"), {"unit": "fraction", "point": "EOX"}),
    ("unknown_point", ("observation", "wbc", "5"), {"unit": "10^9/L", "point": "EOI"}),
    ("unknown_point", ("not_obtainable", "mrd"), {"reason": "so"}),
    ("unknown_scope", ("action", "infusion_paused"), {}),
    ("unknown_scope", ("action", "infusion_paused"), {"scope": (("cycle", "3"),)}),
    ("unknown_scope", ("action", "consent"), {"scope": (("cycle", "1"),)}),
    ("unknown_scope", ("correction",), {"target": "e12", "scope": (("cycle", "9"),)}),
    ("unknown_detail", ("action", "consent"), {"details": {"dose": "5"}}),
    ("unknown_detail", ("observation", "wbc", "5"), {"unit": "10^9/L", "details": {"assay": "x"}}),
    ("unknown_detail", ("adverse_event", "CRS", "3"), {"details": {"scale": "CTCAE"}}),
    ("unknown_detail", ("correction",), {"target": "e12", "details": {"days": "5"}}),
    ("unknown_unit", ("observation", "wbc", "5"), {"unit": "g"}),
    ("unit_missing", ("observation", "wbc", "5"), {}),
    ("impossible", ("observation", "wbc", "6000"), {"unit": "10^9/L"}),
    ("impossible", ("adverse_event", "CRS", "6"), {}),
    ("impossible", ("adverse_event", "CRS", "²"), {}),
    ("impossible", ("adverse_event", "CRS", None), {}),
    ("impossible", ("observation", "birth_date", "0001-01-01"), {}),
    ("impossible", ("action", "consent"), {"on": "1822-01-01T09:00"}),
    ("impossible", ("observation", "mrd", "not-detected"), {"point": "EOI", "details": {"sensitivity": "0"}}),
    ("impossible", ("observation", "steroid", "12"), {"unit": "mg/m2/day", "details": {"days": "7.5"}}),
    ("malformed", ("correction",), {"target": "e12", "details": {"dose": "much"}}),
    ("future", ("action", "consent"), {"on": "2025-03-12T09:06"}),
    ("future", ("observation", "birth_date", "2025-03-13"), {}),
    ("content_differs", ("observation", "mrd", "3e-4"), {"unit": "fraction", "point": "EOI", "id": "mrd1"}),
    ("not_proposed", ("decision", "realloc", "STAY"), {"reason": "so"}),
    ("not_proposed", ("decision", "course", "ADE"), {"reason": "so"}),
    ("not_proposed", ("decision", "AFTER_INDUCTION", "BLINA_1"), {}),
    ("not_proposed", ("decision", "AFTER_INDUCTION", "COURSE_1"), {"reason": "so"}),
    ("moved", ("decision", "course", "IB"), {"expected": "0123456789abcdef"}),
    ("moved", ("judgement", "E5", "PASS"), {"reason": "so", "expected": "0123456789abcdef"}),
    ("unknown_option", ("decision", "course", "MAE"), {}),
    ("unknown_option", ("judgement", "E5", "MAYBE"), {"reason": "so"}),
    ("wrong_role", ("decision", "course", "IB"), {"role": "coordinator"}),
    ("wrong_role", ("decision", "course", "IB"), {"role": "meeting"}),
    ("wrong_role", ("judgement", "E5", "PASS"), {"role": "laboratory", "reason": "so"}),
    ("reason_missing", ("void",), {"target": "mrd1", "reason": " "}),
    ("reason_missing", ("not_obtainable", "blasts"), {}),
    ("reason_missing", ("judgement", "E5", "PASS"), {}),
    ("reason_missing", ("decision", "course", "ADE"), {"override": True}),
    ("not_waiting", ("acknowledgement", "LONG-PAUSE"), {}),
    ("not_waiting", ("judgement", "I2", "FAIL"), {"reason": "so"}),
    ("not_waiting", ("not_obtainable", "mrd"), {"point": "EOI", "reason": "so"}),
]


@pytest.mark.parametrize(
    ("code", "report", "more"), REFUSALS, ids=[f"{c}-{n}" for n, (c, _, _) in enumerate(REFUSALS)]
)
def test_what_cannot_be_taken_is_refused_with_its_code_and_leaves_no_trace(
    code: str, report: tuple[Any, ...], more: dict[str, Any]
) -> None:
    found = refusal(asked(), *report, **more)
    assert found.code == code
    assert found.exit_status == (
        2
        if code.startswith("unknown") or code in ("malformed", "impossible", "unit_missing", "reason_missing")
        else 3
    )


def test_every_code_that_is_not_the_shell_s_own_has_its_case() -> None:
    tested = {code for code, _, _ in REFUSALS} | {"not_latest"}
    assert tested == set(CODES) - {"archived", "record_full", "unseen"}


def test_a_refusal_names_the_nearest_that_would_be_accepted() -> None:
    assert "infusion_started" in str(refusal(asked(), "action", "infusion_startd"))
    assert "accepted: 10^9/L, /uL" in str(refusal(asked(), "observation", "wbc", "5"))


def test_instants_need_a_time_zone() -> None:
    life = asked()
    naive = AT.replace(tzinfo=None)
    report = Report("x", "action", naive, "clinician", "consent")
    with pytest.raises(Refused) as refused:
        admit(life.evaluation(NOW), report, AT)
    assert refused.value.code == "malformed"


def test_a_clock_five_minutes_fast_is_forgiven_and_never_makes_the_future_happen() -> None:
    life = asked()
    event = life.submit("action", NOW, "donor_found", on="2025-03-12T09:05")
    assert event is not None
    assert event.occurred == event.recorded == AT


def test_an_accepted_event_states_its_instants_in_utc_and_its_value_in_the_canonical_unit() -> None:
    life = asked()
    local = (AT - timedelta(hours=2)).astimezone(SITE.tz)
    report = Report("x", "observation", AT, "laboratory", "wbc", value="85000", unit="/uL", occurred=local)
    event = admit(life.evaluation(NOW), report, AT)
    assert event is not None
    assert (event.value, event.unit, event.occurred.utcoffset()) == ("85", "10^9/L", timedelta(0))


@pytest.mark.parametrize(
    ("submit", "differently"),
    [
        (lambda life, **m: life.submit("observation", NOW, "mrd", **{"id": "x", "value": "0.02", "unit": "%", "point": "BL1-END"} | m),
         [{"value": "0.03"}, {"point": "HSCT"}, {"role": "laboratory"}, {"reason": "other"}, {"on": "2025-03-12T07:00"}, {"details": {"assay": "flow"}}]),
        (lambda life, **m: life.submit("action", NOW, "infusion_paused", **{"id": "x", "scope": (("cycle", "1"),)} | m),
         [{"scope": (("cycle", "2"),)}, {"details": {"cause": "CRS"}}]),
        (lambda life, **m: life.submit("adverse_event", NOW, "CRS", **{"id": "x", "value": "2"} | m), [{"value": "3"}, {"details": {"scale": "ASTCT"}}]),
        (lambda life, **m: life.submit("correction", NOW, **{"id": "x", "target": "mrd1", "value": "3e-4"} | m),
         [{"value": "4e-4"}, {"target": "e1"}, {"details": {"assay": "flow"}}]),
        (lambda life, **m: life.submit("void", NOW, **{"id": "x", "target": "mrd1", "reason": "so"} | m), [{"target": "e1"}, {"reason": "other"}]),
        (lambda life, **m: life.submit("decision", NOW, "course", **{"id": "x", "value": "IB"} | m), [{"value": "ADE"}, {"override": True}]),
        (lambda life, **m: life.submit("judgement", NOW, "E5", **{"id": "x", "value": "PASS", "reason": "so"} | m), [{"value": "FAIL"}]),
        (lambda life, **m: life.submit("not_obtainable", NOW, "mrd", **{"id": "x", "point": "BL1-END", "reason": "so"} | m), [{"point": "HSCT"}]),
    ],
)  # fmt: skip
def test_the_same_id_with_the_same_content_is_taken_once_and_with_another_is_refused(
    submit: Callable[..., Any], differently: list[dict[str, Any]]
) -> None:
    life = asked()
    assert submit(life) is not None
    count = len(life.record.events)
    assert submit(life) is None
    for other in differently:
        with pytest.raises(Refused) as refused:
            submit(life, **other)
        assert refused.value.code == "content_differs", other
    assert len(life.record.events) == count


def test_the_same_result_in_another_unit_is_the_same_report() -> None:
    life = asked()
    assert life.submit("observation", NOW, "mrd", "0.02", unit="%", point="EOI", id="mrd1") is None


def test_a_correction_names_the_newest_of_its_chain() -> None:
    life = asked()
    life.correct("2025-03-11T12:00", "mrd1", "3e-4", id="mrd2")
    assert refusal(life, "correction", "", "4e-4", target="mrd1").code == "not_latest"
    life.correct("2025-03-11T13:00", "mrd2", "4e-4", id="mrd3")
    life.void("2025-03-11T14:00", "mrd3")
    assert life.correct("2025-03-11T15:00", "mrd2", "5e-5").value == "0.00005"


def test_what_is_voided_is_neither_corrected_nor_voided_again() -> None:
    life = asked()
    life.void("2025-03-11T12:00", "mrd1", id="v1")
    assert refusal(life, "correction", "", "4e-4", target="mrd1").code == "not_latest"
    assert refusal(life, "void", target="mrd1", reason="so").code == "not_latest"
    assert refusal(life, "void", target="v1", reason="so").code == "malformed"


def test_a_correction_of_the_dose_is_canonical_like_the_dose() -> None:
    life = infused()
    life.correct("2025-03-10T11:00", life.record.events[-1].id, details={"dose": "5.00"})
    assert life.plan("2025-03-10T12:00").ledgers[0].dose == "5"


def test_a_decision_bound_to_what_was_seen_is_refused_once_that_has_moved() -> None:
    life = asked()
    seen = decision(life.plan(NOW), "course").digest
    life.correct(NOW, "mrd1", "3e-4")
    assert refusal(life, "decision", "course", "IB", expected=seen).code == "moved"
    life.decide(NOW, "course", "IB", expected=decision(life.plan(NOW), "course").digest)


@pytest.mark.parametrize("more", [{}, {"override": True, "reason": "second thoughts"}])
@pytest.mark.parametrize("option", ["IB", "ADE"])
def test_of_two_who_answer_what_both_have_seen_the_second_hears_who_answered_what_and_when(
    option: str, more: dict[str, Any]
) -> None:
    life = asked()
    seen = decision(life.plan(NOW), "course").digest
    event = life.decide(NOW, "course", "IB", expected=seen)
    refused = refusal(life, "decision", "course", option, expected=seen, **more)
    assert (refused.code, refused.exit_status) == ("moved", 3)
    assert (
        f"course was answered IB by the clinician on {event.recorded:%Y-%m-%d %H:%M} UTC (event {event.id})"
        in str(refused)
    )


def test_who_has_seen_the_answer_may_override_it() -> None:
    life = asked()
    life.decide(NOW, "course", "IB", expected=decision(life.plan(NOW), "course").digest)
    plan = plan_json(life.evaluation(NOW))
    shown = next(each for each in plan["decisions"] if each["key"] == "course")
    event = life.decide(
        NOW, "course", "ADE", expected=shown["digest"], override=True, reason="the family asked"
    )
    assert event.value == "ADE"


def test_a_judgement_bound_to_what_was_seen_is_refused_once_that_has_moved() -> None:
    life = asked()
    seen = criterion(life.plan(NOW), "E5").digest
    life.fact(NOW, "steroid", "20", unit="mg/m2/day", details={"days": "3"})
    assert refusal(life, "judgement", "E5", "PASS", reason="so", expected=seen).code == "moved"


def test_an_override_with_a_reason_takes_what_is_not_proposed() -> None:
    life = asked()
    event = life.decide(NOW, "course", "ADE", override=True, reason="the family asked")
    assert (event.override, event.reason) == (True, "the family asked")
    assert decision(life.plan(NOW), "course").in_force == "ADE"


def test_a_decision_is_kept_with_everything_that_was_seen() -> None:
    event = asked().decide(NOW, "course", "IB")
    assert event.seen is not None
    assert (event.seen.proposal, event.seen.values, event.seen.bands) == (
        "IB",
        (("mrd EOI", "0.0002"),),
        (("eoi", "low"), ("occasions seen", ""), ("offered", "IB")),
    )


def test_a_clinical_fact_is_never_refused_because_it_violates_the_protocol() -> None:
    life = enrolled()
    life.blina("2025-02-04T09:00", "started", "2")
    life.do("2025-02-05T09:00", "death")
    life.blina("2025-02-06T09:00", "resumed", "1")
    life.fact("2025-02-07T09:00", "cns", "CNS3")
    assert len(life.record.events) == 10


def test_an_acknowledgement_covers_the_severity_that_was_shown() -> None:
    life = infused()
    event = life.submit("acknowledgement", "2025-04-12T09:00", "BL1-MISSING", role="coordinator")
    assert event is not None
    assert (event.name, event.value) == ("BL1-MISSING", "minor")
    with pytest.raises(Refused):
        life.submit("acknowledgement", "2025-04-12T10:00", "BL1-MISSING", role="coordinator")


def test_the_report_itself_is_left_as_it_was() -> None:
    life = asked()
    report = Report("x", "observation", AT, "laboratory", "wbc", value="85000", unit="/uL")
    copy = replace(report)
    admit(life.evaluation(NOW), report, AT)
    assert report == copy


def test_a_correction_without_a_unit_is_read_in_the_unit_that_was_typed() -> None:
    life = Life()
    first = life.fact("2025-02-02T09:00", "mrd", "0.02", unit="%", point="EOI")
    life.correct("2025-02-03T09:00", first.id, "0.03")
    head = life.record.head(first.id)
    assert head is not None
    assert (head.value, head.unit) == ("0.0003", "fraction")


def test_what_is_the_meetings_to_decide_is_refused_from_a_clinician_and_the_other_way_round() -> None:
    life = infused()
    life.fact("2025-03-11T09:00", "mrd", "5e-5", unit="fraction", point="EOI", on="2025-03-07T09:00")
    plan = life.plan(NOW)
    asked_of = {d.key: d.role for d in plan.decisions if d.open and d.proposal}
    assert asked_of
    for key, role in asked_of.items():
        for other in ("clinician", "meeting", "sponsor", "coordinator", "laboratory", "operations"):
            if other != role:
                said = refusal(life, "decision", key, decision(plan, key).proposal, role=other, reason="so")
                assert said.code == "wrong_role"
                assert str(said) == f"{key} is decided by the {role}, not by the {other}"


@pytest.mark.parametrize(
    ("confirm", "who"),
    [
        ("meeting", "meeting"),
        ("sponsor", "sponsor"),
        ("clinician", "clinician"),
        (None, "clinician"),
        ("", "clinician"),
    ],
)
def test_a_decision_has_one_role_that_takes_it(confirm: str | None, who: str) -> None:
    assert decider(confirm) == who


def test_a_number_beyond_the_last_says_what_to_do_and_not_to_use_another() -> None:
    said = str(refusal(Life(), "action", "infusion_started", scope=(("cycle", "9"),)))
    assert "follows 1, 2 and no more" in said
    assert "report this one outside allpath now" in said


@pytest.mark.parametrize(
    "said",
    [{"on": "2025-03-08T09:00"}, {"point": "HSCT"}, {"unit": "fraction", "on": "2025-03-08T09:00"}],
)
def test_a_correction_of_the_sample_day_or_of_the_point_keeps_value_and_unit(said: dict[str, Any]) -> None:
    event = asked().submit("correction", NOW, target="mrd1", **said)
    assert event is not None
    assert (event.value, event.unit, event.point) == ("0.0002", "fraction", said.get("point", "EOI"))


def test_a_unit_of_another_size_needs_the_value_that_it_belongs_to() -> None:
    refused = refusal(asked(), "correction", target="mrd1", unit="%")
    assert "stays as it was" in str(refused)


def test_voiding_a_correction_tells_coordinator_and_supplier_which_value_counts_again() -> None:
    life = asked()
    life.correct("2025-03-11T12:00", "mrd1", "3e-4", unit="fraction", id="mrd2")
    void = life.submit("void", NOW, target="mrd2", reason="it was right before")
    assert void is not None
    (told,) = [o for o in life.plan(NOW).alerts if o.id == "REVIVED"]
    assert told.key == "REVIVED[fact=mrd,point=EOI]"
    assert (told.notified, told.since) == (("coordinator", "laboratory"), void.recorded)
    assert "0.0003 fraction" in told.text
    assert "0.0002 fraction" in told.text
    life.submit("acknowledgement", NOW, told.key)
    assert [o.state for o in life.plan(NOW).alerts if o.id == "REVIVED"] == ["acknowledged"]
    life.correct(NOW, "mrd1", "4e-4", unit="fraction")
    assert not [o for o in life.plan(NOW).alerts if o.id == "REVIVED"]


def test_an_option_that_does_not_exist_is_answered_with_all_never_with_the_one_that_looks_alike() -> None:
    said = str(refusal(asked(), "decision", "course", "IBB"))
    assert "accepted: " in said
    assert "did you mean" not in said
