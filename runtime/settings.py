"""Settings of a process, from the environment (`ALLPATH_*`) and an optional file `allpath.toml`."""

import os
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import (
    SettingsError as SourceError,
)

from contracts.mail_address import read_address
from pathway.closed_days import WEEKDAYS
from runtime.errors import SettingsError

CONFIG_FILE = Path("allpath.toml")
"""Read from the working directory when it exists; `ALLPATH_CONFIG` names another."""


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


AbsolutePath = Annotated[Path, AfterValidator(_absolute)]
Port = Annotated[int, Field(ge=1, le=65535)]


class SmtpSettings(BaseModel):
    """The mail server that notifications leave by. Without a host none is made.

    Recipients are named by role, or by `role@site`. An empty list means no mail on purpose; a worker does not start while a
    role is not named.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: str | None = None
    port: Port = 587
    starttls: bool = True
    username: str | None = None
    password: SecretStr | None = None
    sender: str = "allpath@localhost"
    recipients: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Addresses by role: `{"clinician": ["ward@example.org"]}`."""

    @field_validator("sender")
    @classmethod
    def _one_address(cls, sender: str) -> str:
        read_address(sender)
        return sender

    @field_validator("recipients")
    @classmethod
    def _addresses_of_roles(cls, recipients: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        from pathway.language.terms import ROLES

        for name, addresses in recipients.items():
            role, at, site = name.partition("@")
            if role not in ROLES or (at and not site):
                raise ValueError(
                    f"one of them is no role; accepted are {', '.join(ROLES)}, each with @SITE or without"
                )
            for address in addresses:
                try:
                    read_address(address)
                except ValueError as error:
                    raise ValueError(f"an address of {name}: {error}") from None
        return recipients


class Settings(BaseSettings):
    """Everything a process needs to know about its surroundings.

    Nested settings are written with two underscores in the environment (`ALLPATH_SMTP__HOST`) and as tables in the
    file (`[smtp]`). The environment wins over the file. Paths are made absolute against the working directory.
    """

    model_config = SettingsConfigDict(
        env_prefix="ALLPATH_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    data_dir: AbsolutePath = Path(".allpath")
    """Folder of everything that allpath keeps on this machine."""
    key_file: AbsolutePath = Field(default_factory=lambda data: data["data_dir"] / "payload.key")
    """Keys of the payload encryption. Losing it loses every pathway in the Temporal server."""
    database_url: str = Field(
        default_factory=lambda data: f"sqlite+aiosqlite:///{data['data_dir'] / 'allpath.db'}", repr=False
    )
    """SQLAlchemy address of the read model, with an asyncio driver."""

    temporal_address: str = Field(default="127.0.0.1:7233", pattern=r"^[^\s/:]+:\d+$|^\[[0-9a-fA-F:]+\]:\d+$")
    """`host:port` of the Temporal server. Setting it means that no local server is started."""
    temporal_namespace: str = "default"
    temporal_api_key: SecretStr | None = None
    """Key of the Temporal cloud service; it switches TLS on."""
    temporal_tls: bool = False
    temporal_tls_cert: AbsolutePath | None = None
    """Client certificate (PEM), together with `temporal_tls_key`, for mutual TLS."""
    temporal_tls_key: AbsolutePath | None = None

    ui_address: str = Field(default="http://127.0.0.1:8233", pattern=r"^https?://[^\s/]+/?.*$")
    """Where people open the Temporal UI; the local server listens there."""
    task_queue: str = "allpath"
    rehearsal_task_queue: str = "allpath-rehearsal"

    smtp: SmtpSettings = SmtpSettings()

    identity: Literal["claimed", "held"] = "claimed"
    """Whether a role is taken from whoever claims it, or must be held by somebody who has signed in."""
    house_key: AbsolutePath = Field(default_factory=lambda data: data["data_dir"] / "house.key")
    """The key by which the house says who somebody is. Whoever can read it can speak for anybody."""
    sign_in_file: AbsolutePath = Field(default_factory=lambda data: data["data_dir"] / "sign-in")
    """Where `allpath login` keeps who is signed in on this machine."""

    web_address: str = Field(default="http://127.0.0.1:8240", pattern=r"^https?://[^\s/]+$")
    """Where people open the pages: what links in mails begin with. With https the session's cookie is for https alone."""
    web_listen: str = Field(default="127.0.0.1:8240", pattern=r"^[^\s/:]+:\d+$|^\[[0-9a-fA-F:]+\]:\d+$")
    """`host:port` on which `allpath web` listens."""

    default_site_zone: str = "Europe/Berlin"
    """IANA time zone of a site that names none."""
    closed_days: dict[str, tuple[str, ...]] = {}
    """Days on which sites are closed, by site code, or for all under `*`: `2025-12-25`, or a day of every week such as `SUN`."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"

    @field_validator("default_site_zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("not an IANA time zone, such as Europe/Berlin") from error
        return zone

    @field_validator("closed_days")
    @classmethod
    def _days(cls, closed: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for day in (day for days in closed.values() for day in days):
            if day in WEEKDAYS:
                continue
            try:
                if date.fromisoformat(day).isoformat() == day:
                    continue
            except ValueError:
                pass
            raise ValueError(f"accepted are days such as 2025-12-25, and {', '.join(WEEKDAYS)}")
        return closed

    @field_validator("database_url")
    @classmethod
    def _async_driver(cls, url: str) -> str:
        if not url.startswith(("sqlite+aiosqlite://", "postgresql+")):
            raise ValueError("starts with sqlite+aiosqlite:// or postgresql+asyncpg://")
        return url

    @field_validator("rehearsal_task_queue")
    @classmethod
    def _queues_apart(cls, queue: str, info: Any) -> str:
        if queue == info.data.get("task_queue"):
            raise ValueError("differs from task_queue: a rehearsal must never reach a production worker")
        return queue

    @property
    def uses_local_server(self) -> bool:
        """Return whether the embedded server is meant, because no address was given."""
        return "temporal_address" not in self.model_fields_set

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take arguments, then the environment, then the file; no `.env`, which is too easily committed."""
        file = Path(os.environ.get("ALLPATH_CONFIG", CONFIG_FILE))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)


def load_settings(**overrides: Any) -> Settings:
    """Read the settings of this process.

    `overrides` (field names) win over environment and file, for options of the command line.
    Raises `SettingsError` naming every faulty setting and what would be accepted, never the value that was given.
    """
    named = os.environ.get("ALLPATH_CONFIG")
    if named and not Path(named).is_file():
        raise SettingsError(f"ALLPATH_CONFIG names {named}, which is not a file")
    _refuse_unknown_variables()
    try:
        return Settings(**overrides)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise SettingsError("settings: " + "; ".join(faults)) from None
    except SourceError as error:
        # Its own message is about the source and field, without the value; the cause may hold the value.
        raise SettingsError(f"settings: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"settings: {named or CONFIG_FILE} is not valid TOML: {error}") from None


def _refuse_unknown_variables() -> None:
    """Refuse misspelt `ALLPATH_*` variables, which would otherwise be ignored without a word."""
    # CONFIG names the file, BY whoever uses the command line: both are read elsewhere.
    known = {name.upper() for name in Settings.model_fields} | {"CONFIG", "BY"}
    for variable in sorted(os.environ):
        if variable.startswith("ALLPATH_") and variable.removeprefix("ALLPATH_").split("__")[0] not in known:
            raise SettingsError(
                f"settings: {variable} is no setting; known are "
                + ", ".join(f"ALLPATH_{name}" for name in sorted(known))
            )


def begin_house(settings: Settings) -> Path:
    """The data folder, closed to other users; at the very first start of a house, when nothing is kept in it yet, also its
    payload key. Whoever names a key file or a store of their own makes it themselves.

    Raises `KeyFileError`: where something is kept, a key is never made anew.
    """
    from runtime.keys import load_keys, make_keys

    folder = make_data_dir(settings)
    is_new = not any((folder / name).exists() for name in ("allpath.db", "temporal"))
    # A store elsewhere may know patients: whether such a house is new, only who sets it up can tell.
    if is_new and not {"key_file", "database_url"} & settings.model_fields_set:
        make_keys(settings.key_file)
    load_keys(settings.key_file)
    return folder


def make_data_dir(settings: Settings) -> Path:
    """Create the data folder, closed to other users, if it is missing; return it."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return settings.data_dir
