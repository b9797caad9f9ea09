"""What stops an infusion for good besides its adverse events."""

from tests.protocols.test_cbc_all2024 import treated
from tests.protocols.test_interfant21 import running


def test_a_proven_hypersensitivity_stops_until_it_is_corrected_whatever_is_reported_afterwards() -> None:
    infant = running()
    infant.auto = False
    infant.tell("hypersensitivity", "PROVEN", at="D40")
    stopped = [d for k in infant.plan().ledgers if k.key == "blina[cycle=1]" for d in k.directives]
    assert [(rule, action) for rule, action, _ in stopped] == [("HYPERSENSITIVE", "stop")]
    infant.tell("hypersensitivity", "NONE", at="D41")
    assert [d[0] for k in infant.plan().ledgers if k.key == "blina[cycle=1]" for d in k.directives] == [
        "HYPERSENSITIVE"
    ]
    wrong = next(e.id for e in infant.record.events if e.value == "PROVEN")
    infant._admit("correction", "", "D42", value="NONE", target=wrong)
    assert [d for k in infant.plan().ledgers if k.key == "blina[cycle=1]" for d in k.directives] == []


def test_a_clinician_who_judges_that_the_hypersensitivity_is_proven_stops_it_too() -> None:
    infant = running()
    infant.auto = False
    known = next(e.id for e in infant.record.events if e.name == "hypersensitivity")
    infant._admit("void", "", "D40 09:00", target=known, reason="of another child")
    infant.lose("hypersensitivity", at="D40 09:30")
    assert [d for k in infant.plan().ledgers if k.key == "blina[cycle=1]" for d in k.directives] == []
    infant.judge("X3", "FAIL")
    assert [d[0] for k in infant.plan().ledgers if k.key == "blina[cycle=1]" for d in k.directives] == [
        "HYPERSENSITIVE"
    ]


def test_going_on_after_a_seizure_does_not_lift_a_withdrawn_consent() -> None:
    patient = treated()
    patient.do("drug_consent_withdrawn", "2025-04-03")
    patient.grade("SEIZURE", 1, "2025-04-03 10:00")
    patient.decide("BLINA_REVIEW", "CONTINUE", "2025-04-03 11:00")
    (blina,) = [k for k in patient.plan("2025-04-03 12:00").ledgers if k.key == "blina"]
    assert [(rule, action) for rule, action, _ in blina.directives] == [("CONSENT", "stop")]
    patient._submit(
        "decision",
        "2025-04-03 13:00",
        name="BLINA_STOP",
        value="CONTINUE",
        override=True,
        reason="they changed their mind",
    )
    (blina,) = [k for k in patient.plan("2025-04-03 14:00").ledgers if k.key == "blina"]
    assert blina.directives == ()
