"""A linker beside a compiled protocol, for tests that ask the engine about a single predicate or time."""

from pathway.engine.context import Compiled
from pathway.engine.linker import Linker


def linked(compiled: Compiled) -> Linker:
    """What it compiles reads the same values as the protocol's own functions, and remembers nothing."""
    linker = Linker(compiled.protocol)
    linker.reading_index.update(compiled.reading_index)
    linker.remembers = False
    linker.owner.append("a test")
    linker.readable = tuple(compiled.tracks)
    return linker
