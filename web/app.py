"""The application: every route, the headers of every answer, and what is said when something is wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from traceback import extract_tb
from typing import Final
from urllib.parse import urlencode

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from client.retry import PathwayError
from pathway.errors import AllpathError
from pathway.refusal import Refused
from people.errors import NotAllowed, NotSignedIn
from runtime.errors import ServerUnreachable
from store.errors import StoreError
from web import live
from web.forms import BadForm, Forged, NotHere, kept_form
from web.house import WebHouse
from web.pages import (
    board,
    codec,
    cohort,
    enrol,
    health,
    inbox,
    me,
    meeting,
    patient,
    protocol,
    record,
    results,
    sign_in,
    subtrial,
    subtrial_entry,
    today,
)
from web.render import page

_LOG: Final = structlog.get_logger()
STATIC: Final = Path(__file__).parent / "static"
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def make_app(surroundings: Callable[[], AbstractAsyncContextManager[WebHouse]]) -> FastAPI:
    """The application in surroundings that it opens when it starts."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        async with surroundings() as house, live.watching(house) as watch:
            app.state.house, app.state.watch = house, watch
            yield

    app = FastAPI(title="allpath", lifespan=life, docs_url=None, redoc_url=None, openapi_url=None)
    for each in (
        health,
        sign_in,
        today,
        inbox,
        me,
        enrol,
        record,
        results,
        patient,
        cohort,
        subtrial,
        subtrial_entry,
        board,
        meeting,
        codec,
        protocol,
        live,
    ):
        app.include_router(each.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    _add_errors(app)

    @app.middleware("http")
    async def headers(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
        try:
            response = await call(request)
        except Exception as error:  # noqa: BLE001 (every answer has our headers, that of a fault of ours too)
            response = _broken(request, error)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.app.state.house.is_secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response

    return app


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(NotSignedIn)
    async def not_signed_in(request: Request, _: NotSignedIn) -> Response:
        if request.method == "GET":
            asked = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
            return RedirectResponse(f"/sign-in?{urlencode({'to': asked})}", 303)
        return await _not_taken(
            request, 401, "You are not signed in",
            "Your sign-in is over, and nothing was recorded. Sign in again and enter it anew.",
            may_send=False,
        )  # fmt: skip

    @app.exception_handler(NotHere)
    async def not_here(request: Request, _: NotHere) -> Response:
        return _told(request, 404, "Nothing here", "There is nothing here for you at this address.")

    @app.exception_handler(Forged)
    async def forged(request: Request, _: Forged) -> Response:
        return _told(
            request, 403, "Not taken", "This form did not come from a page of your present sign-in. Open the page again."
        )  # fmt: skip

    @app.exception_handler(NotAllowed)
    async def not_allowed(request: Request, error: NotAllowed) -> Response:
        return _told(request, 403, "Not allowed", str(error))

    @app.exception_handler(BadForm)
    async def bad_form(request: Request, error: BadForm) -> Response:
        return _told(request, 422, "Not taken", str(error))

    @app.exception_handler(RequestValidationError)
    async def bad_address(request: Request, _: RequestValidationError) -> Response:
        return _told(
            request, 422, "Not taken", "The address or the form holds something that is not accepted here."
        )

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> Response:
        return _told(request, 409, "Refused", f"{error}. Nothing was recorded.")

    async def away(request: Request, error: Exception) -> Response:
        return await _not_taken(
            request, 503, "Not available now",
            f"{_sentence(error)} What is late or due is not known here while this lasts. A form that you sent may be sent again: "
            "it is recorded once.",
        )  # fmt: skip

    for kind in (ServerUnreachable, StoreError, PathwayError):
        app.add_exception_handler(kind, away)

    @app.exception_handler(AllpathError)
    async def wrong(request: Request, error: AllpathError) -> Response:
        return _told(request, 422, "Not taken", str(error))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        title = "Nothing here" if error.status_code == 404 else "Not taken"
        return _told(request, error.status_code, title, str(error.detail))


def _broken(request: Request, error: Exception) -> Response:
    # The text of an error may hold a patient's values: its kind and place are enough to find it.
    place = extract_tb(error.__traceback__)[-1]
    _LOG.error(
        "page_failed", error_type=type(error).__name__, path=f"{Path(place.filename).name}:{place.lineno}"
    )
    return _told(
        request, 500, "A fault of ours",
        "This page could not be made. It is not known here whether a form that you sent was recorded: look at the patient's "
        "entries, or send it again, which records nothing twice.",
    )  # fmt: skip


async def _not_taken(
    request: Request, status: int, title: str, words: str, *, may_send: bool = True
) -> Response:
    """Words, and what was typed with them: to be sent again from here, or to be read."""
    typed = await kept_form(request)
    is_signed = typed.pop("password", None) is not None
    if set(typed) <= {"csrf"}:
        return _told(request, status, title, words)
    action = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    return page(
        request, "again.html", status=status, title=title, words=words, typed=typed, action=action, is_signed=is_signed,
        may_send=may_send,
    )  # fmt: skip


def _sentence(error: Exception) -> str:
    return f"{str(error).rstrip('.')}."


def _told(request: Request, status: int, title: str, words: str) -> Response:
    return page(request, "told.html", status=status, title=title, words=words)
