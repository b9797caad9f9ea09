"""Commands as processes of their own, forked from one that has imported the program: all that each does is its own.

A request a line (JSON: `id`, `arguments`, `environment`, `folder`, `out`, `err`), an answer a line (`id`, `status`).
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

import client.pathways
import commands.app
import protocols
import starter
import store.queries

IMPORTED = (client.pathways, protocols, store.queries)
"""What most commands import when they are called, which is most of what a command costs."""


def serve() -> None:
    """Fork for each request until there are no more."""
    answers = os.dup(1)
    commands.app.build()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        if os.fork() == 0:
            _supervise(json.loads(line), answers)


def _supervise(request: dict[str, Any], answers: int) -> None:
    """In a process between: wait for the command, and say how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    command = os.fork()
    if command == 0:
        os.close(answers)
        _run(request)
    status = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
    os.write(answers, json.dumps({"id": request["id"], "status": status}).encode() + b"\n")
    os._exit(0)


def _run(request: dict[str, Any]) -> None:
    for number, name, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, request["out"], os.O_WRONLY | os.O_CREAT),
        (2, request["err"], os.O_WRONLY | os.O_CREAT),
    ):
        opened = os.open(name, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = ["allpath", *request["arguments"]]
    try:
        starter.main()
    finally:
        os._exit(70)


if __name__ == "__main__":
    serve()
