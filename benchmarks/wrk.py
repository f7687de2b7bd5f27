"""The load generator: `wrk`, a second at a time, so that what else the machine does hits all."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import pinned

CONNECTIONS = 8
_SCRIPT = """
local n = 0
function init(args) n = tonumber(args[1]) * 100000 end
local function whole(number, divisor) return math.floor(number / divisor) end
local function pick(list, m) return list[m % #list + 1] end
local categories = {{"t-shirts", "caps", "mugs", "totes", "posters", "socks", "notebooks"}}
local kinds = {{"t-shirt", "cap", "mug", "tote", "poster", "socks", "notebook"}}
local colours = {{"Navy", "Sand", "Rust", "Moss", "Grey",
  "Plum", "Ochre", "Coral", "Ink", "Petrol"}}
local subjects = {{"aurora", "beaufort", "cirrus", "coastline", "compass", "eclipse", "fern",
  "gull", "isobar", "kite", "meridian", "orbit", "ridge", "sextant", "snowline", "thunderhead"}}
local moods = {{"quiet", "early", "southern", "painted", "distant", "winter", "double", "golden"}}
{headers}
local cookies = {{{cookies}}}
local steps = {{{steps}}}
function request()
  n = n + 1
  if #cookies > 0 then wrk.headers["Cookie"] = pick(cookies, n) end
  local step = pick(steps, n)
  return wrk.format(step.method, step.path(n), nil, step.body)
end
"""


@dataclass(frozen=True)
class Step:
    """A request; ``path`` is an expression of Lua 5.1 in which ``n`` grows with each request."""

    path: str
    method: str = "GET"
    body: str = ""


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
    steps: Sequence[Step], *, headers: Mapping[str, str], cookies: Sequence[str] = ()
) -> Iterator[Path]:
    """A script that takes the steps in turn, and the visitors whose cookies these are."""
    lines = [f'wrk.headers["{name}"] = {_quoted(value)}' for name, value in headers.items()]
    text = _SCRIPT.format(
        headers="\n".join(lines),
        cookies=", ".join(map(_quoted, cookies)),
        steps=", ".join(map(_step, steps)),
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(text)
        file.flush()
        yield Path(file.name)


def _step(step: Step) -> str:
    body = _quoted(step.body) if step.body else "nil"
    return f'{{method="{step.method}", body={body}, path=function(n) return {step.path} end}}'


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def run(url: str, lua: Path, *, seed: int, connections: int = CONNECTIONS) -> Slice:
    """One second of load; SystemExit for a bad script, and if anything but success comes back."""
    if shutil.which("wrk") is None:
        raise SystemExit("The benchmark needs wrk: apt-get install wrk, or brew install wrk.")
    options = ["-t1", f"-c{connections}", "-d1s", "--latency", "-s", str(lua)]
    command = [*pinned(1), "wrk", *options, url, "--", str(seed)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    if done.stderr:  # Without a script that it cannot read, wrk goes on and asks for "/".
        raise SystemExit(done.stderr)
    text = done.stdout
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
