"""A mail server as a process that can be killed: `python -m tests.reliability.mail_process`.

Arguments: the port, and a file to which it adds a line for each mail before it says that it has
taken it.
"""

import email
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller


class Ledger:
    def __init__(self, path: Path) -> None:
        self._path = path

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  (aiosmtpd's name)
        mail = email.message_from_bytes(envelope.content)
        line = {"id": mail["Message-ID"], "to": mail["To"], "at": time.time()}
        with self._path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        return "250 OK"


def main() -> None:
    port, path = sys.argv[1:]
    controller = Controller(Ledger(Path(path)), hostname="127.0.0.1", port=int(port))
    controller.start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
