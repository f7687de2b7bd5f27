"""`storefront migrate`: old data is brought up to date once, and newer data is left alone."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from click.testing import CliRunner, Result

from storefront import migrations
from storefront.app import INDEXES
from storefront.cli import main
from storefront.database import Database, connect
from storefront.migrations import runner

NOBODY = {"full_name": "Zoë Núñez", "email": "zoe@example.com"}
DAY = datetime(2026, 3, 4, 12, tzinfo=UTC)

Command = Callable[..., Any]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An empty database that no shop runs on."""
    connected = await connect(database_url, f"test_{secrets.token_hex(4)}")
    yield connected
    await connected.drop()
    connected.close()


@pytest.fixture
def storefront(database: Database, database_url: str) -> Command:
    """Runs the command on that database."""

    async def run(*arguments: str, **variables: str) -> Result:
        environment = {
            "STOREFRONT_ENV": "test",
            "STOREFRONT_DATABASE__URL": database_url,
            "STOREFRONT_DATABASE__NAME": database["any"].database.name,
            **variables,
        }
        return await asyncio.to_thread(CliRunner().invoke, main, arguments, env=environment)

    return run


async def put_old_data(database: Database) -> None:
    """A user and orders as the first version wrote them."""
    await database["users"].insert_one({**NOBODY})
    await database["orders"].insert_many(
        [
            old_order(1, DAY, 1000),
            old_order(2, DAY, 250),
            old_order(3, DAY, 4000, status="cancelled"),
            old_order(4, DAY + timedelta(days=1), 700),
        ]
    )


def old_order(
    number: int, at: datetime, total: int, *, status: str = "delivered"
) -> dict[str, Any]:
    return {
        "number": number,
        "created_at": at,
        "total": total,
        "status": status,
        "idempotency_key": str(number),
        "user_id": ObjectId(),
    }


async def sales(database: Database) -> dict[str, tuple[int, int]]:
    found = database["sales"].find({})
    return {each["_id"]: (each["orders"], each["total"]) async for each in found}


async def versions(database: Database) -> list[int]:
    return sorted([each["_id"] async for each in database["migrations"].find({})])


ALL = [each.number for each in migrations.ALL]


async def test_old_users_are_found_and_old_sales_summed_up(
    database: Database, storefront: Command
) -> None:
    await put_old_data(database)

    result = await storefront("migrate")

    assert result.exit_code == 0, result.output
    user = await database["users"].find_one({"email": NOBODY["email"]})
    assert {"z", "zoe", "nunez"} <= set(user["found_by"])
    assert await sales(database) == {"2026-03-04": (2, 1250), "2026-03-05": (1, 700)}
    assert await versions(database) == ALL
    assert await database.missing_indexes(INDEXES) == []


async def test_a_second_run_does_nothing(database: Database, storefront: Command) -> None:
    await put_old_data(database)
    await storefront("migrate")
    await database["sales"].delete_many({})

    result = await storefront("migrate")

    assert "Nothing is to be done." in result.output
    assert await sales(database) == {}


async def test_what_an_older_version_wrote_meanwhile_is_caught_up_with(
    database: Database, storefront: Command
) -> None:
    await put_old_data(database)
    await storefront("migrate")
    await database["orders"].insert_one(old_order(5, DAY + timedelta(days=1), 300))

    await storefront("migrate", "--again")

    assert await sales(database) == {"2026-03-04": (2, 1250), "2026-03-05": (2, 1000)}


async def test_a_plan_changes_nothing(database: Database, storefront: Command) -> None:
    await put_old_data(database)

    result = await storefront("migrate", "--plan")

    for migration in migrations.ALL:
        assert f"migration {migration.number}: {migration.what}" in result.output
    assert "index email of users" in result.output
    assert await sales(database) == {}
    assert await versions(database) == []


async def test_a_new_database_has_nothing_to_migrate(
    database: Database, storefront: Command
) -> None:
    plan = await runner.find_pending(database, INDEXES)
    await storefront("migrate")

    assert plan.migrations == ()
    assert await versions(database) == ALL


@pytest.mark.parametrize("command", [("migrate",), ("migrate", "--plan"), ("demo",), ("check",)])
async def test_newer_data_is_refused(
    database: Database, storefront: Command, command: tuple[str, ...]
) -> None:
    await database["migrations"].insert_one({"_id": 9999})

    result = await storefront(*command)

    assert result.exit_code == 1
    assert "migration 9999 was made" in result.output
    assert "Install the newer version" in result.output
    assert await versions(database) == [9999]
    assert await database["products"].find_one({}) is None


async def test_newer_data_is_not_served(database: Database, storefront: Command) -> None:
    await database["migrations"].insert_one({"_id": 9999})

    result = await storefront("serve", "--port", "0")

    assert result.exit_code == 1
    assert "The data is newer than this version of the shop" in result.output


PRODUCTION = {
    "STOREFRONT_ENV": "production",
    "STOREFRONT_SESSION__SECRET": "pYw3tq0vJb8mZc5nRk2xLs7dHf4gTa9e",
    "STOREFRONT_MAIL__TRANSPORT": "file",
    "STOREFRONT_SERVER__ALLOWED_HOSTS": "shop.example",
    "STOREFRONT_SERVER__PUBLIC_URL": "https://shop.example",
}


async def test_in_production_the_owner_chooses_when_to_migrate(
    database: Database, storefront: Command
) -> None:
    await put_old_data(database)

    result = await storefront("serve", "--port", "0", **PRODUCTION)

    assert result.exit_code == 1
    assert "Run storefront migrate first" in result.output
    assert f"migration 1: {migrations.ALL[0].what}" in result.output
    assert await sales(database) == {}


async def test_two_runners_wait_for_each_other(database: Database) -> None:
    await put_old_data(database)
    done = await asyncio.gather(*(runner.run_pending(database, INDEXES) for _ in range(2)))

    assert sorted(len(plan.migrations) for plan in done) == [0, len(ALL)]
    assert await versions(database) == ALL


async def test_a_lease_that_ran_out_is_taken_over(database: Database) -> None:
    await put_old_data(database)
    ended = datetime.now(UTC) - timedelta(seconds=1)
    await database["migrations"].insert_one({"_id": "lease", "by": "a dead one", "until": ended})

    plan = await runner.run_pending(database, INDEXES)

    assert len(plan.migrations) == len(ALL)
    assert await database["migrations"].find_one({"_id": "lease"}) is None


async def test_a_failed_migration_is_begun_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put_old_data(database)

    async def fail(*_arguments: Any) -> None:
        raise RuntimeError("the cable was pulled")

    first, second = migrations.ALL[:2]
    broken = migrations.Migration(second.number, second.what, fail)
    monkeypatch.setattr(migrations, "ALL", (first, broken))
    with pytest.raises(RuntimeError):
        await runner.run_pending(database, INDEXES)
    assert await versions(database) == [1]
    monkeypatch.undo()

    plan = await runner.run_pending(database, INDEXES)

    assert [each.number for each in plan.migrations] == ALL[1:]
    assert await sales(database) == {"2026-03-04": (2, 1250), "2026-03-05": (1, 700)}


def test_numbers_count_from_one_and_have_no_gaps() -> None:
    assert [each.number for each in migrations.ALL] == list(range(1, len(migrations.ALL) + 1))
