"""The file of a backup: compressed BSON documents, the last of which has sums of the others.

The first says what it is a backup of. Then come the documents of one collection after the other,
some at a time, as they were read; and after them again those that changed meanwhile, as they were
at the end. What is read of a file (`read`) has each document once. All of it is read a little at
a time, so a backup may be larger than the memory; only the ids of what changed are kept in mind.
"""

import gzip
import hashlib
import os
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from storefront.backups import raw
from storefront.backups.raw import Raw

FORMAT = "storefront backup"
VERSION = 1
_COMPRESSION = 5
_LENGTH = struct.Struct("<i")
_LARGEST_RECORD = 48 * 1024 * 1024  # A batch and one document of the largest size, and some.

Progress = Callable[[int], None]


class BackupRefusedError(Exception):
    """The file cannot be used; the message is for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a file is a backup of; ``data_version`` is the last migration that was made."""

    data_version: int
    made_at: datetime
    shop: str


@dataclass(frozen=True, slots=True)
class Part:
    """Some documents of a collection.

    With ``ids`` they are those of the documents with these ids that are left at the end. Should
    the end be looked at several times, ``view`` counts the times, and the last one holds.
    """

    collection: str
    documents: Sequence[Raw]
    ids: Sequence[Any] | None = None
    view: int = 0


@dataclass(slots=True)
class Contents:
    """What `check` has found of a file: what is to be read from it."""

    header: Header
    view: int = 0
    changed: dict[str, set[bytes]] = field(default_factory=dict)

    def note(self, part: Part) -> None:
        if part.ids is not None:
            self.view = max(self.view, part.view)
            self.changed.setdefault(part.collection, set()).update(map(raw.key_of, part.ids))

    def chosen(self, part: Part) -> Part:
        """The part without documents that come once more in a later one."""
        if part.ids is not None:
            return part if part.view == self.view else replace(part, documents=())
        changed = self.changed.get(part.collection)
        if not changed:
            return part
        kept = [each for each in part.documents if raw.key_of(each["_id"]) not in changed]
        return replace(part, documents=kept)


class Writer:
    """Writes a backup to ``path``, which appears only when it is complete (`finish`)."""

    def __init__(self, path: Path, header: Header) -> None:
        self._path = path
        self._draft = path.with_name(f"{path.name}.unfinished")
        # It holds what customers trusted the shop with: for its owner's eyes only.
        descriptor = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        self._packed = gzip.GzipFile("", "wb", _COMPRESSION, self._file, mtime=0)
        self._sum = hashlib.sha256()
        self._counts: Counter[str] = Counter()
        self._put(
            {
                "format": FORMAT,
                "version": VERSION,
                "data_version": header.data_version,
                "made_at": header.made_at,
                "shop": header.shop,
            }
        )

    def write(self, part: Part) -> None:
        record: dict[str, Any] = {"collection": part.collection, "documents": part.documents}
        if part.ids is not None:
            record |= {"ids": part.ids, "view": part.view}
        self._counts[part.collection] += len(part.documents)
        self._put(record)

    def finish(self) -> dict[str, int]:
        """Complete the file and put it in its place; how many documents of which collection."""
        counts = dict(self._counts)
        self._put({"counts": counts, "sha256": self._sum.hexdigest()})
        self._packed.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._draft.replace(self._path)
        return counts

    def give_up(self) -> None:
        """Leave nothing behind; harmless after `finish`."""
        self._packed.close()
        self._file.close()
        self._draft.unlink(missing_ok=True)

    def _put(self, record: Mapping[str, Any]) -> None:
        data = raw.encode(record)
        self._sum.update(data)
        self._packed.write(data)


def check(path: Path, progress: Progress = lambda _position: None) -> Contents:
    """Read the whole file and find it whole and unchanged, or raise BackupRefusedError.

    ``progress`` hears how many bytes of the file were read so far.
    """
    footer = _footer(path, progress)
    counts: Counter[str] = Counter()
    contents: Contents | None = None
    with path.open("rb") as file:
        for record in map(raw.decode, _records(file)):
            if contents is None:
                contents = Contents(_header(record))
            elif "collection" in record:
                part = _part(record)
                counts[part.collection] += len(part.documents)
                contents.note(part)
    if contents is None or dict(footer["counts"].items()) != dict(counts):
        raise BackupRefusedError("its content is not what was written.")
    return contents


def _footer(path: Path, progress: Progress) -> Mapping[str, Any]:
    """The last record, which has the sum of those before: none of them is looked into earlier."""
    digest, last = hashlib.sha256(), b""
    with path.open("rb") as file:
        for data in _records(file):
            digest.update(last)
            last = data
            progress(file.tell())
    try:
        footer = raw.decode(last)
        is_right = footer["sha256"] == digest.hexdigest()
    except (raw.BSONError, KeyError):
        raise BackupRefusedError("it ends too early, or is no backup.") from None
    if not is_right:
        raise BackupRefusedError("its content is not what was written.")
    return footer


def read(
    path: Path, contents: Contents, progress: Progress = lambda _position: None
) -> Iterator[Part]:
    """The parts of a file of which `check` has found ``contents``, each document once."""
    with path.open("rb") as file:
        for data in _records(file):
            record = raw.decode(data)
            if "collection" in record:
                yield contents.chosen(_part(record))
            progress(file.tell())


def _records(file: BinaryIO) -> Iterator[bytes]:
    packed = gzip.GzipFile(fileobj=file)
    try:
        while start := packed.read(_LENGTH.size):
            length = _LENGTH.unpack(start)[0] if len(start) == _LENGTH.size else 0
            if not _LENGTH.size < length < _LARGEST_RECORD:
                raise BackupRefusedError("it is damaged.")
            data = start + packed.read(length - len(start))
            if len(data) < length:
                raise BackupRefusedError("it ends too early.")
            yield data
    except EOFError:
        raise BackupRefusedError("it ends too early.") from None
    except (OSError, zlib.error):
        raise BackupRefusedError("it is damaged, or no backup.") from None


def _header(record: Mapping[str, Any]) -> Header:
    if record.get("format") != FORMAT:
        raise BackupRefusedError("it is no backup of a shop.")
    if record["version"] != VERSION:
        raise BackupRefusedError("a newer version of the shop has made it.")
    made_at = record["made_at"].replace(tzinfo=UTC)
    return Header(record["data_version"], made_at, record["shop"])


def _part(record: Mapping[str, Any]) -> Part:
    return Part(record["collection"], record["documents"], record.get("ids"), record.get("view", 0))
