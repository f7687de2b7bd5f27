"""Measures the shop against a bare server: ``python -m benchmarks [--short]``.

Everything runs on this machine: servers on one core, the load generator and the database on
another. The servers are asked in turn, a second each, for many rounds, so that whatever else the
machine does strikes all of them. A ratio is that of the processor time per request, which a busy
machine changes least; that of the rates stands beside it, as median, lowest and highest over the
rounds. Results go to
``benchmarks/results.json``. The short form compares its ratios with the ones kept there and ends
with 1 if any is less than half as good.
"""

import argparse
import contextlib
import json
import platform
import statistics
import sys
import tempfile
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from benchmarks import machine, report, wrk
from benchmarks.baseline import ANSWERS
from benchmarks.cases import Case, all_cases
from benchmarks.machine import Server

RESULTS = Path(__file__).with_name("results.json")
SIZES = (200, 10_000, 100_000)
SMALLEST = SIZES[0]
SHORT_CASES = {
    "list page",
    "product page",
    "list page, 304",
    "list page, signed in, with a cart",
    "filter fragment, never asked before",
    "suggestions, never asked before",
    "JSON list of 24",
}
RAW = "raw"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="compare with results.json, write not")
    parser.add_argument("--rounds", type=int, default=9, help="seconds per case and server")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of products")
    parser.add_argument("--case", default="", help="only cases whose name holds this")
    parser.add_argument("--keep", type=Path, help="a folder in which the databases are kept")
    asked = parser.parse_args()
    sizes = [SMALLEST] if asked.short else [int(size) for size in asked.sizes.split(",")]
    rounds = 3 if asked.short else asked.rounds
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(machine.database(asked.keep or folder / "database"))
        for size in sizes:
            print(f"filling a shop with {size} products", file=sys.stderr)
            machine.fill(url, size)
        results = measure(url, folder, sizes, rounds=rounds, short=asked.short, only=asked.case)
    print(report.table(results))
    if asked.short:
        return report.compare(results, json.loads(RESULTS.read_text()))
    if not asked.case:
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    return 0


def measure(
    url: str, folder: Path, sizes: Sequence[int], *, rounds: int, short: bool, only: str
) -> dict[str, Any]:
    """Everything as results.json has it."""
    with contextlib.ExitStack() as stack:
        servers: dict[str, Server] = {}
        for size in sizes:
            variables = machine.shop_variables(url, size)
            server = machine.hypercorn("benchmarks.watched:create_app", variables)
            servers[str(size)] = stack.enter_context(server)
        smallest = servers[str(sizes[0])].url
        cases = [case for case in all_cases(smallest) if not short or case.name in SHORT_CASES]
        cases = [case for case in cases if only in case.name]
        answers = folder / "answers.json"
        answers.write_text(json.dumps({str(n): _answer(smallest, c) for n, c in enumerate(cases)}))
        bare = {ANSWERS: str(answers)}
        servers[RAW] = stack.enter_context(
            machine.hypercorn("benchmarks.baseline:create_app", bare)
        )
        if not short:
            variables = machine.shop_variables(url, sizes[0])
            for name in ("uvicorn", "granian"):
                servers[name] = stack.enter_context(getattr(machine, name)(variables))
        measured = {}
        for number, case in enumerate(cases):
            print(f"{case.name} …", file=sys.stderr)
            measured[case.name] = _measure_case(case, number, servers, sizes, rounds)
            print(report.lines_of(case.name, measured[case.name]), file=sys.stderr)
        watched = {name: _watch(server) for name, server in servers.items() if name.isdigit()}
    return {
        "python": platform.python_version(),
        "machine": platform.processor() or platform.machine(),
        "rounds": rounds,
        "cases": measured,
        "shops": {
            name: {**watched[name], "start_seconds": round(servers[name].seconds, 1)}
            for name in watched
        },
    }


def _answer(url: str, case: Case) -> dict[str, Any]:
    """What the shop answers, byte for byte."""
    with (
        httpx.Client(base_url=url) as client,
        client.stream(
            case.method,
            case.sample,
            headers=case.all_headers,
            content=case.body or None,
            timeout=60,
        ) as answer,
    ):
        body = b"".join(answer.iter_raw())
        assert answer.status_code < 400, (case.name, answer.status_code, body[:500])
        mechanical = {"date", "transfer-encoding", "connection"}
        headers = [pair for pair in answer.headers.multi_items() if pair[0] not in mechanical]
        body_text = b64encode(body).decode()
        return {"status": answer.status_code, "headers": headers, "body": body_text}


def _measure_case(
    case: Case, number: int, servers: Mapping[str, Server], sizes: Sequence[int], rounds: int
) -> dict[str, Any]:
    """The case on each server in turn."""
    asked = [name for name in servers if case.scales or name not in map(str, sizes[1:])]
    slices: dict[str, list[wrk.Slice]] = {name: [] for name in asked}
    used = dict.fromkeys(asked, 0.0)
    with (
        wrk.script(case.lua, method=case.method, headers=case.all_headers, body=case.body) as lua,
        wrk.script(f'"/{number}"', headers=case.all_headers) as bare,
    ):
        for name in asked:
            _watch(servers[name])
            wrk.run(servers[name].url, bare if name == RAW else lua, seed=99)
        for seed in range(rounds):
            for name in asked:
                script = bare if name == RAW else lua
                before = servers[name].processor_seconds()
                slices[name].append(wrk.run(servers[name].url, script, seed=seed))
                used[name] += servers[name].processor_seconds() - before
    stalls = {name: _watch(servers[name]).get("stall_ms", 0.0) for name in asked if name.isdigit()}
    costs = {name: used[name] / sum(each.requests for each in slices[name]) for name in asked}
    return {
        name: _summary(each, slices[RAW], costs[name], costs[RAW], stalls.get(name))
        for name, each in slices.items()
    }


def _summary(
    slices: Sequence[wrk.Slice],
    bare: Sequence[wrk.Slice],
    cost: float,
    bare_cost: float,
    stall: float | None,
) -> dict[str, float]:
    pairs = zip(slices, bare, strict=True)
    ratios = sorted(one.rate / other.rate for one, other in pairs if other.rate) or [0.0]
    summary = {
        "ratio": round(bare_cost / cost, 3),
        "processor_ms": round(cost * 1000, 3),
        "rate_ratio": round(statistics.median(ratios), 3),
        "lowest": round(ratios[0], 3),
        "highest": round(ratios[-1], 3),
        "rate": round(statistics.median(each.rate for each in slices), 1),
        "p50_ms": round(statistics.median(each.p50 for each in slices), 2),
        "p99_ms": round(statistics.median(each.p99 for each in slices), 2),
    }
    return summary if stall is None else {**summary, "stall_ms": round(stall, 1)}


def _watch(server: Server) -> dict[str, float]:
    """Memory now, and the longest stall since the last look; nothing for other servers."""
    answer = httpx.get(f"{server.url}/-/watch", timeout=60)
    if answer.status_code != 200 or not answer.content:
        return {}
    return {name: round(value, 1) for name, value in answer.json().items()}


if __name__ == "__main__":
    sys.exit(main())
