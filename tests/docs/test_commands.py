"""Each command in README.md and docs/ that is marked `sh` is run, against a demo shop.

Blocks marked `console` or `text`, or not at all, are not: they need root, another machine, or an
installation from scratch. `make` targets are looked up rather than run: tests are one of them.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.deploy.served import clean_environment, served_shop
from tests.docs.blocks import ROOT, blocks

# Applied and run by test_extending.py, in a copy of the project.
ELSEWHERE = {"extending.md"}
FILES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
WITH_COMMANDS = [
    file
    for file in FILES
    if file.name not in ELSEWHERE and any(block.language == "sh" for block in blocks(file))
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("documented")


@pytest.fixture(scope="module")
def shop(folder: Path) -> Iterator[str]:
    with served_shop(folder) as url:
        yield url


@pytest.mark.parametrize("file", WITH_COMMANDS, ids=lambda file: file.name)
def test_commands_do_what_they_say(file: Path, shop: str, folder: Path) -> None:
    script = "".join(block.text for block in blocks(file) if block.language == "sh")
    targets = re.findall(r"(?m)^make (\S+)", script)
    commands = re.sub(r"(?m)^make .*\n", "", script).replace(
        "127.0.0.1:8000", urlsplit(shop).netloc
    )
    # Without this, curl is content with an answer of 404.
    commands = re.sub(r"(?m)^(.*\bcurl) ", r"\1 --fail-with-body ", commands)

    subprocess.run(["make", "--dry-run", *targets], cwd=ROOT, check=True, capture_output=True)
    ended = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", commands],
        cwd=folder,
        env=clean_environment({"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"


def test_the_pages_make_a_site(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert made.returncode == 0, made.stdout + made.stderr
    assert (tmp_path / "index.html").exists()
    for page in FILES[1:]:
        name = "index.html" if page.stem == "index" else f"{page.stem}/index.html"
        assert (tmp_path / name).exists(), page.name
    loaded = re.findall(r'(?:src|href)="(https?://[^"]+)"', (tmp_path / "index.html").read_text())
    assert not [url for url in loaded if url.endswith((".js", ".css"))]
