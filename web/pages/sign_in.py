"""Signing in and out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from people.errors import NotSignedIn
from people.sign_in import sign_in, sign_out
from web.forms import (
    HouseOf,
    Signed,
    SignedForm,
    begin_session,
    check_origin,
    cookie_name,
    end_session,
    text,
    the_form,
)
from web.render import page

router = APIRouter()


@router.get("/sign-in")
async def form(request: Request, to: str = "/") -> Response:
    """The form."""
    return page(request, "sign_in.html", to=_ours(to), code="", why="")


@router.post("/sign-in")
async def enter(request: Request, house: HouseOf) -> Response:
    """Sign in: a new session each time, whatever the browser had before."""
    check_origin(request)
    fields = await the_form(request)
    code, to = text(fields, "code"), _ours(text(fields, "to"))
    password = fields.get("password", "")
    try:
        token = await sign_in(house.store, code, password if isinstance(password, str) else "")
    except NotSignedIn as error:
        return page(request, "sign_in.html", status=401, to=to, code=code, why=str(error))
    before = request.cookies.get(cookie_name(house), "")
    if before:
        await sign_out(house.store, before)
    response = RedirectResponse(to, 303)
    begin_session(response, house, token)
    return response


@router.post("/sign-out")
async def leave(house: HouseOf, viewer: Signed, _: SignedForm) -> Response:
    """End the session."""
    await sign_out(house.store, viewer.token)
    response = RedirectResponse("/sign-in", 303)
    end_session(response, house)
    return response


def _ours(to: str) -> str:
    """Where to go on, if that is a page of ours."""
    is_ours = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable()
    return to if is_ours else "/"
