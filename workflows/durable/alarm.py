"""The one timer of a pathway on the real clock: it rings when the plan's next moment has come.

A timer that is set anew at every event costs two history events each time. So one goes on until it rings, or until the store
acknowledges a revision whose next moment lies before it.

**When it is set never depends on today's plan.** The store's receipt brings back the next moment that its batch named, and
history holds the receipt: a replay under a corrected engine sets the same timers. When a timer rings, what it was set for is
compared with the newest receipt: if that names a later moment, the timer was overtaken, and the next one is set without a word to
anybody. While the store is away there are no receipts: then the timer is set anew at every move, and history tells those too.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Never

from temporalio import workflow

import workflows.durable.activity_options as calls
from contracts.base import utc
from contracts.clear import Clear


class Alarm:
    """Calls `ring` with the instant that has come, once for each."""

    def __init__(self, ring: Callable[[datetime], None]) -> None:
        self._ring = ring
        self.known: datetime | None = None
        """The next moment as the newest receipt names it; None if it names none, or since the store is away."""
        self._at: datetime | None = None
        self._by_plan = False
        self._settings = 0

    async def run(self) -> Never:
        """Ring when the time has come, for ever."""
        while True:
            settings, at = self._settings, self._at
            try:
                await workflow.wait_condition(
                    lambda settings=settings: self._settings != settings,  # type: ignore[misc]
                    timeout=None if at is None else max(at - workflow.now(), calls.MIN_TIMER),
                    timeout_summary=None if at is None else Clear(f"until {utc(at)}"),
                )
            except TimeoutError:
                # Whoever has set it anew meanwhile has the say, in whichever order a replay tells of the two.
                if at is not None and self._settings == settings:
                    self._rings(at)

    def heard(self, due: datetime | None) -> None:
        """A receipt names the next moment of the plan."""
        self.known = due
        if due is not None and (self._at is None or self._by_plan or due < self._at):
            self._set(due, by_plan=False)

    def set_anew(self, due: datetime | None) -> None:
        """Set the timer by the present plan. Only where history tells that the store is away."""
        self.known = None
        self._set(due if due is not None else workflow.now() + calls.MAX_TIMER, by_plan=True)

    def _rings(self, at: datetime) -> None:
        overtaken = not self._by_plan and (self.known is None or self.known > at)
        following = self.known
        self._at = None
        self._settings += 1
        if not overtaken:
            self._ring(at)
        elif following is not None:
            self._set(following, by_plan=False)

    def _set(self, due: datetime, *, by_plan: bool) -> None:
        self._at = min(due, workflow.now() + calls.MAX_TIMER)
        self._by_plan = by_plan
        self._settings += 1
