"""`storefront backup` and `storefront restore`: nothing is lost, and nothing bad is let in."""

import asyncio
import gzip
import secrets
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bson import Decimal128, Int64, ObjectId
from click.testing import CliRunner, Result

from storefront import migrations, settings
from storefront.accounts import service as accounts
from storefront.app import INDEXES
from storefront.backups import file, raw, restoring, saving
from storefront.backups.file import BackupRefusedError
from storefront.catalogue import photos
from storefront.catalogue.photos import SVG, Photo
from storefront.cli import main
from storefront.database import Database, Transaction, connect
from storefront.demo import loader
from storefront.migrations import runner
from storefront.shop import Shop

Contents = dict[str, dict[Any, Any]]


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw, "MOST_DOCUMENTS", 100)


@pytest.fixture
async def source(database_url: str) -> AsyncIterator[Shop]:
    """A shop with something of everything."""
    async with opened(database_url) as shop:
        await runner.run_pending(shop.database, INDEXES)
        await loader.load_generated_catalogue(shop, 30)
        await photos.keep_photos(shop, [Photo("f" * 24, None, SVG, b"<svg/>" * 100_000)])
        await accounts.ensure_demo_accounts(shop)
        await shop.database["orders"].insert_many(
            [
                {"number": number, "idempotency_key": str(number), "total": Int64(number)}
                for number in range(1, 251)
            ]
        )
        await shop.database["oddities"].insert_many(
            [
                {"_id": "text", "of": "ñ€😀", "at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)},
                {
                    "_id": 7,
                    "amount": Decimal128("1.10"),
                    "no": None,
                    "real": 0.1,
                    "bytes": b"\0\xff",
                },
                {"_id": {"compound": 1}, "order": {"b": 1, "a": [1, [2, {"c": ObjectId()}]]}},
            ]
        )
        await shop.database["sessions"].insert_one({"_id": "s", "expires_at": datetime.now(UTC)})
        yield shop


@pytest.fixture
async def target(database_url: str) -> AsyncIterator[Shop]:
    """A shop with an empty database."""
    async with opened(database_url) as shop:
        yield shop


class PulledOutError(Exception):
    """The plug."""


class opened:  # noqa: N801  (used as a function is)
    """A shop on a database of its own; the server is the tests' own and forgets it at the end."""

    def __init__(self, url: str) -> None:
        self.name = f"test_{secrets.token_hex(4)}"
        self.url = url

    async def __aenter__(self) -> Shop:
        values = settings.load(environment(self.url, self.name))
        self.database = await connect(self.url, self.name)
        return Shop(values, self.database)

    async def __aexit__(self, *_error: object) -> None:
        self.database.close()


def environment(url: str, name: str) -> dict[str, str]:
    return {
        "STOREFRONT_ENV": "test",
        "STOREFRONT_DATABASE__URL": url,
        "STOREFRONT_DATABASE__NAME": name,
    }


async def storefront(shop: Shop, *arguments: str | Path, answer: str = "") -> Result:
    """Run the command on the shop's database."""
    values = shop.settings.database
    return await asyncio.to_thread(
        CliRunner().invoke,
        main,
        [str(each) for each in arguments],
        env=environment(values.url.get_secret_value(), values.name),
        input=answer,
    )


async def contents(database: Database) -> Contents:
    """Everything that a backup is to keep, by collection and id."""
    names = set(await database.collection_names()) - saving.PASSING
    found = {
        name: {repr(each["_id"]): each async for each in database[name].find({})} for name in names
    }
    return {name: documents for name, documents in found.items() if documents}


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


async def test_a_restored_shop_is_the_same(source: Shop, target: Shop, tmp_path: Path) -> None:
    path = tmp_path / "shop.backup"

    saved = await storefront(source, "backup", path)
    restored = await storefront(target, "restore", path)

    assert saved.exit_code == 0, saved.output
    assert restored.exit_code == 0, restored.output
    before, after = await contents(source.database), await contents(target.database)
    assert before.keys() == after.keys()
    for name, documents in before.items():
        assert documents == after[name], name
    assert {
        "photos.files",
        "photos.chunks",
        "users",
        "products",
        "orders",
        "oddities",
    } <= after.keys()
    assert f"{sum(map(len, before.values()))} documents were restored" in restored.output
    assert await target.database.missing_indexes(INDEXES) == []
    assert await runner.version(target.database) == migrations.ALL[-1].number
    assert path.stat().st_mode & 0o077 == 0
    assert names_in(tmp_path) == [path.name]


async def test_sessions_are_not_kept(source: Shop, target: Shop, tmp_path: Path) -> None:
    await saving.save(source, tmp_path / "b")
    await restoring.restore(target, tmp_path / "b", indexes=INDEXES, replace=False)

    assert await target.database["sessions"].find_one({}) is None


async def test_it_is_the_state_of_one_moment(
    source: Shop, target: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Money goes to and fro between two collections while they are read one after the other."""
    database = source.database
    for name in ("a_purse", "z_purse"):
        await database[name].insert_many([{"_id": number, "coins": 100} for number in range(20)])

    async def pass_coins() -> None:
        number = 0
        while True:
            number += 1
            await database.in_transaction(lambda tx, number=number: move(tx, number))  # type: ignore[misc]

    async def move(tx: Transaction, number: int) -> None:
        key, new = {"_id": number % 20}, {"_id": 1_000 + number}
        await database["a_purse"].update_one(key, {"$inc": {"coins": -1}}, session=tx)
        await database["z_purse"].update_one(key, {"$inc": {"coins": 1}}, session=tx)
        await database["a_purse"].insert_one({**new, "coins": 5}, session=tx)
        await database["z_purse"].insert_one({**new, "coins": -5}, session=tx)
        await database["z_purse"].delete_one({"_id": 1_000 + number - 3}, session=tx)
        await database["a_purse"].delete_one({"_id": 1_000 + number - 3}, session=tx)

    written = file.Writer.write

    def slowly(self: file.Writer, part: file.Part) -> None:
        written(self, part)
        time.sleep(0.03)

    monkeypatch.setattr(file.Writer, "write", slowly)
    passing = asyncio.create_task(pass_coins())
    await asyncio.sleep(0.3)
    await saving.save(source, tmp_path / "b")
    moved = await database["a_purse"].count_documents({})
    passing.cancel()
    await asyncio.gather(passing, return_exceptions=True)
    await restoring.restore(target, tmp_path / "b", indexes=INDEXES, replace=False)

    purses = await contents(target.database)
    coins = {
        name: sum(each["coins"] for each in purses[name].values())
        for name in ("a_purse", "z_purse")
    }
    assert moved > 20
    assert coins["a_purse"] + coins["z_purse"] == 4_000
    assert purses["a_purse"].keys() == purses["z_purse"].keys()
    assert any(each["coins"] != 100 for each in purses["a_purse"].values())


async def test_only_an_empty_database_is_restored_into(
    source: Shop, target: Shop, tmp_path: Path
) -> None:
    path = tmp_path / "b"
    await saving.save(source, path)
    await target.database["products"].insert_one({"_id": "mine", "variants": []})

    refused = await storefront(target, "restore", path)
    declined = await storefront(target, "restore", "--replace", path, answer="n\n")

    assert refused.exit_code == 1
    assert "The database is not empty (products)" in refused.output
    assert declined.exit_code == 1
    assert list(await contents(target.database)) == ["products"]

    accepted = await storefront(target, "restore", "--replace", path, answer="y\n")

    assert accepted.exit_code == 0, accepted.output
    assert await contents(target.database) == await contents(source.database)


def cut_off(data: bytes) -> bytes:
    return data[:-40]


def cut_off_in_the_middle(data: bytes) -> bytes:
    return data[: len(data) // 2]


def with_a_flipped_bit(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def without_its_end(data: bytes) -> bytes:
    return gzip.compress(gzip.decompress(data)[:-120])


def with_another_content(data: bytes) -> bytes:
    return gzip.compress(gzip.decompress(data).replace(b"staff@example.com", b"thief@example.com"))


def with_something_behind(data: bytes) -> bytes:
    return gzip.compress(gzip.decompress(data) + b"\x05\x00\x00\x00\x00")


def not_packed(data: bytes) -> bytes:
    return gzip.decompress(data)


def of_nothing(_data: bytes) -> bytes:
    return b""


@pytest.mark.parametrize(
    "spoil",
    [
        cut_off,
        cut_off_in_the_middle,
        with_a_flipped_bit,
        without_its_end,
        with_another_content,
        with_something_behind,
        not_packed,
        of_nothing,
    ],
)
async def test_a_spoilt_file_is_refused_before_anything_is_written(
    source: Shop, target: Shop, tmp_path: Path, spoil: Any
) -> None:
    path = tmp_path / "b"
    await accounts.ensure_demo_accounts(source)
    await saving.save(source, path)
    path.write_bytes(spoil(path.read_bytes()))
    await target.database["products"].insert_one({"_id": "mine", "variants": []})

    result = await storefront(target, "restore", "--replace", "--yes", path)

    assert result.exit_code == 1
    assert f"{path} was not used: " in result.output
    assert list(await contents(target.database)) == ["products"]


async def test_a_backup_of_newer_data_is_refused(
    source: Shop, target: Shop, tmp_path: Path
) -> None:
    await source.database["migrations"].insert_one({"_id": 9999})
    await saving.save(source, tmp_path / "b")

    with pytest.raises(BackupRefusedError, match="newer version"):
        await restoring.restore(target, tmp_path / "b", indexes=INDEXES, replace=False)

    assert await contents(target.database) == {}


async def test_a_backup_of_older_data_is_migrated(
    source: Shop, target: Shop, tmp_path: Path
) -> None:
    await source.database["migrations"].delete_many({})
    await source.database["users"].update_many({}, {"$unset": {"found_by": ""}})
    await source.database["orders"].drop()
    await saving.save(source, tmp_path / "b")

    await restoring.restore(target, tmp_path / "b", indexes=INDEXES, replace=False)

    user = await target.database["users"].find_one({"email": "staff@example.com"})
    assert "staff" in user["found_by"]


async def test_a_half_restored_shop_is_not_run(
    source: Shop, target: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "b"
    await saving.save(source, path)

    first = next(iter(file.read(path, file.check(path))))

    def interrupted(*_arguments: Any) -> Any:
        yield first
        raise PulledOutError

    with monkeypatch.context() as patched:
        patched.setattr(restoring.file, "read", interrupted)
        with pytest.raises(PulledOutError):
            await restoring.restore(target, path, indexes=INDEXES, replace=False)
    refused = await storefront(target, "serve", "--port", "0")
    again = await storefront(target, "restore", "--replace", "--yes", path)

    assert "run storefront restore again" in refused.output
    assert again.exit_code == 0, again.output
    assert await contents(target.database) == await contents(source.database)


async def test_a_failed_backup_leaves_the_older_one(
    source: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "b"
    path.write_bytes(b"the older one")

    def full(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file.Writer, "write", full)
    result = await storefront(source, "backup", path)

    assert result.exit_code == 1
    assert "No space left on device" in result.output
    assert path.read_bytes() == b"the older one"
    assert names_in(tmp_path) == [path.name]


async def test_a_file_can_be_checked_alone(source: Shop, target: Shop, tmp_path: Path) -> None:
    path = tmp_path / "b"
    await saving.save(source, path)

    result = await storefront(target, "restore", "--check", path)

    assert result.exit_code == 0
    assert "is whole: Meridian" in result.output
    assert await contents(target.database) == {}
