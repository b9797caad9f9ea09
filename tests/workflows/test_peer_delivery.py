"""Messages to many receivers at once: whoever does not answer is named, and holds up nobody."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from activities.deliver import AT_ONCE, WITHIN, DeliverActivity
from client import pathways
from contracts.delivery import DeliveryBatch, Envelope, Sender
from pathway.events import Report
from pathway.site import Site
from pathway.subtrial.messages import PeerMessage
from tests.workflows.conftest import House
from workflows.durable.activity_options import DELIVER


def note(subject: str) -> Envelope:
    """What every patient can record, so that it shows who was reached."""
    report = Report(f"to-{subject}", "action", datetime.now(UTC), "coordinator", "wanted_none")
    return Envelope(message=PeerMessage(subject, 1, ()), report=report)


async def test_two_waves_of_receivers_that_are_away_are_named_and_the_last_one_is_reached(
    real: House,
) -> None:
    away = [f"AWAY{number}" for number in range(AT_ONCE + 8)]
    starts = [pathways.new_start(real.platform, subject, Site("S01")) for subject in away]
    await asyncio.gather(
        *(pathways.start_pathway(real.client, start, queue=f"{real.queue}-nobody") for start in starts)
    )
    await real.patient("HERE")
    sender = Sender(
        writes_to="patient",
        protocol=starts[0].protocol,
        trial=real.platform,
        profile={},
        simulation=False,
        clock="real",
        label="",
        queue=real.queue,
    )
    batch = DeliveryBatch(sender=sender, envelopes=tuple(note(subject) for subject in (*away, "HERE")))
    result = await DeliverActivity(real.client, Site("OFFICE")).deliver(batch)
    fates = {each.receiver: each.state for each in result.outcomes}
    assert {fates[subject] for subject in away} == {"away"}
    assert fates["HERE"] in ("delivered", "refused")


def test_a_batch_ends_before_its_attempt_does() -> None:
    assert DELIVER.attempt > WITHIN
