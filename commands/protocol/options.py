"""Options that name a protocol."""

from __future__ import annotations

from typing import Annotated

import typer


def complete_trials(incomplete: str) -> list[str]:
    from commands.known_trials import trial_names

    return [name for name in trial_names() if name.startswith(incomplete)]


TrialOption = Annotated[
    str | None,
    typer.Option(
        "--trial",
        metavar="NAME",
        autocompletion=complete_trials,
        help="The protocol, where the patient is in more than one.",
    ),
]
