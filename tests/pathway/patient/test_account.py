"""The account of a record: nothing that was entered is left out, and each entry says what it replaced."""

from pathway.patient.account import Entry, account
from tests.pathway.toy import Life, infused

NOW = "2025-03-12T09:00"


def accounted(life: Life) -> dict[str, Entry]:
    return {entry.event.id: entry for entry in account(life.record.events)}


def with_a_result() -> Life:
    life = infused()
    life.fact("2025-03-11T09:00", "mrd", "2e-4", unit="fraction", point="EOI", id="first")
    return life


def test_every_event_is_accounted_for_in_the_order_of_entry() -> None:
    life = with_a_result()
    assert [entry.event for entry in account(life.record.events)] == life.record.events


def test_a_correction_names_what_it_replaced_and_the_corrected_entry_says_by_whom() -> None:
    life = with_a_result()
    life.submit("correction", NOW, value="6e-4", target="first", id="fix", reason="a slip of the pen")
    found = accounted(life)
    assert (found["fix"].what, found["fix"].said, found["fix"].replaced) == (
        "mrd EOI",
        "0.0006 fraction",
        "mrd EOI 0.0002 fraction",
    )
    assert (found["first"].corrected_by, found["first"].counts) == ("fix", False)


def test_a_void_keeps_its_reason_and_names_what_counts_again() -> None:
    life = with_a_result()
    life.submit("correction", NOW, value="6e-4", target="first", id="fix")
    life.submit("void", NOW, target="fix", id="gone", reason="another patient's report")
    found = accounted(life)
    assert found["gone"].event.reason == "another patient's report"
    assert (found["gone"].replaced, found["gone"].revived) == (
        "mrd EOI 0.0006 fraction",
        "mrd EOI 0.0002 fraction",
    )
    assert (found["fix"].voided_by, found["first"].counts) == ("gone", True)


def test_a_voided_chain_has_no_entry_that_counts() -> None:
    life = with_a_result()
    life.submit("correction", NOW, value="6e-4", target="first", id="fix")
    life.submit("void", NOW, target="first", id="gone", reason="another patient's report")
    found = accounted(life)
    assert (found["first"].counts, found["fix"].counts, found["gone"].revived) == (False, False, "")
    assert found["gone"].counts


def test_a_second_value_names_the_first() -> None:
    life = with_a_result()
    life.fact(NOW, "mrd", "3e-4", unit="fraction", point="EOI", id="second")
    assert accounted(life)["second"].replaced == "0.0002 fraction"
