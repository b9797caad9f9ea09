"""A mail address as somebody wrote it, read by the parser of the standard library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from email.headerregistry import Address


def read_address(text: str) -> Address:
    """`a@b.org`, or `Name <a@b.org>`. Raises `ValueError` for anything else; the message does not repeat it."""
    from email.headerregistry import HeaderRegistry

    wrong = ValueError("accepted is one mail address, such as a@b.org or Allpath <a@b.org>")
    if not text.strip() or not text.isprintable():
        raise wrong
    try:
        header: Any = HeaderRegistry()("To", text)
        found: tuple[Address, ...] = header.addresses
    except Exception:  # noqa: BLE001 (the parser stumbles over some of what is no address)
        raise wrong from None
    if header.defects or len(found) != 1 or len(header.groups) != 1:
        raise wrong
    if not found[0].username or not found[0].domain or any(each.isspace() for each in found[0].addr_spec):
        raise wrong
    return found[0]
