"""What a person has to say about themselves: how and when they are told, and what became of what they were told."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from people import ways
from people.errors import PeopleError
from runtime.keys import load_keys
from runtime.sealing import Sealer
from web.access import Viewer
from web.forms import BadForm, HouseOf, Signed, SignedForm, text
from web.house import WebHouse
from web.render import page

router = APIRouter()


@router.get("/me")
async def me(request: Request, house: HouseOf, viewer: Signed) -> Response:
    """One's own ways, hours and last deliveries. Nobody sees another person's here."""
    return await _shown(request, house, viewer)


@router.post("/me")
async def change(request: Request, house: HouseOf, viewer: Signed, form: SignedForm) -> Response:
    """Add a mail address, remove a way, or say when. A URL lets the worker call any address: operations add it."""
    seal, code = _seal(house), viewer.code
    try:
        async with house.store.writing() as session:
            match text(form, "act"):
                case "mail":
                    address = ways.mail_address(text(form, "mail"))
                    await ways.add(session, seal, code, code, "mail", address)
                case "remove":
                    number = text(form, "number")
                    if not number.isascii() or not number.isdigit() or len(number) > 4:
                        raise BadForm("a way is removed by its number")
                    await ways.remove(session, code, code, int(number))
                case "hours":
                    quiet, digest = text(form, "quiet") or ways.OFF, text(form, "digest") or ways.OFF
                    await ways.set_habits(session, code, code, quiet=quiet, digest=digest)
                case _:
                    raise BadForm("this form is none of this page")
    except PeopleError as error:
        return await _shown(request, house, viewer, problem=str(error), status=422)
    return RedirectResponse("/me", 303)


async def _shown(
    request: Request, house: WebHouse, viewer: Viewer, *, problem: str = "", status: int = 200
) -> Response:
    async with house.store.reading() as session:
        found = await ways.ways(session, _seal(house), viewer.code)
        habits = await ways.habits(session, viewer.code)
        told = await ways.deliveries(session, viewer.code)
    return page(
        request,
        "me.html",
        status=status,
        ways=found,
        habits=habits,
        told=[(each, ways.fate(each)) for each in told],
        problem=problem,
    )


def _seal(house: WebHouse) -> Sealer:
    return Sealer(load_keys(house.settings.key_file))
