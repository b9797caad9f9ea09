"""What stops an infusion for good besides its adverse events."""

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
