"""Logs that hold nothing of a patient.

Both our own events (structlog) and those of libraries (the standard logging module) end in one handler that lets only
the keys of an allow-list through. An exception is logged as its type and the places that it passed, not its
message: a message may quote the value that caused it, and the encrypted history in Temporal keeps it anyway. Only an
exception that says of itself that its message is free of patients (`loggable = True`) is logged with it.
"""

import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor

ALLOWED_KEYS: Final = frozenset(
    {
        # about the entry itself
        "event", "level", "logger", "timestamp", "exception",
        # which pathway, in the words of the search attributes
        "trial", "site", "subject", "phase", "group", "kind", "rehearsal", "protocol", "version", "hash",
        # where in Temporal
        "workflow_id", "workflow_run_id", "run_id", "workflow_type", "update_id", "update_name",
        "activity_id", "activity_type", "attempt", "task_queue", "namespace", "identity",
        # which event, task or message, by id and never by content
        "event_id", "item_id", "key", "outbox_id", "role", "severity", "due", "error_type",
        # numbers and places of the process
        "address", "ui_address", "port", "pid", "path", "count", "open", "late", "status", "revision",
        "duration_ms", "schema_version",
    }
)  # fmt: skip
WITHHELD: Final = "[withheld]"

_SCALARS: Final = (str, int, float, bool, type(None))


def allow_listed(logger: Any, method: str, entry: EventDict) -> EventDict:
    """Replace the value of every key that is not on the list, or that is a structure, with `[withheld]`.

    The key stays visible, so that whoever misses the value finds the list.
    """
    return {
        key: value
        if key in ALLOWED_KEYS and (isinstance(value, _SCALARS) or key == "exception")
        else WITHHELD
        for key, value in entry.items()
    }


def exception_places(logger: Any, method: str, entry: EventDict) -> EventDict:
    """Turn `exc_info` into the chain of exception types with file, line and function of each frame."""
    info = entry.pop("exc_info", None)
    if not info:
        return entry
    if isinstance(info, BaseException):
        error: BaseException | None = info
    else:
        error = (info if isinstance(info, tuple) else sys.exc_info())[1]
    chain = []
    while error is not None:
        frames = traceback.extract_tb(error.__traceback__)
        link: dict[str, Any] = {
            "type": f"{type(error).__module__}.{type(error).__qualname__}",
            "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
        }
        if getattr(type(error), "loggable", False):
            link["why"] = str(error)
        chain.append(link)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    entry["exception"] = chain
    return entry


def library_entry(logger: Any, method: str, entry: EventDict) -> EventDict:
    """Take from a library's record its message without the arguments, and Temporal's ids.

    A message with arguments stays a template ("%s failed"), because an argument can be anything.
    """
    record = entry.get("_record")
    if not isinstance(record, logging.LogRecord):
        return entry
    details: dict[str, Any] = {}
    for name in ("temporal_workflow", "temporal_activity"):
        found = getattr(record, name, None)
        if isinstance(found, Mapping):
            details.update(found)
    # Temporal's loggers append the same ids to the message as a dictionary, for logs that are read as lines.
    event = str(record.msg)
    if details:
        event = event.partition(" ({")[0]
    entry["event"] = event
    entry.update({key: value for key, value in details.items() if key in ALLOWED_KEYS})
    return entry


def configure_logging(
    *,
    level: Literal["debug", "info", "warning", "error"] = "info",
    form: Literal["console", "json"] = "console",
    stream: TextIO | None = None,
) -> None:
    """Send every log entry of this process to `stream` (standard error), as lines or as JSON objects.

    Call it once, at the start; calling it again replaces what was configured.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        exception_places,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    out = stream or sys.stderr
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(
            colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[library_entry, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                allow_listed,
                *([_flat_exception] if form == "console" else []),
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(True)


def _flat_exception(logger: Any, method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Write the chain of exceptions as indented lines, which is how people read it."""
    chain = entry.get("exception")
    if isinstance(chain, list):
        lines = []
        for error in chain:
            lines.append(f"  {error['type']}" + (f": {error['why']}" if "why" in error else ""))
            lines += [f"    {place}" for place in error["at"]]
        entry["exception"] = "\n".join(lines)
    return entry
