"""Infusions: dose bands answer every value once, restarts can be met, and what is raised is read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from analysis.proof.check_tables import meets, telling_values
from analysis.proof.counterexample import Counterexample
from analysis.proof.findings import Finding, slug
from analysis.proof.source_locations import SourceLocations
from pathway.language import (
    AdverseEventRule,
    AdverseEventType,
    DoseBand,
    Infusion,
    LedgerFlag,
    Limit,
    Protocol,
)
from pathway.language.terms import key_of
from pathway.language.walk import atoms
from pathway.language.words import number_words

TOLD = ("pause_over_limit", "dose_differs", "started_twice")
"""Flags of an infusion that somebody must hear of: nothing else shows what they say."""


def infusion_findings(witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    """Everything that is wrong with the infusions of a protocol."""
    protocol = witness.world.compiled.protocol
    for spec in protocol.ledgers:
        key = key_of(spec.id, spec.scope)
        yield from _bands(key, spec, witness, places)
        days = witness.world.count(spec.days)
        for rule in spec.rules:
            kind = witness.world.compiled.adverse_events[rule.event]
            for why in _wrong_rule(rule, kind, days):
                yield Finding(
                    f"dead-restart:{key}:{rule.id}:{slug(why)}",
                    "dead-restart",
                    f"Ledger {key}, rule {rule.id}: {why}",
                    (_rule_words(rule),),
                    places.of("AdverseEventRule", rule.id),
                )
        told = TOLD if witness.world.count(spec.same_cycle_pause) is not None else TOLD[1:]
        yield from unread(key, told, protocol, places)


def unread(
    key: str, flags: tuple[str, ...], protocol: Protocol, places: SourceLocations
) -> Iterator[Finding]:
    """Flags that a ledger may raise and that no deviation, decision or anything else reads."""
    read = {a.flag for a in atoms(protocol, LedgerFlag) if a.ledger == key}
    for flag in flags:
        if flag not in read:
            yield Finding(
                f"flag-unread:{key}:{flag}",
                "flag-unread",
                f"Ledger {key} raises {flag!r}, and nothing reads it: nobody hears of it",
                (f"read: {', '.join(sorted(read)) or 'no flag of this ledger'}",),
                places.of(("Infusion", "Doses"), key.partition("[")[0]),
            )


# --- dose bands -----------------------------------------------------------------------------------------------------


def _bands(key: str, spec: Infusion, witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    """Values of what the dose goes by that lie in no band, where the doses without a band stand, or in two."""
    if not spec.dose_by or not spec.dose_bands:
        return
    fact = witness.world.compiled.facts[spec.dose_by]
    limits: dict[str, list[Limit | None]] = {str(n): list(b.limits) for n, b in enumerate(spec.dose_bands)}
    unit = f" {fact.units[0].name}" if fact.units else ""
    edges, values = telling_values(fact, limits)
    placed = [
        (v, tuple(n for n, band in enumerate(spec.dose_bands) if all(meets(v, x) for x in band.limits)))
        for v in values
    ]
    for inside, run in groupby(placed, key=lambda each: each[1]):
        if len(inside) == 1:
            continue
        here = [v for v, _ in run]
        value = number_words(str(next((v for v in here if v in edges), here[0])))
        words = [_band_words(spec.dose_bands[n]) for n in inside or range(len(spec.dose_bands))]
        place = places.of("Infusion", spec.id)
        if not inside:
            yield Finding(
                f"dose-gap:{key}:{spec.dose_by}:{value}",
                "dose-gap",
                f"Ledger {key}: {spec.dose_by} = {value}{unit} lies in no dose band: {spec.dose} {spec.unit} stands unsaid",
                tuple(words),
                place,
            )
        elif len({(b.dose, b.low_dose, b.unit) for b in (spec.dose_bands[n] for n in inside)}) > 1:
            yield Finding(
                f"dose-overlap:{key}:{spec.dose_by}:{'+'.join(str(n + 1) for n in inside)}",
                "dose-overlap",
                f"Ledger {key}: {spec.dose_by} = {value}{unit} lies in {len(inside)} dose bands, and the first of them wins",
                tuple(words),
                place,
            )


def _band_words(band: DoseBand) -> str:
    limits = " and ".join(f"{x.op} {number_words(x.value)}" for x in band.limits)
    return f"{limits}: {band.dose} {band.unit}, low dose {band.low_dose}"


# --- restarts -------------------------------------------------------------------------------------------------------


def _wrong_rule(rule: AdverseEventRule, kind: AdverseEventType, days: int | None) -> Iterator[str]:
    low, high = rule.grades
    if low > high or low > kind.grades[1] or high < max(kind.grades[0], 1) or rule.nth < 1:
        yield f"no {rule.event} ever meets it: its grades are {kind.grades[0]} to {kind.grades[1]}"
    restart = rule.restart
    if restart is None:
        return
    if rule.action not in ("interrupt", "review"):
        yield f"it says how to go on, and its action is {rule.action}: nothing is to be restarted"
    if restart.grade_at_most < 0:
        yield f"no grade is at most {restart.grade_at_most}: the infusion may never go on"
    if restart.grade_at_most >= low:
        yield f"grade {low} interrupts, and at grade {restart.grade_at_most} it may go on: it is over as it begins"
    if restart.resolve_within_days is not None and restart.resolve_within_days <= 0:
        yield f"it must be over within {restart.resolve_within_days} days: the infusion may never go on"
    if days is not None and restart.low_days >= days:
        yield f"{restart.low_days} days at the low dose, and the infusion has {days}: the full dose is never reached"
    if restart.stop_if_recurs_at_low_dose and not restart.low_days:
        yield "it stops for good if it recurs at the low dose, and there is no low dose"


def _rule_words(rule: AdverseEventRule) -> str:
    restart = rule.restart
    words = f"{rule.event} of grade {rule.grades[0]} to {rule.grades[1]} -> {rule.action}"
    if restart is None:
        return words
    words += f"; goes on at grade {restart.grade_at_most} for {restart.for_days} days, then low dose for {restart.low_days}"
    within = restart.resolve_within_days
    return words + (f"; stops if not over within {within} days" if within is not None else "")
