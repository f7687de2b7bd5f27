"""What every command needs: settings, the shop's database, and plain words when one fails."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import NoReturn, TypeVar

import click

from storefront import settings as settings_file
from storefront.database import Database, DatabaseUnreachableError, connect
from storefront.embedded import (
    EmbeddedDatabaseError,
    EmbeddedDatabaseMissing,
    Role,
    embedded_database,
)
from storefront.migrations import runner
from storefront.migrations.runner import UnusableDataError
from storefront.settings import Settings, SettingsError
from storefront.shop import Shop

Result = TypeVar("Result")


def load_settings() -> Settings:
    """The effective settings; says what is wrong with them and ends the command."""
    try:
        return settings_file.load()
    except SettingsError as error:
        fail(str(error))


def run(
    values: Settings,
    work: Callable[[Shop], Awaitable[Result]],
    *,
    role: Role = "command",
    checked: bool = True,
) -> Result:
    """Run ``work`` on the shop's database; a "command" joins a running embedded one.

    ``checked`` as for `open_shop`.
    """

    async def with_shop(url: str) -> Result:
        async with open_shop(values, url, checked=checked) as shop:
            return await work(shop)

    with database_url(values, role=role) as url:
        return asyncio.run(with_shop(url))


@contextlib.asynccontextmanager
async def open_shop(values: Settings, url: str, *, checked: bool = True) -> AsyncIterator[Shop]:
    """The shop without the parts that serve; ends the command when it must not use the data.

    With ``checked`` false that is not asked.
    """
    database = await _connected(values, url)
    try:
        if checked:
            await runner.refuse_unusable(database)
        yield Shop(values, database)
    except UnusableDataError as error:
        fail(str(error))
    finally:
        database.close()


async def _connected(values: Settings, url: str) -> Database:
    try:
        return await connect(url, values.database.name)
    except DatabaseUnreachableError as error:
        fail(
            f"database.url in {values.sources['database.url']}: the database cannot be reached: "
            f"{error}"
        )


@contextlib.contextmanager
def database_url(values: Settings, *, role: Role) -> Iterator[str]:
    """Where the database is; an embedded one runs at least until the block ends."""
    if not values.database.is_embedded:
        yield values.database.url.get_secret_value()
        return
    try:
        with embedded_database(Path(values.database.path), role=role) as url:
            yield url
    except EmbeddedDatabaseMissing as error:
        fail(str(error))
    except EmbeddedDatabaseError as error:
        fail(f"database.path in {values.sources['database.path']}: {error}")


def fail(message: str) -> NoReturn:
    """End the command with exit code 1."""
    raise click.ClickException(message)
