"""What each trial says: the page that is made from its definition."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response
from markdown_it import MarkdownIt
from markupsafe import Markup

import protocols
from analysis.pages.pages import protocol_page
from pathway.errors import ProtocolError, UnknownName
from web.forms import NotHere, Signed
from web.render import page

router = APIRouter(prefix="/protocols")

_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False}).enable("table")


@router.get("")
async def all_(request: Request, viewer: Signed) -> Response:
    """Every protocol version."""
    return page(request, "protocols.html", protocols=list(protocols.ALL))


@router.get("/{name}")
async def one(request: Request, viewer: Signed, name: str) -> Response:
    """A protocol in words: criteria, decisions, schedule, notices, assumptions."""
    try:
        compiled = protocols.compiled(name)
    except (UnknownName, ProtocolError):
        raise NotHere from None
    # What it renders is our own text of the definition; HTML in it is shown as text.
    text = Markup(_MARKDOWN.render(protocol_page(compiled, "")))  # noqa: S704
    return page(request, "protocol.html", protocol=compiled.protocol, text=text)
