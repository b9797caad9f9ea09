"""`prove`: what is wrong with a protocol's definition, over everything that a patient can be like."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

from analysis.proof.check_adverse_events import adverse_findings
from analysis.proof.check_clock import clock_findings
from analysis.proof.check_dose_courses import course_findings
from analysis.proof.check_ends import end_findings
from analysis.proof.check_episodes import episode_findings
from analysis.proof.check_guards import guard_findings
from analysis.proof.check_holds import hold_findings
from analysis.proof.check_infusions import infusion_findings
from analysis.proof.check_phases import phase_findings
from analysis.proof.check_points import point_findings
from analysis.proof.check_tables import table_findings
from analysis.proof.check_unknowns import unknown_findings
from analysis.proof.check_usage import usage_findings
from analysis.proof.check_waits import wait_findings
from analysis.proof.check_ways_out import way_out_findings
from analysis.proof.counterexample import Counterexample
from analysis.proof.findings import Finding, Proof, or_not_settled, settle
from analysis.proof.solver import EFFORT
from analysis.proof.source_locations import Place, SourceLocations
from pathway.engine.compiler import compile_protocol
from pathway.errors import ProtocolError
from pathway.language import Protocol
from pathway.language.canonical import content_hash
from pathway.language.profile import Profile, make_profile


def prove(protocol: Protocol, profile: Profile | None = None, effort: int = EFFORT) -> Proof:
    """Every finding of a protocol, under its default profile or another.

    Choice keys of the profile are proved for all their options, limits and lengths that it leaves open for both. A
    definition that does not compile has one finding, a `cycle` or `malformed`. `effort`: steps of the solver for one
    question; one that it does not settle within them is a finding, `not-settled`. The same protocol has the same
    findings in every process, however long that has run.
    """
    began = perf_counter()
    places = SourceLocations(protocol)
    home = places.of("Protocol", protocol.name)
    try:
        compiled = compile_protocol(protocol)
        profile = profile or make_profile(protocol)
    except ProtocolError as error:
        return Proof(
            protocol.name, protocol.version.number, content_hash(protocol),
            settle(protocol, [_refused(error, home)], home), seconds=perf_counter() - began,
        )  # fmt: skip
    witness = Counterexample(compiled, profile, effort)
    found = list(_all(witness, places))
    return Proof(
        protocol.name, protocol.version.number, compiled.hash, settle(protocol, found, home),
        witness.questions, witness.effort.spent, perf_counter() - began,
    )  # fmt: skip


def _all(witness: Counterexample, places: SourceLocations) -> Iterator[Finding]:
    compiled = witness.world.compiled
    yield from usage_findings(compiled, places)
    yield from adverse_findings(compiled.protocol, places)
    yield from infusion_findings(witness, places)
    for read_off in (unknown_findings, point_findings, clock_findings, episode_findings, wait_findings):
        yield from read_off(witness, places)
    yield from end_findings(witness, places)
    yield from way_out_findings(witness, places)
    home = places.of("Protocol", compiled.protocol.name)
    for part in (hold_findings, table_findings, guard_findings, course_findings, phase_findings):
        name = part.__name__.removesuffix("_findings")
        yield from or_not_settled(part(witness, places), f"{name}s", f"the {name}s of the protocol", home)
    yield from or_not_settled(_nobody(witness, home), "patients", "whether there can be any patient", home)
    for name in witness.world.foreign:
        text = f"The prover does not know the part {name} of the language: what rests on it is taken to be possible"
        yield Finding(f"unproved:language:{name}", "unproved", text)


def _nobody(witness: Counterexample, home: Place) -> Iterator[Finding]:
    """A protocol whose `impossible` combinations leave nobody: then all else is proved of nobody."""
    if not witness.anybody():
        text = "What the protocol declares impossible leaves no patient at all"
        yield Finding("impossible-guard:patients", "impossible-guard", text, (), home)


def _refused(error: ProtocolError, place: Place) -> Finding:
    kind = "cycle" if ": a cycle: " in str(error) else "malformed"
    chain = str(error).partition(": a cycle: ")[2] if kind == "cycle" else ""
    text = "Derived facts depend on themselves" if chain else "The definition cannot be read"
    return Finding(kind, kind, text, (chain or str(error),), place)
