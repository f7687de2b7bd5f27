"""Results as a table, and compared with those that were kept."""

from collections.abc import Mapping
from typing import Any

FACTOR = 2.0


def table(results: Mapping[str, Any]) -> str:
    """Everything, for people."""
    lines = [lines_of(name, servers) for name, servers in results["cases"].items()]
    for size, shop in results["shops"].items():
        lines.append(f"{size} products: {_facts(shop)}")
    if "while people sign in" in results:
        lines.append(f"while people sign in: {_facts(results['while people sign in'])}")
    for sockets, each in results.get("chat", {}).items():
        lines.append(f"chat, {sockets} sockets: {_facts(each)}")
    return "\n".join(lines)


def _facts(named: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in named.items())


def lines_of(name: str, servers: Mapping[str, Any]) -> str:
    """One case: a line for each server."""
    smallest = next((each for each in servers if each.isdigit()), "")
    lines = [name]
    for server, each in servers.items():
        line = (
            f"  {server:>14}  {each['ratio']:5.2f} ({each['lowest']:.2f} to {each['highest']:.2f})"
            f"  {each['processor_ms']:6.2f} ms of processor  by rate {each['rate_ratio']:.2f}"
            f"  {each['rate']:8.0f}/s  p50 {each['p50_ms']:7.2f}  p99 {each['p99_ms']:7.2f} ms"
        )
        if "stall_ms" in each:
            line += f"  stall {each['stall_ms']:.0f} ms"
        if server.isdigit() and server != smallest:
            relative = servers[smallest]["processor_ms"] / each["processor_ms"]
            line += f"  {relative:.2f}x of {smallest}"
        lines.append(line)
    return "\n".join(lines)


def far_worse(servers: Mapping[str, Any], kept: Mapping[str, Any]) -> list[str]:
    """The ratios of a case that are less than half of those that were kept."""
    return [
        f"{each['ratio']}, it was {kept[server]['ratio']}"
        for server, each in servers.items()
        if server in kept and each["ratio"] * FACTOR < kept[server]["ratio"]
    ]
