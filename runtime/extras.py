"""What is installed only where it is needed, and what to say where it is missing."""

from typing import Final

from pathway.errors import AllpathError

EXTRAS: Final[dict[str, str]] = {
    "z3": "prove",
    "numpy": "design",
    "scipy": "design",
    "matplotlib": "design",
    "jinja2": "documents",
    "typst": "documents",
    "asyncpg": "postgres",
    "apprise": "notify",
    "fastapi": "web",
    "uvicorn": "web",
    "starlette": "web",
    "sse_starlette": "web",
    "multipart": "web",
}
"""The extra of pyproject.toml that brings a module, or one of them. The Temporal server, extra `local`, is a program
(`runtime.server`)."""


class ExtraMissing(AllpathError):
    """A command needs an extra that is not installed. The message says which, and how to install it."""

    exit_status = 2


def missing_extra(error: ImportError) -> ExtraMissing | None:
    """What to say of an import that failed; None if no extra brings that module, so that it is a fault of ours."""
    module = (error.name or "").partition(".")[0]
    extra = EXTRAS.get(module)
    if extra is None:
        return None
    return ExtraMissing(
        f"this needs {module}, which is not installed: it comes with the extra {extra!r}. "
        f"Install it with `pip install 'allpath[{extra}]'`, or all extras in a checkout with `make install`."
    )
