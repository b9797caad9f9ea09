"""The connection to the Temporal server."""

import asyncio
import logging
import re
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Final

from temporalio.client import Client, Interceptor
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.service import RPCError, TLSConfig

from runtime.codec import data_converter
from runtime.errors import ServerUnreachable, SettingsError
from runtime.settings import Settings

CONNECT_TIMEOUT: Final = timedelta(seconds=10)
_NESTED: Final = re.compile(r'\b(?:message: |error: |Custom \{[^{}]*error: )"([^"]+)"')
"""What the system or a library said, inside the printed structures of the SDK's errors."""


@cache
def _sdk() -> Runtime:
    """The SDK's own threads. By themselves they write warnings to standard output, between the lines of `--json`."""
    core = LoggingConfig(
        filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
        forwarding=LogForwardingConfig(logger=logging.getLogger("temporalio.core")),
    )
    return Runtime(telemetry=TelemetryConfig(logging=core))


async def connect(
    settings: Settings, *, identity: str | None = None, interceptors: Sequence[Interceptor] = ()
) -> Client:
    """Connect to the server of the settings, with payload encryption, and make sure that it answers.

    `identity` names this process in the Temporal UI; it holds no person's name. `interceptors` see what is sent.
    Raises `ServerUnreachable`, `KeyFileError`, or `SettingsError` when a certificate cannot be read.
    """
    converter = data_converter(settings.key_file)
    tls = _tls(settings)
    api_key = settings.temporal_api_key
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT.total_seconds()):
            return await Client.connect(
                settings.temporal_address,
                namespace=settings.temporal_namespace,
                api_key=api_key.get_secret_value() if api_key else None,
                tls=tls,
                data_converter=converter,
                runtime=_sdk(),
                identity=identity,
                interceptors=interceptors,
                connect_timeout=CONNECT_TIMEOUT,
                lazy=False,
            )
    except (RuntimeError, RPCError, TimeoutError, OSError) as error:
        reason = "no answer in time" if isinstance(error, TimeoutError) else _last_line(error)
        raise ServerUnreachable(
            f"no Temporal server answers at {settings.temporal_address} ({reason}). "
            "Start one with `allpath server`, or set ALLPATH_TEMPORAL_ADDRESS to one that runs."
        ) from error


def _tls(settings: Settings) -> bool | TLSConfig:
    certificate, key = settings.temporal_tls_cert, settings.temporal_tls_key
    if (certificate is None) != (key is None):
        raise SettingsError(
            "settings: temporal_tls_cert and temporal_tls_key are given together or not at all"
        )
    if certificate is None or key is None:
        return settings.temporal_tls or settings.temporal_api_key is not None
    try:
        return TLSConfig(client_cert=certificate.read_bytes(), client_private_key=key.read_bytes())
    except OSError as error:
        raise SettingsError(f"settings: {error.filename}: {error.strerror}") from error


def _last_line(error: BaseException) -> str:
    """Return the end of the SDK's nested message, which is where the actual cause stands.

    Where the SDK prints the error of a library inside it, only what the system said of it: `Connection refused`.
    """
    told = _NESTED.findall(str(error))
    if told:
        return str(told[-1])[-200:].strip()
    text = str(error).strip().splitlines()
    return text[-1][-200:].strip() if text else type(error).__name__
