"""The 24 hours of a serious adverse event: each occurrence has its own, and a new one resets no clock that runs."""

from tests.protocols.bedside import Patient

TASK = "SAE-REPORT[sae=VOD]"
VOD = {"sae": "VOD"}


def treated() -> Patient:
    patient = Patient("ino-dli")
    patient.fact("consent", "GIVEN", "2025-02-24")
    patient.fact("hsct_date", "2024-01-02", "2025-02-24")
    patient.do("ino_given", "2025-03-03 10:00", {"cycle": "1", "dose": "d1"})
    return patient


def test_a_second_vod_has_its_own_24_hours_once_the_first_was_reported() -> None:
    patient = treated()
    first = patient.grade("VOD", 1, "2025-03-12 08:00")
    patient.do("sae_reported", "2025-03-12 12:00", VOD)
    patient.grade("VOD", 0, "2025-03-20 08:00", of=first)
    patient.grade("VOD", 2, "2025-04-20 08:00")
    item = patient.item(TASK, "2025-04-20 09:00")
    assert item is not None
    assert (item.state, str(item.due)) == ("due", "2025-04-21")


def test_a_second_vod_does_not_reset_the_clock_of_the_first() -> None:
    patient = treated()
    first = patient.grade("VOD", 1, "2025-03-12 08:00")
    patient.grade("VOD", 0, "2025-03-20 08:00", of=first)
    patient.grade("VOD", 2, "2025-04-20 08:00")
    item = patient.item(TASK, "2025-04-20 09:00")
    assert item is not None
    assert (item.state, str(item.due)) == ("late", "2025-03-13")
