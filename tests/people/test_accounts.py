"""People, the roles they hold, and how they sign in."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from people import accounts
from people.accounts import ADMINISTRATOR, Held, check_code, held_from
from people.errors import NotSignedIn, PeopleError
from people.passwords import check_password, hashed, is_right
from people.sign_in import FAILING, IDLE, LONGEST, MOST_FAILURES, WRONG, sign_in, sign_out, who
from store.engine import Store
from store.schema import PersonRow, SignInRow

PASSWORD = "correct horse battery"
HASH = hashed(PASSWORD)


async def added(store: Store, code: str, *held: str) -> None:
    """A person with the password of these tests."""
    async with store.writing() as session:
        await accounts.add(session, "ROOT", code, HASH, [held_from(each) for each in held])


@pytest.mark.parametrize("text", ["doctor", "clinician@", "clinician@a b", "Clinician", "", "@S01"])
def test_what_is_no_role_is_refused_with_what_would_be(text: str) -> None:
    with pytest.raises(PeopleError):
        held_from(text)


@pytest.mark.parametrize("code", ["", "K", "K M", "1KM", "allpath", "Müller", "K" * 33, "K\x1b[2J"])
def test_what_is_no_code_of_a_person_is_refused(code: str) -> None:
    with pytest.raises(PeopleError, match="no code"):
        check_code(code)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "my code is staff-12 ok", "x" * 300])
def test_a_password_that_is_easily_guessed_is_refused(password: str) -> None:
    with pytest.raises(PeopleError):
        check_password(password, "staff-12")


def test_a_hash_is_another_one_each_time_and_knows_its_password() -> None:
    again = hashed(PASSWORD)
    assert again != HASH
    assert is_right(PASSWORD, again)
    assert not is_right(PASSWORD + " ", again)
    assert not is_right(PASSWORD, "")


async def test_a_person_holds_what_was_given_until_it_is_taken(store: Store) -> None:
    await added(store, "KM", "clinician@S01", "coordinator")
    async with store.writing() as session:
        await accounts.give(session, "ROOT", "KM", Held("auditor"))
        await accounts.take(session, "ROOT", "KM", Held("clinician", "S01"))
    async with store.reading() as session:
        person = await accounts.person(session, "KM")
    assert person is not None
    assert [str(each) for each in person.held] == ["auditor", "coordinator"]


async def test_a_code_is_never_given_twice_and_what_is_not_held_cannot_be_taken(store: Store) -> None:
    await added(store, "KM", "clinician@S01")
    with pytest.raises(PeopleError, match="taken"):
        await added(store, "KM")
    with pytest.raises(PeopleError, match="does not hold clinician@S02"):
        async with store.writing() as session:
            await accounts.take(session, "ROOT", "KM", Held("clinician", "S02"))


async def test_the_last_who_says_who_may_do_what_cannot_be_lost(store: Store) -> None:
    await added(store, "KM", ADMINISTRATOR)
    with pytest.raises(PeopleError, match="the last"):
        async with store.writing() as session:
            await accounts.take(session, "KM", "KM", Held(ADMINISTRATOR))
    with pytest.raises(PeopleError, match="the last"):
        async with store.writing() as session:
            await accounts.set_disabled(session, "KM", "KM", disabled=True)
    await added(store, "DR", ADMINISTRATOR)
    async with store.writing() as session:
        await accounts.set_disabled(session, "DR", "KM", disabled=True)


async def test_who_signs_in_is_known_until_they_sign_out(store: Store) -> None:
    await added(store, "KM", "clinician@S01")
    token = await sign_in(store, "KM", PASSWORD)
    found = await who(store, token)
    assert (found.person.code, found.strength) == ("KM", "password")
    await sign_out(store, token)
    with pytest.raises(NotSignedIn):
        await who(store, token)


async def test_the_token_itself_is_not_in_the_store(store: Store) -> None:
    await added(store, "KM")
    token = await sign_in(store, "KM", PASSWORD)
    async with store.reading() as session:
        rows = (await session.execute(SignInRow.__table__.select())).all()
    assert rows
    assert token not in str(rows)


@pytest.mark.parametrize(("column", "age"), [("used", IDLE), ("begun", LONGEST)])
async def test_a_sign_in_ends_by_itself(store: Store, column: str, age: timedelta) -> None:
    await added(store, "KM")
    token = await sign_in(store, "KM", PASSWORD)
    async with store.writing() as session:
        await session.execute(
            update(SignInRow).values({column: datetime.now(UTC) - age - timedelta(seconds=1)})
        )
    with pytest.raises(NotSignedIn, match="over"):
        await who(store, token)


async def test_who_is_disabled_is_out_at_once(store: Store) -> None:
    await added(store, "KM", ADMINISTRATOR)
    await added(store, "DR", "clinician@S01")
    token = await sign_in(store, "DR", PASSWORD)
    async with store.writing() as session:
        await accounts.set_disabled(session, "KM", "DR", disabled=True)
    with pytest.raises(NotSignedIn):
        await who(store, token)
    with pytest.raises(NotSignedIn, match=WRONG):
        await sign_in(store, "DR", PASSWORD)


async def test_a_new_password_ends_every_sign_in(store: Store) -> None:
    await added(store, "KM")
    token = await sign_in(store, "KM", PASSWORD)
    async with store.writing() as session:
        await accounts.set_password(session, "KM", "KM", hashed("another long sentence"))
    with pytest.raises(NotSignedIn):
        await who(store, token)
    assert await sign_in(store, "KM", "another long sentence")


async def test_nobody_learns_whether_a_code_exists(store: Store) -> None:
    await added(store, "KM")
    said = []
    for code in ("KM", "NOBODY"):
        with pytest.raises(NotSignedIn) as refused:
            await sign_in(store, code, "a wrong password")
        said.append(str(refused.value))
    assert said == [WRONG, WRONG]


async def test_guessing_closes_a_code_for_a_while_even_for_the_right_password(store: Store) -> None:
    await added(store, "KM")
    for _ in range(MOST_FAILURES):
        with pytest.raises(NotSignedIn, match=WRONG):
            await sign_in(store, "KM", "a wrong password")
    with pytest.raises(NotSignedIn, match="too many"):
        await sign_in(store, "KM", PASSWORD)
    async with store.writing() as session:
        await session.execute(update(PersonRow).values(failing_since=datetime.now(UTC) - FAILING))
    assert await sign_in(store, "KM", PASSWORD)
