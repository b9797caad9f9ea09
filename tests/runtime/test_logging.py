"""Logs hold nothing of a patient, whoever writes them."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any, Literal

import pytest
import structlog

from client.pathways import new_start
from pathway.site import Site
from protocols import compiled
from runtime.logging import WITHHELD, configure_logging
from workflows.durable.pinned import OtherText, pinned


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


def sink(form: Literal["console", "json"] = "json") -> io.StringIO:
    stream = io.StringIO()
    configure_logging(level="debug", form=form, stream=stream)
    return stream


def last(stream: io.StringIO) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads(stream.getvalue().splitlines()[-1])
    return entry


def test_listed_keys_are_written_and_others_are_withheld() -> None:
    stream = sink()
    structlog.get_logger("activities").info(
        "assessment scheduled", subject="P-0017", item_id="D33", value="0.0002"
    )
    entry = last(stream)
    assert entry["event"] == "assessment scheduled"
    assert (entry["subject"], entry["item_id"], entry["value"]) == ("P-0017", "D33", WITHHELD)
    assert (entry["level"], entry["logger"]) == ("info", "activities")


def test_a_structure_is_withheld_even_under_a_listed_key() -> None:
    stream = sink()
    structlog.get_logger().info("published", key={"born": "2024-06-08"})
    assert last(stream)["key"] == WITHHELD


@pytest.mark.parametrize("form", ["console", "json"])
def test_another_text_than_the_pinned_one_is_logged_with_the_reason(form: Literal["console", "json"]) -> None:
    stream = sink(form)
    text = compiled("dara-tall")
    start = new_start("dara-tall", "P1", Site("S01")).model_copy(update={"protocol_hash": "feedfacefeed"})
    try:
        pinned(start, text)
    except OtherText as error:
        structlog.get_logger().error("the task failed", exc_info=error)
    assert f"dara-tall@1.0 is not the text this was started with: {text.hash[:12]} here" in stream.getvalue()


@pytest.mark.parametrize("form", ["console", "json"])
def test_an_exception_shows_where_it_was_and_not_what_it_said(form: Literal["console", "json"]) -> None:
    stream = sink(form)
    try:
        try:
            raise ValueError("born 2024-06-08")
        except ValueError as cause:
            raise RuntimeError("mrd 0.0002") from cause
    except RuntimeError:
        structlog.get_logger().exception("activity failed")
        logging.getLogger("library").exception("it failed")
    text = stream.getvalue()
    assert "2024-06-08" not in text
    assert "0.0002" not in text
    for expected in (
        "builtins.RuntimeError",
        "builtins.ValueError",
        "test_logging.py",
        "activity failed",
        "it failed",
    ):
        assert expected in text


def test_the_arguments_of_a_library_message_are_left_out() -> None:
    stream = sink()
    logging.getLogger("library").warning("cannot parse %r", "born 2024-06-08")
    assert last(stream)["event"] == "cannot parse %r"


def test_temporal_ids_come_along_as_keys() -> None:
    stream = sink()
    ids = {"workflow_id": "patient-P-0017", "attempt": 2, "surprise": "0.0002"}
    message = f"Completing activity as failed ({ids})"
    logging.getLogger("temporalio.activity").warning(message, extra={"temporal_activity": ids})
    entry = last(stream)
    assert entry["event"] == "Completing activity as failed"
    assert (entry["workflow_id"], entry["attempt"]) == ("patient-P-0017", 2)
    assert "0.0002" not in stream.getvalue()
