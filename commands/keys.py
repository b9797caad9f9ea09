"""`allpath keys`: the keys of the payload encryption. No command ever prints a key."""

from __future__ import annotations

import typer
from rich.text import Text

from commands.errors import UsageError
from commands.screen import make_console, notice
from commands.session import run

app = typer.Typer(
    help="The keys of the payload encryption: make, list, rotate, check them.", no_args_is_help=True
)


@app.command()
def new() -> None:
    """Make the key file of a house that is new. One that is there is left as it is."""
    from runtime.keys import make_keys
    from runtime.settings import load_settings, make_data_dir

    settings = load_settings()
    if settings.key_file.exists():
        raise UsageError(
            f"there is a key file at {settings.key_file}; it is left as it is. A further key: allpath keys rotate"
        )
    make_data_dir(settings)
    ring = make_keys(settings.key_file)
    console = make_console()
    console.print(f"made {settings.key_file} with the key {ring.current}")
    console.print(
        "Back it up now, apart from the databases: who loses it loses every pathway; who has it reads all of them."
    )
    notice(console)


@app.command("list")
def list_() -> None:
    """The ids of the keys in the file, oldest first; which one encrypts, and with which this house has written."""
    from runtime.keys import load_keys
    from runtime.settings import load_settings

    settings = load_settings()
    ring, known = load_keys(settings.key_file), run(_known())
    console = make_console()
    for key in dict.fromkeys([*ring.keys, *(known or ())]):
        told = ["encrypts"] if key == ring.current else []
        if known is not None:
            told.append("known to the store" if key in known else "not known to the store yet")
        if key not in ring.keys:
            told.append("NOT IN THIS FILE: what was written with it cannot be read here")
        console.print(f"{key}  {', '.join(told)}", soft_wrap=True)
    notice(console)


@app.command()
def rotate() -> None:
    """Add a key, which encrypts from the next start of a process on. What was written with the others is read with them."""
    from runtime.keys import rotate_key
    from runtime.settings import load_settings

    settings = load_settings()
    key = rotate_key(settings.key_file)
    console = make_console()
    console.print(f"{settings.key_file} has a further key, {key}")
    console.print("Back it up. Copy the file to every machine, then start the workers anew, then the pages.")
    notice(console)


@app.command()
def check() -> None:
    """Whether the key file can be used, and is this house's. Status 2 if not, 4 where the store cannot say."""
    from runtime.keys import load_keys
    from runtime.settings import load_settings

    settings = load_settings()
    ring, known = load_keys(settings.key_file), run(_known(checked=True))
    console = make_console()
    count = f"{len(ring.keys)} key{'' if len(ring.keys) == 1 else 's'}"
    if known is None:
        console.print(
            Text.assemble(
                ("unknown ", "bold yellow"),
                f"{count} in {settings.key_file}; the store cannot say whether they are its own",
            )
        )
        raise typer.Exit(4)
    if not known:
        console.print(f"{count} in {settings.key_file}; no worker has started yet, so any is right")
    else:
        missing = [key for key in known if key not in ring.keys]
        console.print(
            f"{count} in {settings.key_file}; {ring.current} encrypts, and this house writes with it"
        )
        if missing:
            console.print(f"MISSING: {', '.join(missing)}; what was written with them cannot be read")
            raise typer.Exit(2)
    notice(console)


async def _known(*, checked: bool = False) -> tuple[str, ...] | None:
    """The keys that the store knows; None where it cannot say. `checked`: raises `KeyFileError` if ours is none of them."""
    from sqlalchemy.exc import DatabaseError

    from commands.store_reading import reading
    from runtime.keys import check_key
    from runtime.settings import load_settings
    from store.errors import StoreAway
    from store.payload_keys import known_keys

    settings = load_settings()
    try:
        async with reading(settings) as session:
            known = await known_keys(session)
            if checked:
                check_key(settings.key_file, known)
            return known
    except (StoreAway, DatabaseError):
        return None
