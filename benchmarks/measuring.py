"""Measures the cases of `benchmarks.cases` on servers that are asked in turn."""

import contextlib
import json
import statistics
import sys
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from benchmarks import machine, report, wrk
from benchmarks.baseline import ANSWERS
from benchmarks.cases import Case, all_cases
from benchmarks.machine import Server

RAW = "raw"
TWO_WORKERS = "2 workers"
RAW_TWO_WORKERS = "raw, 2 workers"
IDLE_SECONDS = 4


@dataclass
class Servers:
    """All servers by name; those of the shop itself, on Hypercorn, are named by their products."""

    by_name: dict[str, Server] = field(default_factory=dict)
    sizes: Sequence[int] = ()

    @property
    def smallest(self) -> str:
        return str(self.sizes[0])

    def asked(self, case: Case) -> list[str]:
        wanted = {str(size) for size in self.sizes if case.runs_with(size, self.sizes)}
        wanted |= (
            {each for each in self.by_name if not each.isdigit()} if case.everywhere else {RAW}
        )
        return [each for each in self.by_name if each in wanted]

    def baseline_of(self, name: str) -> str:
        return RAW_TWO_WORKERS if name in {TWO_WORKERS, RAW_TWO_WORKERS} else RAW


class Bench:
    """Starts the servers, and measures one case after the other."""

    def __init__(self, url: str, folder: Path, sizes: Sequence[int]) -> None:
        self._stack = contextlib.ExitStack()
        self._url = url
        self._folder = folder
        self._servers = Servers(sizes=sizes)
        self._cases: dict[str, list[Case]] = {}
        self._idle: dict[str, float] = {}

    def __enter__(self) -> "Bench":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start(self, *, only_hypercorn: bool) -> list[Case]:
        """Serve shops of all sizes, then what they are compared with; returns the cases."""
        servers = self._servers.by_name
        for size in self._servers.sizes:
            variables = machine.shop_variables(self._url, size)
            server = machine.hypercorn("benchmarks.watched:create_app", variables)
            servers[str(size)] = self._stack.enter_context(server)
            few = 4 if only_hypercorn else 12  # Each registration takes half a second.
            self._cases[str(size)] = all_cases(servers[str(size)].url, shoppers=few)
        smallest = self._servers.smallest
        cases = self._cases[smallest]
        answers = self._folder / "answers.json"
        answers.write_text(
            json.dumps({str(n): _answer(servers[smallest].url, c) for n, c in enumerate(cases)})
        )
        bare = {ANSWERS: str(answers)}
        app = "benchmarks.baseline:create_app"
        servers[RAW] = self._stack.enter_context(machine.hypercorn(app, bare))
        if not only_hypercorn:
            variables = machine.shop_variables(self._url, self._servers.sizes[0])
            for name, serve in (("uvicorn", machine.uvicorn), ("granian", machine.granian)):
                servers[name] = self._stack.enter_context(serve(variables))
            two = machine.hypercorn("storefront.app:create_app", variables, workers=2)
            servers[TWO_WORKERS] = self._stack.enter_context(two)
            two = machine.hypercorn(app, bare, workers=2)
            servers[RAW_TWO_WORKERS] = self._stack.enter_context(two)
        self._idle = self._idle_shares()
        return cases

    def _idle_shares(self) -> dict[str, float]:
        """What part of a core each server takes while nobody asks anything of it."""
        servers = self._servers.by_name
        before = {name: servers[name].processor_seconds() for name in servers}
        time.sleep(IDLE_SECONDS)
        return {
            name: (servers[name].processor_seconds() - before[name]) / IDLE_SECONDS
            for name in servers
        }

    def measure(self, number: int, rounds: int) -> dict[str, Any]:
        """Case ``number``, on each server in turn."""
        case = self._cases[self._servers.smallest][number]
        names = self._servers.asked(case)
        turns: dict[str, list[_Turn]] = {name: [] for name in names}
        with contextlib.ExitStack() as stack:
            scripts = {name: stack.enter_context(self._script(name, number)) for name in names}
            for name in names:
                server = self._servers.by_name[name]
                _watch(server)
                wrk.run(server.url, scripts[name], seed=99, connections=case.connections)
            for seed in range(rounds):
                for name in names:
                    server = self._servers.by_name[name]
                    turn = _take_turn(
                        server, scripts[name], seed, case.connections, self._idle[name]
                    )
                    turns[name].append(turn)
        return {
            name: self._summary(name, turns[name], turns[self._servers.baseline_of(name)])
            for name in names
        }

    def _script(self, name: str, number: int) -> Any:
        case = self._cases.get(name, self._cases[self._servers.smallest])[number]
        if name.startswith(RAW):
            return wrk.script([wrk.Step(f'"/{number}"')], headers=case.all_headers)
        return wrk.script(case.steps, headers=case.all_headers, cookies=case.visitors)

    def _summary(
        self, name: str, turns: Sequence["_Turn"], bare: Sequence["_Turn"]
    ) -> dict[str, float]:
        summary = _summary(turns, bare)
        if name.isdigit():
            stall = _watch(self._servers.by_name[name]).get("stall_ms", 0.0)
            summary["stall_ms"] = round(stall, 1)
        return summary

    def shops(self) -> dict[str, Any]:
        """Start and memory of the shops of each size."""
        servers = self._servers.by_name
        return {
            name: {
                **_watch(servers[name]),
                "start_seconds": round(servers[name].seconds, 1),
                "start_processor_seconds": round(servers[name].start_processor_seconds, 1),
                "idle_processor_ms_a_second": round(self._idle[name] * 1000, 1),
            }
            for name in map(str, self._servers.sizes)
        }

    @property
    def smallest(self) -> Server:
        return self._servers.by_name[self._servers.smallest]


