"""A shop that is served as its owner serves it: by the command, in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

COMMAND = Path(sys.executable).with_name("storefront")
OPENING = "Storefront is open at "
STOP_SECONDS = 60
PRODUCTION = {
    "STOREFRONT_ENV": "production",
    "STOREFRONT_SESSION__SECRET": "Yq3vO0pX7nJw5uR1tBzKe9cLmDgHsAfi28-_PQWx",
    "STOREFRONT_MAIL__TRANSPORT": "file",
}


def clean_environment(changes: Mapping[str, str]) -> dict[str, str]:
    """This process's variables without its settings, and ``changes``."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("STOREFRONT_", "PYTHON", "PROMETHEUS_", "OTEL_"))
    }
    return {**kept, **changes}


@contextmanager
def served_shop(
    folder: Path,
    *,
    workers: int = 1,
    changes: Mapping[str, str] = {},
    command: Path = COMMAND,
) -> Iterator[str]:
    """Serve in ``folder`` on a port that is free; gives the URL, and ends the shop afterwards."""
    log = (folder / "serve.log").open("w+", encoding="utf-8")
    with (
        log,
        subprocess.Popen(
            [command, "serve", "--port", "0", "--workers", str(workers)],
            cwd=folder,
            env=clean_environment(changes),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            opening = (line for line in process.stdout if line.startswith(OPENING))
            line = next(opening, None)
            assert line, (folder / "serve.log").read_text(encoding="utf-8")
            yield line.split()[-1]
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)
