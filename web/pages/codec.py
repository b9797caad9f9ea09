"""What the Temporal UI asks to read an encrypted payload: decoded for those who may read every patient, and each reading audited.

The UI does not say whose payload it is, so only a role that is held at all sites will do. The browser sends the session's cookie
along, as the UI is opened on the same host.
"""

from __future__ import annotations

import hashlib
from typing import Final

from fastapi import APIRouter, Request, Response
from google.protobuf.json_format import MessageToJson, Parse, ParseError
from temporalio.api.common.v1 import Payloads

from people import audit
from people.errors import NotAllowed, NotSignedIn
from runtime.codec import data_converter
from runtime.errors import PayloadError
from web.access import READ
from web.forms import BadForm, HouseOf, NotHere, the_viewer
from web.house import WebHouse

router = APIRouter(prefix="/codec")

MOST_BYTES: Final = 8_000_000


@router.options("/decode")
async def ask(request: Request, house: HouseOf) -> Response:
    """Whether the UI may ask: it alone."""
    return Response(status_code=204, headers=_allowed(request, house))


@router.post("/decode")
async def decode(request: Request, house: HouseOf) -> Response:
    """The payloads in the clear, for who is signed in and reads patients at all sites."""
    headers = _allowed(request, house)
    try:
        viewer = await the_viewer(request)
    except NotSignedIn as error:
        return Response(str(error), 401, headers=headers)
    everywhere = {each.role for each in viewer.signed.person.held if each.site == "*"}
    body = await request.body()
    digest = hashlib.sha256(body).hexdigest()
    may = not READ.isdisjoint(everywhere)
    async with house.store.writing() as session:
        outcome = "done" if may else "refused"
        line = audit.Line(
            viewer.code, ", ".join(sorted(everywhere)), "", "decode for the Temporal UI", "", outcome, digest
        )
        await audit.append(session, line)
    if not may:
        raise NotAllowed(
            f"{viewer.code} does not read patients at all sites, and the UI does not say whose this is"
        )
    if len(body) > MOST_BYTES:
        raise BadForm("these are too many payloads at once")
    try:
        payloads = Parse(body, Payloads()).payloads
    except (ParseError, UnicodeDecodeError):
        raise BadForm("these are no payloads as the Temporal UI sends them") from None
    codec = data_converter(house.settings.key_file).payload_codec
    if codec is None:
        raise BadForm("nothing is encrypted here")
    try:
        opened = await codec.decode(payloads)
    except PayloadError as error:
        raise BadForm(str(error)) from None
    return Response(MessageToJson(Payloads(payloads=opened)), media_type="application/json", headers=headers)


def _allowed(request: Request, house: WebHouse) -> dict[str, str]:
    """What lets the UI's page read the answer. Raises `NotHere` for every other page."""
    origin, ui = request.headers.get("origin", ""), house.settings.ui_address.rstrip("/")
    if origin != ui:
        raise NotHere
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Headers": "content-type, x-namespace",
        "Access-Control-Allow-Methods": "POST",
        "Vary": "Origin",
    }
