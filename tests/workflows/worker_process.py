"""A worker process that knows the made-up protocols: started, killed and started again by tests."""

from __future__ import annotations

import asyncio

from runtime.logging import configure_logging
from runtime.process import run_to_end
from runtime.settings import load_settings
from tests.workflows.conftest import registered
from tests.workflows.toy import TOY
from tests.workflows.toy_platform import PLATFORM
from worker import serve


def main() -> int:
    """Serve both queues, and say so on standard output."""
    settings = load_settings()
    configure_logging(level="warning", form="json")
    with registered(TOY, PLATFORM):
        asyncio.run(serve(settings, ready=lambda: print("ready", flush=True)))
    print("stopped", flush=True)
    return 0


if __name__ == "__main__":
    run_to_end(main)
