"""The pages as a process for `benchmarks.web`."""

import asyncio

from runtime.settings import load_settings
from web.serve import serve

if __name__ == "__main__":
    asyncio.run(serve(load_settings()))
