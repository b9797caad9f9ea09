"""Bringing an older schema up to date, with alembic."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from store.errors import StoreTooNew

_MIGRATIONS: Final = Path(__file__).parent / "migrations"


def alembic_config() -> Config:
    """Return the configuration that alembic's own commands need."""
    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def to_head(connection: Connection) -> None:
    """Carry out every migration that the database lacks. Raises `StoreTooNew`."""
    config = alembic_config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        head = ScriptDirectory.from_config(config).get_current_head()
        raise StoreTooNew(
            f"the database is not one that this version of allpath (schema {head}) can bring up to date: {error}; "
            "start the version that migrated it, or a newer one"
        ) from error
