"""Who may see and do what. One table for every page and act; a test plays every role at its own and at another site against it.

A role counts at the sites where it is held. Whoever may not see a patient is told that there is none: the answer for a patient of
another site is the answer for one who does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from contracts.statement import roles_at
from people.accounts import ALL_ROLES, EVERYWHERE
from people.sign_in import SignedIn

WORK: Final = frozenset({"coordinator", "clinician", "laboratory", "meeting"})
READ: Final = WORK | {"sponsor", "auditor"}

MAY: Final[dict[str, frozenset[str]]] = {
    "today": frozenset(ALL_ROLES),
    "patients": READ,
    "patient": READ,
    "cohort": READ,
    "protocol": frozenset(ALL_ROLES),
    "governor": READ | {"operations"},
    "enrol": frozenset({"coordinator"}),
    "record": frozenset({"coordinator", "clinician", "laboratory"}),
    "correct": frozenset({"coordinator", "clinician", "laboratory"}),
    "acknowledge": WORK | {"sponsor", "operations"},
    "answer": WORK | {"sponsor"},
    "audit": frozenset({"auditor", "operations"}),
}
"""The roles that open a page or act at a site. An answer needs, besides, the role that the question is put to.

`governor`: the subtrials and meetings of a trial, which are of all sites, so a role at any site opens them; what is of a patient
whom they may not see is left out (`web.masking`)."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at a page. `csrf`: what every form of theirs carries."""

    signed: SignedIn
    token: str
    csrf: str

    @property
    def code(self) -> str:
        """Their code."""
        return self.signed.person.code

    @property
    def held(self) -> tuple[str, ...]:
        """The roles that they hold, as `role` or `role@site`."""
        return tuple(map(str, self.signed.person.held))

    def roles(self, site: str) -> tuple[str, ...]:
        """Their roles at a site."""
        return roles_at(self.held, site)

    def may(self, what: str, site: str) -> bool:
        """Whether they may do it at a site."""
        return not MAY[what].isdisjoint(self.roles(site))

    def may_somewhere(self, what: str) -> bool:
        """Whether there is a site where they may."""
        return any(each.role in MAY[what] for each in self.signed.person.held)

    def role_for(self, what: str, site: str, preferred: Iterable[str] = ()) -> str:
        """The role in which they do it at a site: the first of `preferred` that they hold there, else one that may.

        Empty if none may.
        """
        allowed = [role for role in self.roles(site) if role in MAY[what]]
        return next((role for role in preferred if role in allowed), allowed[0] if allowed else "")

    @property
    def sites(self) -> tuple[str, ...] | None:
        """The sites where they hold a role; None for all."""
        named = {each.site for each in self.signed.person.held}
        return None if EVERYWHERE in named else tuple(sorted(named))


def may_see(viewer: Viewer, kind: str, site: str) -> bool:
    """Whether what a patient, subtrial or meeting of a site asks and tells stands in the viewer's lists."""
    return viewer.may("patient" if kind == "patient" else "governor", site)
