"""The fenced blocks of a Markdown file."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"`([\w./]+)`")


@dataclass(frozen=True, slots=True)
class Block:
    """``about`` is the last file named in the paragraph before the block."""

    language: str
    text: str
    about: str | None


def blocks(file: Path) -> list[Block]:
    """All fenced blocks of ``file``, in order."""
    text = file.read_text(encoding="utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        paragraph = text[: match.start()].rstrip().rpartition("\n\n")[2]
        named = [path for path in _PATH.findall(paragraph) if "." in path]
        found.append(Block(match[1], match[2], named[-1] if named else None))
    return found
