"""What a person asks for is signed for them, with a line in the audit trail before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from contracts.base import Message
from contracts.messages import PathwayStart
from contracts.statement import Statement, roles_at, signed_bytes
from people import audit
from people.errors import NotAllowed
from people.house import House
from people.sign_in import SignedIn
from store.engine import Store


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs what one person asks for. There is a line in the audit trail before anything is signed."""

    house: House
    store: Store
    who: SignedIn

    async def __call__(self, workflow_id: str, update: str, request: Message) -> Statement:
        """The statement for one request. Raises `NotAllowed` for an enrolment at a site where the person is no coordinator: the
        workflow refuses it too, but the pseudonym would be spent by then.
        """
        person = self.who.person
        if isinstance(request, PathwayStart):
            roles = roles_at(map(str, person.held), request.site.id)
            if "coordinator" not in roles:
                raise NotAllowed(
                    f"{person.code} holds {', '.join(roles) or 'no role'} at site {request.site.id}; this needs coordinator"
                )
        statement = self.house.statement(
            person.code, map(str, person.held), self.who.strength,
            workflow_id=workflow_id, update=update, request=request,
        )  # fmt: skip
        content = hashlib.sha256(signed_bytes(statement, workflow_id, update, request)).hexdigest()
        line = audit.Line(person.code, "", "", update, workflow_id, "signed", content)
        async with self.store.writing() as session:
            await audit.append(session, line)
        return statement
