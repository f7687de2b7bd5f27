"""Results as a table, and compared with those that were kept."""

from collections.abc import Mapping
from typing import Any

FACTOR = 2.0


def table(results: Mapping[str, Any]) -> str:
    """Everything, for people."""
    lines = [lines_of(name, servers) for name, servers in results["cases"].items()]
    for size, shop in results["shops"].items():
        facts = ", ".join(f"{key} {value}" for key, value in shop.items())
        lines.append(f"{size} products: {facts}")
    return "\n".join(lines)


def lines_of(name: str, servers: Mapping[str, Any]) -> str:
    """One case: a line for each server."""
    smallest = next((each for each in servers if each.isdigit()), "")
    lines = [name]
    for server, each in servers.items():
        line = (
            f"  {server:>8}  {each['ratio']:5.2f}  {each['processor_ms']:6.2f} ms of processor"
            f"  by rate {each['rate_ratio']:.2f} ({each['lowest']:.2f} to {each['highest']:.2f})"
            f"  {each['rate']:8.0f}/s  p50 {each['p50_ms']:7.2f}  p99 {each['p99_ms']:7.2f} ms"
        )
        if "stall_ms" in each:
            line += f"  stall {each['stall_ms']:.0f} ms"
        if server.isdigit() and server != smallest:
            relative = servers[smallest]["processor_ms"] / each["processor_ms"]
            line += f"  {relative:.2f}x of {smallest}"
        lines.append(line)
    return "\n".join(lines)


def compare(results: Mapping[str, Any], kept: Mapping[str, Any]) -> int:
    """1 if a ratio is far below the one that was kept, else 0."""
    failed = 0
    for name, servers in results["cases"].items():
        before = kept["cases"].get(name, {})
        for server, each in servers.items():
            if server in before and each["ratio"] * FACTOR < before[server]["ratio"]:
                print(f"too slow: {name}: {each['ratio']}, it was {before[server]['ratio']}")
                failed = 1
    return failed
