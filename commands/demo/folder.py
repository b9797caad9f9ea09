"""The demo's own folder: settings, data and logs, apart from the patients'."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from commands.errors import UsageError
from runtime.settings import load_settings

LABEL: Final = "demo"
"""The label of the demo's rehearsals: part of their workflow ids."""
STATE_FILE: Final = "demo.json"
CONFIG: Final = "allpath.toml"


@dataclass(frozen=True, slots=True)
class DemoState:
    """What a demo leaves for the one that goes on with it. `text`: of its protocols and scenarios; with another one, or after
    a finished demo, the next begins anew."""

    address: str
    ui_address: str
    text: str = ""
    finished: bool = False


def demo_folder() -> Path:
    """The folder of the demo in the data folder of the settings."""
    return load_settings().data_dir / LABEL


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other demos out of the folder. Raises `UsageError` if one runs."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder.parent / f"{LABEL}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageError(
                f"a demo runs already in {folder}; look at it with `allpath --demo list`"
            ) from None
        yield


def read_state(folder: Path) -> DemoState | None:
    """What the last demo left, or None."""
    try:
        return DemoState(**json.loads((folder / STATE_FILE).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def write_state(folder: Path, state: DemoState) -> None:
    """Leave it for the next demo, whole or not at all."""
    temporary = folder / f".{STATE_FILE}"
    temporary.write_text(json.dumps(asdict(state)))
    temporary.replace(folder / STATE_FILE)


def clear(folder: Path) -> None:
    """Remove what an earlier demo has left. Refuses a folder that is not a demo's."""
    if not folder.exists():
        return
    if folder.name != LABEL or (any(folder.iterdir()) and not (folder / CONFIG).is_file()):
        raise UsageError(f"{folder} is not a demo's folder; nothing is removed")
    shutil.rmtree(folder)


def write_config(folder: Path, address: str, ui_address: str, pages: str) -> Path:
    """The settings of the demo's processes: its own server, store and key, and no mail."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / CONFIG
    values = {
        "data_dir": str(folder),
        "key_file": str(folder / "payload.key"),
        "database_url": f"sqlite+aiosqlite:///{folder / 'allpath.db'}",
        "temporal_address": address,
        "ui_address": ui_address,
        "web_listen": pages,
        "web_address": f"http://{pages}",
    }
    path.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()))
    return path


def demo_environment(config: Path) -> dict[str, str]:
    """The environment of the demo's processes: nothing of the patients' settings is left in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ALLPATH_")}
    return kept | {"ALLPATH_CONFIG": str(config)}


def use_demo_settings() -> None:
    """Make the settings of this process those of the demo. Raises `UsageError` if there is none."""
    config = demo_folder() / CONFIG
    if not config.is_file():
        raise UsageError("there is no demo on this machine; start one with `allpath demo` (or `make demo`)")
    environment = demo_environment(config)
    for name in [name for name in os.environ if name not in environment]:
        del os.environ[name]
    os.environ.update(environment)
