"""`allpath prove`: what is wrong with a protocol's definition, with a counterexample for each finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from commands.errors import UsageError
from commands.known_trials import known_protocols
from commands.options import JsonOption
from commands.protocol.options import complete_trials
from commands.protocol_files import is_path, protocols_in, source_of
from commands.screen import make_console, notice, print_json, table
from pathway.language.profile import make_profile

if TYPE_CHECKING:
    from analysis.proof.findings import Finding, Proof


def prove(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...",
            autocompletion=complete_trials,
            help="NAME, NAME@VERSION, or the path of a protocol's file or folder: a copy, one being written.",
            show_default=False,
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every protocol version of this program.")] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Prove it with another value of the profile. May be repeated."
        ),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show also what was waived, and why.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Prove a protocol: every patient meets one row of every table, and a way out of every phase.

    Not samples but all combinations are examined, with values on their limits, missing and doubtful ones. Each finding
    is a counterexample. Status 0: nothing is open; 1: there is a finding; 2: wrong use.
    """
    import protocols
    from analysis.proof.prove import prove as examine

    if bool(names) == every:
        raise UsageError("name protocols, or --all for every one; see: allpath protocol list")
    if every and settings:
        raise UsageError("--set belongs to one protocol, not to --all")
    if every:
        protocols.refuse_broken()
    found = known_protocols() if every else []
    for name in names or []:
        # Compiled first: what is broken is told with its line.
        found += (
            [protocols.compile_from(each, source_of(name)).protocol for each in protocols_in(name)]
            if is_path(name)
            else [protocols.compiled(name).protocol]
        )
    overrides = dict(_setting(text) for text in settings or [])
    proofs = [examine(p, make_profile(p, overrides) if overrides else None) for p in found]
    if as_json:
        results = [proof.to_dict() for proof in proofs]
        print_json(results if every or len(results) > 1 else results[0])
    else:
        console = make_console()
        for proof in proofs:
            _print(console, proof, verbose=verbose)
        notice(console)
    raise typer.Exit(1 if any(proof.open for proof in proofs) else 0)


def _setting(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise UsageError(f"--set {text!r}: expected KEY=VALUE, such as young_rule=6")
    return key.strip(), value.strip()


def _print(console: Console, proof: Proof, *, verbose: bool) -> None:
    from analysis.proof.findings import KINDS

    head = f"{proof.protocol}@{proof.version}"
    kind = ""
    for finding in (*proof.open, *(proof.waived if verbose else ())):
        if finding.kind != kind:
            kind = finding.kind
            console.print()
            console.print(Text(KINDS[kind], style="bold"))
        _print_finding(console, finding)
    console.print()
    if proof.findings:
        console.print(table(("Kind", "Open", "Waived"), _counts(proof), title=head))
        console.print()
    verdict = f"{len(proof.open)} open" if proof.open else "clean"
    console.print(
        Text.assemble(
            (f"{head}: {verdict}", "bold red" if proof.open else "bold green"),
            f", {len(proof.waived)} waived; {proof.questions} questions in {proof.seconds:.1f} s",
        )
    )


def _print_finding(console: Console, finding: Finding) -> None:
    console.print()
    console.print(Text(f"  {finding.text}", style="" if finding.waived else "red"))
    for fact in finding.facts:
        console.print(Text(f"    {fact}"))
    console.print(Text(f"    {finding.place}   {finding.id}", style="dim"))
    if finding.waived:
        console.print(Text(f"    waived: {finding.waived}", style="green"))
    elif finding.kind != "stale-waiver":
        console.print(
            Text(
                f'    if it is meant, it is accepted by: waivers=(Waiver("{finding.id}", "why"),)',
                style="dim",
            )
        )


def _counts(proof: Proof) -> list[tuple[Any, ...]]:
    kinds = dict.fromkeys(f.kind for f in proof.findings)
    return [
        (kind, sum(f.kind == kind for f in proof.open), sum(f.kind == kind for f in proof.waived))
        for kind in kinds
    ]
