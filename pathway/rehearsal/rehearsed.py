"""What a rehearsal has shown: its log, what is unmet, the last plans; and how it is written as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from pathway.changes import Change
from pathway.events import Report
from pathway.language.profile import Profile
from pathway.rehearsal.expectations import Unmet
from pathway.rehearsal.scenario import Scenario
from pathway.rehearsal.steps import Json

FORMAT = "allpath.rehearsal/1"


@dataclass(frozen=True, slots=True)
class Submitted:
    """A report as it was handed in: by the scenario, as a confirmation that the rehearsal took itself, or as a message."""

    subject: str
    report: Report


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a rehearsal has shown. `log`: everything in its order; `plans` and `governors`: the last ones, as JSON."""

    scenario: Scenario
    profile: Profile
    log: tuple[Submitted | Change, ...]
    unmet: tuple[Unmet, ...]
    plans: Mapping[str, Json]
    governors: Mapping[str, Json]

    @property
    def timeline(self) -> tuple[Change, ...]:
        """What changed, in order."""
        return tuple(entry for entry in self.log if isinstance(entry, Change))

    @property
    def ok(self) -> bool:
        """Every expectation is met and no event was refused unexpectedly."""
        return not self.unmet

    @property
    def exit_status(self) -> int:
        """The exit status of the command: 0, or 1 when something is unmet."""
        return 0 if self.ok else 1

    def json(self) -> Json:
        """The result in the format `allpath.rehearsal/1`."""
        compiled = self.scenario.compiled
        return {
            "format": FORMAT,
            "ok": self.ok,
            "protocol": {
                "name": compiled.protocol.name,
                "version": compiled.protocol.version.number,
                "hash": compiled.hash,
            },
            "profile": {
                "name": self.profile.name,
                "simulation": self.profile.simulation,
                "hash": self.profile.hash,
                "set": dict(self.scenario.overrides),
                "values": dict(self.profile.values),
            },
            "unmet": [asdict(unmet) for unmet in self.unmet],
            "timeline": [{**asdict(change), "to": list(change.to)} for change in self.timeline],
            "plans": dict(self.plans),
            "governors": dict(self.governors),
        }
