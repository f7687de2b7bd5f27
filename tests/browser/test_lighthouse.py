"""Lighthouse's marks for the pages that shoppers see first, on a simulated telephone.

Accessibility, best practices and SEO must be perfect. Speed depends on what else the machine
does. The best of a few runs counts; runs on a busy machine, which Lighthouse's own little benchmark
shows, can only speak for a page. Where STOREFRONT_LIGHTHOUSE_PERFORMANCE is set all runs count.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import CHROMIUM_FLAGS, LiveShop
from tests.browser.test_buying import products

PINNED = Path(__file__).parent / "lighthouse"
ALL_RUNS_COUNT = bool(os.environ.get("STOREFRONT_LIGHTHOUSE_PERFORMANCE"))
PERFECT = {"accessibility": 100, "best-practices": 100, "seo": 100}
LEAST_SPEED = 98
TRIES = 5
# On a core of its own a machine of 2020 and later has 1,500 and more; a core shared by two, half.
CALM_MACHINE = 1200
CALM_RUNS_TO_JUDGE = 3
NO_SECRETS = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/tmp")}  # noqa: S108


@pytest.fixture(scope="module")
def lighthouse() -> Path:
    """The pinned Lighthouse, installed once into the user's cache."""
    version = json.loads((PINNED / "package.json").read_text())["dependencies"]["lighthouse"]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / f"storefront-lighthouse-{version}"
    program = folder / "node_modules" / "lighthouse" / "cli" / "index.js"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PINNED / name, folder)
        _run(
            "npm",
            "ci",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            cwd=folder,
        )
    return program


@pytest.mark.parametrize("name", ["list", "product", "cart"])
def test_lighthouse_finds_nothing_to_mend(
    lighthouse: Path, live_shop: LiveShop, tmp_path: Path, name: str
) -> None:
    product = products(live_shop, category="t-shirts", in_stock="true")[0]
    path = {"list": "/products", "product": f"/products/{product['id']}", "cart": "/cart"}[name]
    runs: list[tuple[int, int]] = []

    for _ in range(TRIES):
        judgement = _judged(lighthouse, live_shop.url + path, tmp_path / "report.json")
        if judgement is None:
            continue
        marks, machine = judgement
        runs.append((marks.pop("performance"), machine))
        assert marks == PERFECT
        if runs[-1][0] >= LEAST_SPEED:
            return
    assert runs
    calm_runs = sum(machine >= CALM_MACHINE for _, machine in runs)
    assert not ALL_RUNS_COUNT, f"Speed and machine in each run: {runs}"
    assert calm_runs < CALM_RUNS_TO_JUDGE, f"Speed and machine in each run: {runs}"


def _judged(program: Path, url: str, report: Path) -> tuple[dict[str, int], int] | None:
    """The marks from 0 to 100 by category, and how fast the machine was meanwhile.

    None if Lighthouse lost the browser's trail and asks to be run again.
    """
    done = _run(
        *("node", str(program), url, "--quiet", "--output=json", f"--output-path={report}"),
        f"--only-categories={','.join([*PERFECT, 'performance'])}",
        f"--chrome-flags=--headless=new {' '.join(CHROMIUM_FLAGS)}",
        may_fail=True,
    )
    if done.returncode:
        assert "Please run Lighthouse again" in done.stderr, done.stdout + done.stderr
        return None
    result: dict[str, Any] = json.loads(report.read_text())
    marks = {key: round(100 * (each["score"] or 0)) for key, each in result["categories"].items()}
    return marks, round(result["environment"]["benchmarkIndex"])


def _run(
    *command: str, cwd: Path | None = None, may_fail: bool = False
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command,
        cwd=cwd,
        env=NO_SECRETS | {"CHROME_PATH": shutil.which("chromium") or ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert may_fail or done.returncode == 0, done.stdout + done.stderr
    return done
