"""What is of all sites, without the patients whom the viewer may not see.

Subtrials and meetings speak of the patients of every site. Whoever does not hold a role at a patient's site is told that there is
one, and not who: no pseudonym, in no text, key or link.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from pathway.meeting.agenda import Entry
from pathway.subtrial.messages import FORMERLY, SUBJECT
from store import queries
from web.access import Viewer

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from pathway.events import Event

ELSEWHERE: Final = "a patient of another site"
_WHOLE: Final = r"(?<![A-Za-z0-9-]){}(?![A-Za-z0-9-])"
"""A pseudonym, and not the beginning or end of another."""


@dataclass(frozen=True)
class Mask:
    """The pseudonyms that somebody may not see."""

    names: frozenset[str]

    def hides(self, subject: str) -> bool:
        """Whether they may not see that patient."""
        return subject in self.names

    def of(self, node: Any) -> Any:
        """Plain data with every such name in every text replaced, keys included."""
        pattern = self._pattern
        return node if pattern is None else _without(node, pattern)

    def link(self, key: str) -> str:
        """The key of a question or notice for an address: itself, or where it names a hidden patient, what stands for it."""
        return key if self.of(key) == key else token_of(key)

    def plan(self, plan: Mapping[str, Any]) -> dict[str, Any]:
        """The plan of a subtrial: slots and queue without name and site of who is hidden, `link` for what has a page."""
        shown = dict(plan)
        for part in ("slots", "waiting"):
            shown[part] = [
                {**each, "subject": "", "site": ""} if self.hides(each["subject"]) else each
                for each in plan.get(part, ())
            ]
        for part in ("decisions", "deviations", "alerts"):
            if part in plan:
                shown[part] = [{**each, "link": self.link(each["key"])} for each in plan[part]]
        masked: dict[str, Any] = self.of(shown)
        return masked

    def line(self, entry: Entry) -> dict[str, Any]:
        """A line of an agenda. Of a hidden patient there is only that there is one, and where a decision is asked, which."""
        if self.hides(entry.subject):
            asked = entry.what if entry.decision else ""
            entry = Entry(entry.section, token_of(entry.key), "", "", "", asked, "", owner=entry.owner)
        return {**self.of(asdict(entry)), "hidden": not entry.subject, "link": self.link(entry.decision)}

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        if not self.names:
            return None
        # The longest first: a name may begin with another.
        names = sorted(self.names, key=lambda name: (-len(name), name))
        return re.compile("|".join(_WHOLE.format(re.escape(each)) for each in names))


def token_of(key: str) -> str:
    """What stands for a key in an address, where it would name a hidden patient."""
    return f"k-{hashlib.sha256(key.encode()).hexdigest()[:20]}"


def in_plan(plan: Mapping[str, Any], viewer: Viewer) -> frozenset[str]:
    """Whom of a subtrial's plan the viewer may not see, by the sites that the plan itself names."""
    entered = (*plan.get("slots", ()), *plan.get("waiting", ()))
    return frozenset(each["subject"] for each in entered if not viewer.may("patient", each["site"]))


async def mask_for(session: AsyncSession, viewer: Viewer, trial: str, *, rehearsals: bool) -> Mask:
    """Whom of a trial the viewer may not see, under whichever pseudonym: with a pathway here, or known to a subtrial only."""
    if viewer.may("patient", ""):
        return Mask(frozenset())  # their role is of all sites
    rows = await queries.pathways(
        session, trial=trial, kind=None, rehearsals=rehearsals, archived=True, renamed=True
    )
    here = {row.subject: row.site for row in rows if row.kind == "patient"}
    hidden = {subject for subject, site in here.items() if not viewer.may("patient", site)}
    for row in rows:
        if row.kind == "subtrial":
            told = _sites_told(await queries.events(session, row.pathway_id), here)
            hidden |= {s for s, site in told.items() if s not in here and not viewer.may("patient", site)}
    return Mask(frozenset(hidden))


def _sites_told(events: Iterable[Event], here: Mapping[str, str]) -> dict[str, str]:
    """The site of every patient whom a subtrial has heard of, under each pseudonym; empty where nobody said. `here`: the sites of
    those with a pathway."""
    found: dict[str, str] = {}
    for event in events:
        subject = dict(event.scope).get(SUBJECT, "")
        site = here.get(subject) or event.detail("site") or found.get(subject, "")
        for name in filter(None, (subject, *(event.detail(FORMERLY) or "").split())):
            found[name] = site
    return found


def _without(node: Any, names: re.Pattern[str]) -> Any:
    if isinstance(node, str):
        return names.sub(ELSEWHERE, node)
    if isinstance(node, dict):
        return {_without(key, names): _without(value, names) for key, value in node.items()}
    return [_without(each, names) for each in node] if isinstance(node, list | tuple) else node
