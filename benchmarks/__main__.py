"""Measures the shop against a bare server: ``python -m benchmarks [--short]``.

Everything runs on this machine: servers on one core, the load generator and the database on
another. The servers are asked in turn, a second each, for some rounds, so that whatever else the
machine does strikes all of them. A ratio is that of the processor time per request, which a busy
machine changes least; that of the rates stands beside it. Given are medians over the rounds.
Results go to ``benchmarks/results.json``. The short form compares its ratios with the ones kept
there and ends with 1 if any is less than half as good, also when it is measured once more.
"""

import argparse
import contextlib
import json
import platform
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import chat_fanout, crowds, machine, report
from benchmarks.measuring import Bench, progress

RESULTS = Path(__file__).with_name("results.json")
SIZES = (200, 10_000, 100_000)
SHORT_CASES = {
    "list page",
    "product page",
    "list page, 304",
    "list page, signed in, with a cart",
    "filter fragment, never asked before",
    "suggestions, never asked before",
    "JSON list of 24",
}
SHORT_ROUNDS = 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="compare with results.json, write not")
    parser.add_argument("--rounds", type=int, default=7, help="seconds per case and server")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of products")
    parser.add_argument("--case", default="", help="only cases whose name holds this; writes not")
    parser.add_argument("--keep", type=Path, help="a folder in which the databases are kept")
    asked = parser.parse_args()
    sizes = [SIZES[0]] if asked.short else [int(size) for size in asked.sizes.split(",")]
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(machine.database(asked.keep or folder / "database"))
        for size in sizes:
            print(f"filling a shop with {size} products", file=sys.stderr)
            machine.fill(url, size)
        with Bench(url, folder, sizes) as bench:
            if asked.short:
                return compare_briefly(bench)
            results = measure(bench, rounds=asked.rounds, only=asked.case)
        if not asked.case:  # When no other shop hears the same messages.
            results["chat"] = chat_fanout.measure(url, sizes[0])
    print(report.table(results))
    if not asked.case:
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    return 0


def measure(bench: Bench, *, rounds: int, only: str) -> dict[str, Any]:
    """All but the chat, as results.json has it."""
    cases = {}
    for number, case in enumerate(bench.start(only_hypercorn=False)):
        if only in case.name:
            cases[case.name] = bench.measure(number, rounds)
            progress(case.name, cases[case.name])
    results = {
        "python": platform.python_version(),
        "machine": platform.processor() or platform.machine(),
        "rounds": rounds,
        "cases": cases,
        "shops": bench.shops(),
    }
    if not only:
        results["while people sign in"] = crowds.measure(bench.smallest)
    return results


def compare_briefly(bench: Bench) -> int:
    """1 if a ratio is far worse than the one that was kept, twice in a row, else 0."""
    kept = json.loads(RESULTS.read_text())["cases"]
    failed = 0
    for number, case in enumerate(bench.start(only_hypercorn=True)):
        if case.name not in SHORT_CASES or case.name not in kept:
            continue
        problems: list[str] = []
        for _ in range(2):
            measured = bench.measure(number, SHORT_ROUNDS)
            progress(case.name, measured)
            problems = report.far_worse(measured, kept[case.name])
            if not problems:
                break
        for problem in problems:
            print(f"too slow: {case.name}: {problem}")
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
