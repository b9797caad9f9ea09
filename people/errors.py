"""What can go wrong with people and their rights."""

from pathway.errors import AllpathError


class PeopleError(AllpathError):
    """A person, role or password is not as it must be; the message says what would be accepted."""


class NotSignedIn(PeopleError):
    """Nobody is signed in, or the sign-in is over."""

    exit_status = 3


class NotAllowed(PeopleError):
    """The person does not hold the role that this needs, at that site."""

    exit_status = 3


class HouseKeyError(PeopleError):
    """The key by which the house signs cannot be used."""

    exit_status = 4
