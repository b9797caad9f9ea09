"""Errors of the border between a process and its surroundings."""

from pathway.errors import AllpathError


class SettingsError(AllpathError):
    """A setting is missing, unknown or malformed. The message names it and never repeats its value."""

    exit_status = 2


class KeyFileError(AllpathError):
    """The payload key file cannot be used: unreadable, open to others, or not a key file."""

    exit_status = 2


class PayloadError(AllpathError):
    """A payload cannot be decrypted, or was never encrypted. The message holds nothing of its content."""

    exit_status = 4


class ServerUnreachable(AllpathError):
    """No Temporal server answers at the address in the settings, or it refuses us."""

    exit_status = 4


class LocalServerError(AllpathError):
    """The local Temporal server cannot be started."""

    exit_status = 4


class LocalServerMissing(LocalServerError):
    """The program of the local Temporal server is not installed: the extra `local` brings it."""

    exit_status = 2
