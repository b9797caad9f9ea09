"""Forms and sessions: the cookie, what a form carries against forgery, and where a request may come from."""

from __future__ import annotations

import hashlib
import hmac
from typing import Annotated, Final

from fastapi import Depends, Request, Response
from starlette.datastructures import FormData

from people.errors import NotSignedIn
from people.sign_in import who
from web.access import Viewer
from web.house import WebHouse

COOKIE: Final = "allpath"
MOST_FIELDS: Final = 600
MOST_TEXT: Final = 200_000
"""Characters of one field: a pasted table has room, a flood has not."""


class NotHere(Exception):
    """There is nothing at this address for whoever asks: unknown, of another site, or not for their role."""


class Forged(Exception):
    """A form that did not come from a page of ours."""


class BadForm(Exception):
    """A form that cannot be read. The text says why."""


def the_house(request: Request) -> WebHouse:
    """The surroundings of the application."""
    house: WebHouse = request.app.state.house
    return house


def cookie_name(house: WebHouse) -> str:
    """The name of the session's cookie: with https one that no other host can set."""
    return f"__Host-{COOKIE}" if house.is_secure else COOKIE


async def the_viewer(request: Request) -> Viewer:
    """Who is signed in. Raises `NotSignedIn`."""
    house = the_house(request)
    token = request.cookies.get(cookie_name(house), "")
    if not token:
        raise NotSignedIn("nobody is signed in here")
    viewer = Viewer(await who(house.store, token), token, csrf_of(token))
    house.sign_as(viewer)
    request.state.viewer = viewer
    request.state.seen = request.app.state.watch.state(viewer.sites)
    return viewer


HouseOf = Annotated[WebHouse, Depends(the_house)]
Signed = Annotated[Viewer, Depends(the_viewer)]


def csrf_of(token: str) -> str:
    """What the forms of a session carry."""
    return hmac.new(token.encode(), b"forms of this session", hashlib.sha256).hexdigest()


def begin_session(response: Response, house: WebHouse, token: str) -> None:
    """Hand over the token of a new session."""
    response.set_cookie(
        cookie_name(house), token, httponly=True, samesite="lax", secure=house.is_secure, path="/"
    )


def end_session(response: Response, house: WebHouse) -> None:
    """Take the token back."""
    response.delete_cookie(
        cookie_name(house), httponly=True, samesite="lax", secure=house.is_secure, path="/"
    )


def check_origin(request: Request) -> None:
    """Raises `Forged` for a form that a browser sends from another page than ours."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    if site not in ("same-origin", "none") or (
        origin not in (None, "null") and origin.partition("://")[2] != request.headers.get("host")
    ):
        raise Forged


async def the_form(request: Request) -> FormData:
    """The fields of a form. Raises `BadForm`."""
    try:
        form = await request.form(max_files=0, max_fields=MOST_FIELDS, max_part_size=MOST_TEXT)
    except Exception as error:
        raise BadForm("the form could not be read; accepted are up to 600 fields, and no files") from error
    for key, value in form.multi_items():
        if not isinstance(value, str) or "\x00" in value or len(value) > MOST_TEXT:
            raise BadForm(f"the field {key[:40]!r} could not be read")
    request.state.form = form
    return form


async def kept_form(request: Request) -> dict[str, str]:
    """What somebody typed into a form of ours, so that it is not lost where it could not be taken; empty for everything else.

    The store is not asked: that the form bears the mark of the cookie's session is enough to show it to whoever sent it.
    """
    token = request.cookies.get(cookie_name(the_house(request)), "")
    is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    if request.method != "POST" or not is_form or not token:
        return {}
    try:
        check_origin(request)
        read: FormData | None = getattr(request.state, "form", None)
        form = read if read is not None else await the_form(request)
    except (Forged, BadForm):
        return {}
    if not hmac.compare_digest(text(form, "csrf").encode(), csrf_of(token).encode()):
        return {}
    return {key: value for key, value in form.items() if isinstance(value, str)}


async def signed_form(request: Request, viewer: Signed) -> FormData:
    """The fields of a form of somebody who is signed in. Raises `Forged`, `BadForm`."""
    check_origin(request)
    form = await the_form(request)
    if not hmac.compare_digest(text(form, "csrf").encode(), viewer.csrf.encode()):
        raise Forged
    return form


SignedForm = Annotated[FormData, Depends(signed_form)]


def text(form: FormData, name: str) -> str:
    """A field without the blanks around it; empty if it is not there."""
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""
