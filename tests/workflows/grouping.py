"""Histories in which a workflow task that leads to nothing lies where one may lie: an update that is refused, or a worker that
dies, leaves one behind. Two of them in a row are told as one when a history is replayed, and what an activity answered is
then seen together with an update that came after it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

History = dict[str, Any]
PREFIX = "EVENT_TYPE_"
LATER = ("ACTIVITY_TASK_STARTED", "TIMER_FIRED")
"""What comes from outside, after the commands of a task."""
TASK = ("WORKFLOW_TASK_SCHEDULED", "WORKFLOW_TASK_STARTED", "WORKFLOW_TASK_COMPLETED")


def with_an_empty_task(events: list[History]) -> Iterator[tuple[str, list[History]]]:
    """Every history that has one more such task; and where it lies."""
    for place, (before, event) in enumerate(pairwise(events), 1):
        if _kind(event) in LATER and _kind(before) not in LATER and not _under_way(events[:place]):
            yield f"before {event['eventId']} {_kind(event)}", _inserted(events, place)


def _inserted(events: list[History], place: int) -> list[History]:
    at = int(events[place]["eventId"])
    moved = [_shifted(event, at) for event in copy.deepcopy(events)]
    first = next(n for n, event in enumerate(events) if _kind(event) == TASK[0])
    empty = copy.deepcopy(events[first : first + 3])
    assert tuple(map(_kind, empty)) == TASK
    for n, event in enumerate(empty):
        event["eventId"], event["eventTime"] = str(at + n), events[place]["eventTime"]
    empty[1]["workflowTaskStartedEventAttributes"]["scheduledEventId"] = str(at)
    empty[2]["workflowTaskCompletedEventAttributes"] |= {
        "scheduledEventId": str(at),
        "startedEventId": str(at + 1),
    }
    return moved[:place] + empty + moved[place:]


def _shifted(node: Any, at: int) -> Any:
    if isinstance(node, dict):
        return {
            key: str(int(value) + 3)
            if key.lower().endswith("eventid") and isinstance(value, str | int) and int(value) >= at
            else _shifted(value, at)
            for key, value in node.items()
        }
    return [_shifted(each, at) for each in node] if isinstance(node, list) else node


def _under_way(events: list[History]) -> bool:
    """Whether a task is scheduled, or started, and has not ended."""
    last = next(
        (_kind(event) for event in reversed(events) if _kind(event).startswith("WORKFLOW_TASK_")), TASK[0]
    )
    return last in TASK[:2]


def _kind(event: History) -> str:
    return str(event["eventType"]).removeprefix(PREFIX)
