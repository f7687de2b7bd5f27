"""The load generator: `wrk`, a second at a time, so that what else the machine does hits all."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import pinned

CONNECTIONS = 8
_SCRIPT = """
wrk.method = "{method}"
wrk.body = {body}
{headers}
local n = 0
function init(args) n = tonumber(args[1]) * 100000 end
local function pick(list, m) return list[m % #list + 1] end
local categories = {{"t-shirts", "caps", "mugs", "totes", "posters", "socks", "notebooks"}}
local kinds = {{"t-shirt", "cap", "mug", "tote", "poster", "socks", "notebook"}}
local colours = {{"Navy", "Sand", "Rust", "Moss", "Grey",
  "Plum", "Ochre", "Coral", "Ink", "Petrol"}}
local subjects = {{"aurora", "beaufort", "cirrus", "coastline", "compass", "eclipse", "fern",
  "gull", "isobar", "kite", "meridian", "orbit", "ridge", "sextant", "snowline", "thunderhead"}}
local moods = {{"quiet", "early", "southern", "painted", "distant", "winter", "double", "golden"}}
function request()
  n = n + 1
  return wrk.format(nil, {path})
end
"""


@dataclass(frozen=True)
class Slice:
    """What one second of load gave; times in milliseconds."""

    requests: int
    rate: float
    p50: float
    p99: float
    longest: float


@contextmanager
def script(
    path: str, *, method: str = "GET", headers: dict[str, str], body: str = ""
) -> Iterator[Path]:
    """A script that asks for ``path``, a Lua expression in which ``n`` grows with each request."""
    lines = [f'wrk.headers["{name}"] = {_quoted(value)}' for name, value in headers.items()]
    text = _SCRIPT.format(
        method=method,
        body=_quoted(body) if body else "nil",
        headers="\n".join(lines),
        path=path,
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(text)
        file.flush()
        yield Path(file.name)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def run(url: str, lua: Path, *, seed: int, connections: int = CONNECTIONS) -> Slice:
    """One second of load; SystemExit if anything but success comes back."""
    if shutil.which("wrk") is None:
        raise SystemExit("The benchmark needs wrk: apt-get install wrk, or brew install wrk.")
    options = ["-t1", f"-c{connections}", "-d1s", "--latency", "-s", str(lua)]
    command = [*pinned(1), "wrk", *options, url, "--", str(seed)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    if refused:
        raise SystemExit(f"{url}: {refused[0]}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    assert rate, text
    requests = re.search(r"(\d+) requests in", text)
    assert requests, text
    return Slice(
        int(requests[1]),
        float(rate[1]),
        _milliseconds(text, r"50%\s+([\d.]+)(us|ms|s)"),
        _milliseconds(text, r"99%\s+([\d.]+)(us|ms|s)"),
        _milliseconds(text, r"Latency\s+\S+\s+\S+\s+([\d.]+)(us|ms|s)"),
    )


def _milliseconds(text: str, pattern: str) -> float:
    found = re.search(pattern, text)
    assert found, text
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]
