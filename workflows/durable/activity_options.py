"""The one table of what workflows call, with time-outs, retries and the words that the Temporal UI shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from temporalio.common import RetryPolicy


@dataclass(frozen=True)
class Call:
    """How an activity is called. `within=None`: for as long as it takes."""

    activity: str
    attempt: timedelta
    within: timedelta | None
    retry: RetryPolicy


# The first call decides what the caller of an update is told: within five seconds the store has it, or
# "accepted, not yet recorded". It is a time-out of the activity rather than a timer, which would cost two
# history events each time.
PUBLISH_NOW: Final = Call(
    activity="publish",
    attempt=timedelta(seconds=4),
    within=timedelta(seconds=5),
    retry=RetryPolicy(
        initial_interval=timedelta(milliseconds=250),
        backoff_coefficient=2,
        maximum_interval=timedelta(seconds=2),
    ),
)

PUBLISH_UNTIL_DONE: Final = Call(
    activity="publish",
    attempt=timedelta(seconds=20),
    within=None,
    retry=RetryPolicy(
        initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(seconds=30)
    ),
)

DELIVER: Final = Call(
    activity="deliver",
    attempt=timedelta(seconds=10),
    within=None,
    retry=RetryPolicy(initial_interval=timedelta(milliseconds=250), maximum_interval=timedelta(seconds=5)),
)
"""An attempt ends by itself, and says who did not answer; it is made again only when its worker died."""

INSIST: Final = Call(
    activity="deliver",
    attempt=timedelta(seconds=10),
    within=None,
    retry=RetryPolicy(
        initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(minutes=2)
    ),
)
"""To a receiver that did not answer: one attempt after the other, for days if need be."""


def messages_queue(queue: str) -> str:
    """The task queue of the deliveries: apart from the other activities, so that messages to workflows that do not answer never
    take the places of those that bring events to the store."""
    return f"{queue}.messages"


GATHER: Final = Call(
    activity="gather_agenda",
    attempt=timedelta(seconds=60),
    within=None,
    retry=RetryPolicy(
        initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(seconds=30)
    ),
)
"""For as long as it takes: a meeting without an agenda is better than one with half of it."""

HAND_OVER: Final = Call(
    activity="hand_over",
    attempt=timedelta(seconds=15),
    within=None,
    retry=RetryPolicy(
        initial_interval=timedelta(milliseconds=250),
        backoff_coefficient=2,
        maximum_interval=timedelta(seconds=30),
    ),
)
"""For as long as it takes: nothing is recorded meanwhile, and half a renaming there is not."""

MAX_MOMENTS_PER_STEP: Final = 200
"""Due moments that one `step_to` walks through at most: far below the two seconds that a workflow task
may compute.
"""

MAX_TIMELINE: Final = 300
"""Entries of the timeline that a run keeps in memory; the store keeps all."""

CARRIED_TIMELINE: Final = 40
"""Of those that the store has, how many a run hands to the next."""

MAX_ANSWERS: Final = 40
"""Answers to events that the store has, kept for whoever sends one again and wants its changes."""

MAX_EVENTS: Final = 5_000
"""Events that one record may hold. The server's own limit, 2 MB handed from run to run, lies ten times further: there a
pathway would stand still for ever, here it refuses in words.
"""

MIN_TIMER: Final = timedelta(milliseconds=1)
"""A timer for what is due already: without one, whether there is a timer would depend on the plan."""

MAX_TIMER: Final = timedelta(days=366)
"""A timer is set anew after this."""

REFUSED_PAUSE: Final = timedelta(minutes=5)
"""How long to wait when the store refuses a batch for good, before it is offered again."""