@dataclass(frozen=True)
class _Turn:
    """A second of load, and the processor time that the server took for each request.

    What it takes while nobody asks anything (the change feed, timers) is no part of that.
    """

    load: wrk.Slice
    seconds: float


def _take_turn(
    server: Server, script: Path, seed: int, connections: int, idle_share: float
) -> _Turn:
    before, begun = server.processor_seconds(), time.perf_counter()
    load = wrk.run(server.url, script, seed=seed, connections=connections)
    used = server.processor_seconds() - before - idle_share * (time.perf_counter() - begun)
    return _Turn(load, max(0.0, used) / max(1, load.requests))


def _summary(turns: Sequence[_Turn], bare: Sequence[_Turn]) -> dict[str, float]:
    """Medians; of the ratios also the lowest and the highest."""
    pairs = list(zip(turns, bare, strict=True))
    ratios = sorted(other.seconds / one.seconds for one, other in pairs if one.seconds)
    rates = sorted(one.load.rate / other.load.rate for one, other in pairs if other.load.rate)
    return {
        "ratio": round(statistics.median(ratios), 3) if ratios else 0.0,
        "lowest": round(ratios[0], 3) if ratios else 0.0,
        "highest": round(ratios[-1], 3) if ratios else 0.0,
        "processor_ms": round(statistics.median(each.seconds for each in turns) * 1000, 3),
        "rate_ratio": round(statistics.median(rates), 3) if rates else 0.0,
        "rate": round(statistics.median(each.load.rate for each in turns), 1),
        "p50_ms": round(statistics.median(each.load.p50 for each in turns), 2),
        "p99_ms": round(statistics.median(each.load.p99 for each in turns), 2),
    }


def _answer(url: str, case: Case) -> dict[str, Any]:
    """What the shop answers, byte for byte; of several steps to the last."""
    cookies = {"Cookie": case.visitors[0]} if case.visitors else {}
    with httpx.Client(base_url=url, timeout=60, headers=case.all_headers | cookies) as client:
        for sample in case.samples:
            asked = client.stream(sample.method, sample.path, content=sample.body or None)
            with asked as answer:
                body = b"".join(answer.iter_raw())
                assert answer.status_code < 400, (case.name, answer.status_code, body[:500])
    mechanical = {"date", "transfer-encoding", "connection"}
    headers = [pair for pair in answer.headers.multi_items() if pair[0] not in mechanical]
    return {
        "status": answer.status_code,
        "headers": headers,
        "body": b64encode(body).decode(),
    }


def _watch(server: Server) -> dict[str, float]:
    """Memory now, and the longest stall since the last look; nothing for other servers."""
    answer = httpx.get(f"{server.url}/-/watch", timeout=60)
    if answer.status_code != 200 or not answer.content:
        return {}
    return {name: round(value, 1) for name, value in answer.json().items()}


def progress(name: str, measured: Mapping[str, Any]) -> None:
    print(report.lines_of(name, measured), file=sys.stderr)
