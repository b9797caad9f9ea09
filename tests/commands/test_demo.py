"""`allpath demo`: whatever dies, nothing is lost or doubled."""

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

import pytest

from commands.demo.folder import demo_environment, write_config
from runtime.settings import Settings
from tests.commands.conftest import ROOT, Process, environment_of

CAST = [str(ROOT / "scenarios" / "interfant-21" / name) for name in ("T12.yaml", "T13.yaml")]
PID = re.compile(r"(server|worker) runs.*?pid (\d+)")


async def test_a_demo_whose_server_and_worker_are_killed_ends_with_all_events_once(
    settings: Settings, tmp_path: Path
) -> None:
    environment = environment_of(settings.model_copy(update={"data_dir": tmp_path / "data"}))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "starter", "demo", "--exit", "--seconds", "6", *CAST,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    said, killed = "", set[str]()
    async for raw in process.stdout:
        line = raw.decode()
        said += line
        # The worker dies in the middle of induction, the server during the first infusion: each once.
        for who, at in (("worker", "INDUCTION-START"), ("server", "BLINA1-START")):
            if at in line and who not in killed:
                killed.add(who)
                pids = [pid for name, pid in PID.findall(said) if name == who]
                os.kill(int(pids[-1]), signal.SIGKILL)
    assert await process.wait() == 0, said
    assert killed == {"worker", "server"}
    assert "none lost and none doubled although processes died" in said
    assert "allpath --demo list" in said
    assert "not a medical device" in said
    assert "Traceback" not in said
    # It has left the patients' store alone, and its own data can be looked at afterwards.
    assert not (tmp_path / "data" / "allpath.db").exists()
    listed = await Process(environment, tmp_path)("--demo", "list", "--json")
    assert [row["subject"] for row in listed.data["pathways"]] == ["T12", "T13"]
    # A meeting has something to decide, and the children have one, too.
    look = Process(environment, tmp_path)
    agenda = (await look("--demo", "meeting", "agenda", "hem-ismart", "--json")).data
    assert agenda["kind"] == "frozen"
    assert [(e["subject"], e["decision"]) for e in agenda["sections"]["decisions"]] == [
        ("D", "LEVEL[level=2]")
    ]
    meetings = (await look("--demo", "meeting", "list", "--json")).data["meetings"]
    assert {each["trial"]: each["weeks"][0]["state"] for each in meetings} == {
        "hem-ismart": "held",
        "interfant-21": "held",
    }


def test_the_demo_takes_nothing_from_the_settings_of_the_patients(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = write_config(tmp_path / "demo", "127.0.0.1:7233", "http://127.0.0.1:8233", "127.0.0.1:8240")
    monkeypatch.setenv("ALLPATH_SMTP__HOST", "mail.example.org")
    monkeypatch.setenv("ALLPATH_SMTP__HOST", "mail.example.org")
    environment = demo_environment(config)
    assert [name for name in environment if name.startswith("ALLPATH_")] == ["ALLPATH_CONFIG"]
    assert "smtp" not in config.read_text()
