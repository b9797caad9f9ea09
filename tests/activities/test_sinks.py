"""What leaves the house: who, what by its id, how urgent. No value, no text of the plan, nothing personal."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from activities.sinks import (
    ConsoleSink,
    MailServer,
    MailSink,
    NotSent,
    Unclear,
    Unreachable,
    mail_of,
    page_of,
)
from runtime.logging import WITHHELD, allow_listed
from store.outbox import Notice
from tests.activities.mail_server import Inbox, mail_server


def notice(**fields: Any) -> Notice:
    """A critical alert about P1 at S01 for the clinician."""
    given: dict[str, Any] = {
        "outbox_id": 1,
        "message_id": "0123456789abcdef0123456789abcdef",
        "channel": "mail",
        "role": "clinician",
        "subject": "P1",
        "trial": "interfant-21",
        "site": "S01",
        "rehearsal": False,
        "kind": "alert",
        "id": "EOI-MRD-HIGH",
        "severity": "critical",
        "due": "2025-03-07",
        "created": datetime(2025, 3, 7, 8, 0, tzinfo=UTC),
        "attempt": 1,
        "claim": "c",
    }
    return Notice(**{**given, **fields})


def sink(inbox: Inbox, recipients: Mapping[str, tuple[str, ...]] | None = None) -> MailSink:
    """A mail sink for that server."""
    return MailSink(
        MailServer(
            host="127.0.0.1",
            port=inbox.port,
            sender="allpath@trial.example",
            recipients={"clinician": ("ward@example.org",)} if recipients is None else recipients,
            starttls=False,
        )
    )


async def test_a_mail_says_who_what_and_how_urgent_and_where_to_look() -> None:
    async with mail_server() as inbox:
        assert await sink(inbox).send(notice()) == ""
    (mail,) = inbox.mails
    assert mail["Subject"] == "allpath: alert EOI-MRD-HIGH (critical), P1, site S01"
    assert (mail["From"], mail["To"]) == ("allpath@trial.example", "ward@example.org")
    assert mail["Message-ID"] == "<0123456789abcdef0123456789abcdef@trial.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().replace("\r\n", "\n") == (
        "Trial:    interfant-21\n"
        "Site:     S01\n"
        "Subject:  P1\n"
        "Notice:   alert: EOI-MRD-HIGH\n"
        "Asked:    take note of it, and settle what it is about\n"
        "Severity: critical\n"
        "Due:      2025-03-07\n"
        "For:      clinician\n"
        "Told on:  2025-03-07 08:00 UTC\n"
        "\nsee why: allpath explain P1 EOI-MRD-HIGH\n"
        "take note of it: allpath acknowledge P1 EOI-MRD-HIGH\n"
        "open with: allpath show P1\n"
    )


def test_a_repeated_mail_is_the_same_mail() -> None:
    first = mail_of(notice(attempt=1), "allpath@trial.example", ["ward@example.org"])
    second = mail_of(notice(attempt=7, claim="other"), "allpath@trial.example", ["ward@example.org"])
    assert first.as_bytes() == second.as_bytes()


@pytest.mark.parametrize("word", ["resolved", "ended", "superseded", "untrue"])
def test_a_retraction_says_how_it_ended_and_asks_for_nothing(word: str) -> None:
    mail = mail_of(notice(kind="retraction", state=word), "allpath@trial.example", ["ward@example.org"])
    assert mail["Subject"] == f"allpath: {word} EOI-MRD-HIGH (critical), P1, site S01"
    assert "acknowledge" not in mail.get_content()


def test_a_mail_about_a_decision_ends_with_the_command_that_takes_it_and_names_no_value() -> None:
    mail = mail_of(
        notice(kind="decision", id="risk", key="decision risk[cycle=1]"),
        "allpath@trial.example", ["ward@example.org"],
    )  # fmt: skip
    text = mail.get_content().replace("\r\n", "\n")
    assert "allpath explain P1 'risk[cycle=1]'\n" in text
    assert "allpath confirm P1 'risk[cycle=1]' OPTION\n" in text


def test_a_mail_of_a_rehearsal_holds_no_command_that_would_speak_of_a_patient() -> None:
    for kind in ("alert", "deviation", "decision"):
        text = mail_of(notice(rehearsal=True, kind=kind), "a@b.example", ["c@d.example"]).get_content()
        assert "This is a rehearsal." in text
        assert "allpath " not in text


def test_nothing_in_a_name_can_add_a_header() -> None:
    mail = mail_of(
        notice(subject="P1\r\nBcc: all@example.org"), "allpath@trial.example", ["ward@example.org"]
    )
    assert mail["Bcc"] is None
    assert "P1??Bcc: all@example.org" in mail["Subject"]


@pytest.mark.parametrize(
    ("recipients", "reached"),
    [
        ({"clinician": ("a@example.org", "b@example.org")}, ["a@example.org", "b@example.org"]),
        ({"clinician": ("a@example.org",), "clinician@S01": ("s1@example.org",)}, ["s1@example.org"]),
        ({"clinician": ("a@example.org",), "clinician@S02": ("s2@example.org",)}, ["a@example.org"]),
    ],
)
async def test_the_recipients_are_those_of_the_role_at_the_site(
    recipients: dict[str, tuple[str, ...]], reached: list[str]
) -> None:
    async with mail_server() as inbox:
        await sink(inbox, recipients).send(notice())
    assert inbox.recipients == [reached]


async def test_a_role_without_mail_on_purpose_is_done_and_a_forgotten_one_is_not() -> None:
    async with mail_server() as inbox:
        assert await sink(inbox, {"clinician": ()}).send(notice()) == "nobody is to get mail for clinician"
        with pytest.raises(NotSent, match=r"set smtp\.recipients\.clinician"):
            await sink(inbox, {}).send(notice())
    assert inbox.mails == []


async def test_a_server_that_is_down_is_unreachable() -> None:
    async with mail_server() as inbox:
        pass
    with pytest.raises(Unreachable, match="SMTPConnectError"):
        await sink(inbox).send(notice())


async def test_a_refused_mail_was_not_sent() -> None:
    async with mail_server(Inbox(answer="554 no")) as inbox:
        with pytest.raises(NotSent, match="554") as refused:
            await sink(inbox).send(notice())
    assert type(refused.value) is NotSent


async def test_refused_recipients_are_counted_and_not_named() -> None:
    both = {"clinician": ("a@example.org", "b@example.org")}
    async with mail_server(Inbox(refuse=frozenset({"a@example.org"}))) as inbox:
        assert await sink(inbox, both).send(notice()) == "1 of 2 recipients refused"
        inbox.refuse = frozenset({"a@example.org", "b@example.org"})
        with pytest.raises(NotSent, match="SMTPRecipientsRefused 550, 550") as refused:
            await sink(inbox, both).send(notice())
    assert "example.org" not in str(refused.value)


async def test_a_server_that_hangs_up_instead_of_answering_leaves_it_open() -> None:
    async with mail_server(Inbox(vanish=True)) as inbox:
        with pytest.raises(Unclear):
            await sink(inbox).send(notice())


async def test_the_console_shows_the_notice_in_keys_that_the_log_lets_through() -> None:
    with capture_logs() as entries:
        assert await ConsoleSink().send(notice(channel="console")) == ""
        assert await ConsoleSink().send(notice(channel="console", kind="retraction")) == ""
    assert [(entry["log_level"], entry["kind"]) for entry in entries] == [
        ("warning", "alert"),
        ("info", "retraction"),
    ]
    shown = allow_listed(None, "warning", entries[0])
    assert (shown["event"], shown["subject"], shown["item_id"]) == ("notice", "P1", "EOI-MRD-HIGH")
    withheld = {key for key, value in shown.items() if value == WITHHELD}
    # Two that the list of the runtime does not name yet; `log_level` is the capture's own word for `level`.
    assert withheld <= {"severity", "due", "log_level"}


def test_what_ended_with_an_annulled_enrolment_is_not_called_untrue() -> None:
    mail = mail_of(notice(kind="retraction", state="ended"), "allpath@example.org", ["a@example.org"])
    assert "ended EOI-MRD-HIGH" in str(mail["Subject"])
    assert "no longer so" not in mail.get_content()


def test_a_sitting_is_told_with_its_ids_in_the_text_and_not_in_the_subject() -> None:
    mail = mail_of(notice(kind="sitting", id="LATE (critical), GO"), "allpath@example.org", ["a@example.org"])
    assert mail["Subject"] == "allpath: entered in one sitting (critical), P1, site S01"
    assert "entered in one sitting: LATE (critical), GO" in mail.get_content()


@pytest.mark.parametrize(
    ("fields", "page", "look"),
    [
        (
            {
                "whose": "subtrial",
                "subject": "D",
                "kind": "decision",
                "id": "LEVEL",
                "key": "decision LEVEL[level=2]",
            },
            "/subtrials/hem-ismart/D/decisions/LEVEL%5Blevel%3D2%5D",
            "allpath subtrial show hem-ismart D",
        ),
        (
            {
                "whose": "meeting",
                "subject": "MEETING",
                "id": "MEETING-OVERDUE",
                "key": "MEETING-OVERDUE[week=2025-W45]",
            },
            "/meeting/hem-ismart/notices/MEETING-OVERDUE%5Bweek%3D2025-W45%5D",
            "allpath meeting show hem-ismart",
        ),
        (
            {"subject": "D", "kind": "decision", "id": "X", "key": "X"},
            "/patients/hem-ismart/D/decisions/X",
            "allpath show D",
        ),
    ],
)
def test_the_link_of_a_mail_leads_to_the_page_of_whom_it_is_about(
    fields: dict[str, str], page: str, look: str
) -> None:
    told = notice(trial="hem-ismart", role="meeting", **fields)
    assert page_of(told) == page
    text = mail_of(told, "allpath@house.example", ["a@house.example"], "https://pages.example").get_content()
    assert f"https://pages.example{page}" in text
    assert f"open with: {look}" in text
    assert page_of(told.model_copy(update={"rehearsal": True})) == ""


async def test_a_sender_and_recipients_may_have_names() -> None:
    async with mail_server() as inbox:
        named = MailServer(
            host="127.0.0.1",
            port=inbox.port,
            sender="Allpath <allpath@trial.example>",
            recipients={"clinician": ("Ward one <ward@example.org>",)},
            starttls=False,
        )
        assert await MailSink(named).send(notice()) == ""
    (mail,) = inbox.mails
    assert (mail["From"], mail["To"]) == ("Allpath <allpath@trial.example>", "Ward one <ward@example.org>")
    assert mail["Message-ID"] == "<0123456789abcdef0123456789abcdef@trial.example>"
    assert inbox.recipients == [["ward@example.org"]]


@pytest.mark.parametrize(
    ("key", "place"),
    [("decision risk", "decisions/risk"), ("EOI-MRD-HIGH", "notices/EOI-MRD-HIGH")],
)
def test_what_nobody_has_opened_leads_where_it_is_opened(key: str, place: str) -> None:
    told = notice(kind="unopened", role="operations", key=key)
    mail = mail_of(told, "a@b.example", ["c@d.example"], "https://pages.example")
    assert mail["Subject"] == "allpath: opened by nobody EOI-MRD-HIGH (critical), P1, site S01"
    assert f"https://pages.example/patients/interfant-21/P1/{place}\n" in mail.get_content().replace(
        "\r\n", "\n"
    )
