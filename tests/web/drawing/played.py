"""Patients of the shipped scenarios, played in memory, and MRD results as they may be on record."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

from pathway.events import Event
from pathway.patient.needed import Patient
from pathway.patient.output import plan_json
from pathway.rehearsal.rehearse import InProcess, rehearse
from pathway.rehearsal.scenario import read_scenario
from protocols import compiled
from runtime.yaml_tree import parse
from web.drawing.mrd import Result, values_of

SCENARIOS = Path(__file__).parents[3] / "scenarios"
SVG = "{http://www.w3.org/2000/svg}"


@cache
def played(name: str) -> tuple[tuple[Patient, tuple[Event, ...]], ...]:
    """The patients of a scenario (`interfant-21/T01`) at its end, each with their events."""
    path = SCENARIOS / f"{name}.yaml"
    scenario = read_scenario(parse(path.read_text(), path.name), compiled)
    driver = InProcess(scenario)
    rehearse(scenario, driver)
    found = []
    for id_, pathway in driver.pathways.items():
        assert pathway.evaluation is not None
        plan, site = plan_json(pathway.evaluation), pathway.subject.site
        patient = Patient(
            id_, scenario.compiled.protocol.name, site, True, False, driver.now, plan, scenario.compiled
        )
        found.append((patient, tuple(pathway.record.events)))
    return tuple(found)


def one(name: str) -> tuple[Patient, tuple[Event, ...]]:
    """The only patient of a scenario."""
    return played(name)[0]


def at(day: int, hour: int = 8) -> datetime:
    """An instant so many days after the first of March."""
    return datetime(2025, 3, 1, hour, tzinfo=UTC) + timedelta(days=day)


def mrd(id: str, value: str, *, day: int = 6, point: str = "EOI", **details: str) -> Event:
    """An MRD result as it is on record."""
    found = tuple(details.items())
    return Event(
        id, "observation", at(day), at(day), "laboratory", "mrd", point, (), value, "fraction", found
    )


def results(*events: Event) -> tuple[Result, ...]:
    """What is read of these events in the infant trial."""
    patient, _ = one("interfant-21/T01")
    return values_of(patient, events)[0].results


def corrected(event: Event, id: str, value: str) -> Event:
    """A correction of a result."""
    return replace(event, id=id, kind="correction", value=value, target=event.id, recorded=at(40))


def voided(event: Event, id: str) -> Event:
    """The void of a result."""
    return Event(id, "void", at(40), at(40), "coordinator", target=event.id)


def elements(svg: str, classes: str) -> Iterator[ET.Element]:
    """The elements of a drawing that have all of these classes."""
    wanted = set(classes.split())
    for element in ET.fromstring(svg).iter():
        if wanted <= set(element.get("class", "").split()):
            yield element


def texts(svg: str) -> list[str]:
    """The words of a drawing, titles included."""
    return [element.text for element in ET.fromstring(svg).iter() if element.text]
