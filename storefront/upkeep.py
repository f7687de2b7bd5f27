"""The commands that look after the data: migrate, backup, restore."""

import sys
from pathlib import Path

import click

from storefront import terminal
from storefront.app import INDEXES
from storefront.backups import file as backup_file
from storefront.backups import restoring, saving
from storefront.backups.file import BackupRefusedError
from storefront.backups.restoring import NotEmptyError
from storefront.backups.saving import BackupFailedError
from storefront.migrations import runner
from storefront.migrations.runner import Plan
from storefront.shop import Shop


@click.command()
@click.option("--plan", is_flag=True, help="Only show what would be done.")
@click.option(
    "--again", is_flag=True, help="Also repeat what is done, for what an older version wrote since."
)
def migrate(*, plan: bool, again: bool) -> None:
    """Bring data and indexes up to this version, while the version before may still serve."""
    values = terminal.load_settings()
    if plan:
        pending = terminal.run(
            values, lambda shop: runner.find_pending(shop.database, INDEXES, again=again)
        )
        click.echo(_described(pending))
        return
    done = terminal.run(values, lambda shop: _migrate(shop, again=again))
    click.echo("Done." if done else "Nothing is to be done.")


def _described(plan: Plan) -> str:
    if not plan:
        return "Nothing is to be done."
    return "\n".join(
        [
            *(f"migration {each.number}: {each.what}" for each in plan.migrations),
            *(f"index {name} of {collection}" for collection, name in plan.indexes),
        ]
    )


async def _migrate(shop: Shop, *, again: bool) -> Plan:
    seen = 0

    def started(what: str) -> None:
        nonlocal seen
        seen = 0
        click.echo(what)

    def progress(count: int) -> None:
        nonlocal seen
        seen += count
        if sys.stderr.isatty():
            click.echo(f"\r  {seen} documents", nl=False, err=True)

    return await runner.run_pending(
        shop.database, INDEXES, again=again, started=started, progress=progress
    )


async def prepare_data(shop: Shop) -> None:
    """Before the shop is served: make what is pending, or in production ask for it.

    A migration of much data takes long, so whoever runs a shop for customers chooses the moment;
    a new database has nothing to migrate.
    """
    plan = await runner.find_pending(shop.database, INDEXES)
    if not plan:
        return
    values = shop.settings
    decides_owner = values.is_production and not values.database.is_embedded
    if decides_owner and not await runner.is_new(shop.database):
        terminal.fail(
            f"The data is older than this version of the shop:\n{_described(plan)}\n"
            "Run storefront migrate first; the version before may go on serving meanwhile."
        )
    await runner.run_pending(shop.database, INDEXES, started=click.echo)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
def backup(file: Path) -> None:
    """Write the whole database to FILE as it is at one moment, while the shop goes on.

    With photos; without sessions, so that a restored shop opens none again that were ended.
    Keep it well: it holds what customers trusted the shop with.
    """
    try:
        counts = terminal.run(terminal.load_settings(), lambda shop: _save(shop, file))
    except (BackupFailedError, OSError) as error:
        terminal.fail(f"{file}: {error}")
    size = file.stat().st_size / 1_000
    click.echo(f"{sum(counts.values())} documents are in {file.absolute()} ({size:,.0f} kB).")


async def _save(shop: Shop, file: Path) -> dict[str, int]:
    with click.progressbar(length=1, label="Saving", file=sys.stderr) as bar:

        def started(count: int) -> None:
            bar.length = max(1, count)

        return await saving.save(shop, file, started=started, progress=bar.update)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Throw away what is in the database, after asking.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--check", "only_check", is_flag=True, help="Only see whether FILE is whole.")
def restore(file: Path, *, replace: bool, yes: bool, only_check: bool) -> None:
    """Make the backup FILE the content of an empty database.

    Stop the shop first. A file that is cut off or was changed is refused before anything is
    written.
    """
    values = terminal.load_settings()
    try:
        if only_check:
            header = backup_file.check(file).header
            click.echo(f"{file} is whole: {header.shop}, {header.made_at:%Y-%m-%d %H:%M} UTC.")
            return
        if replace and not yes:
            name = values.database.name
            click.confirm(f"Throw away all that is in the database {name}?", abort=True)
        count = terminal.run(
            values,
            lambda shop: _restore(shop, file, replace=replace),
            role="shop",  # An embedded database must be nobody else's meanwhile.
            checked=False,
        )
    except BackupRefusedError as error:
        terminal.fail(f"{file} was not used: {error}")
    except NotEmptyError as error:
        terminal.fail(
            f"The database is not empty ({error}); nothing was changed. With --replace what is in"
            " it is thrown away."
        )
    click.echo(f"{count} documents were restored.")


async def _restore(shop: Shop, file: Path, *, replace: bool) -> int:
    size = file.stat().st_size  # noqa: ASYNC240  (nobody waits for this command's event loop)
    with (
        click.progressbar(length=size, label="Checking", file=sys.stderr) as checked,
        click.progressbar(length=size, label="Restoring", file=sys.stderr) as written,
    ):
        return await restoring.restore(
            shop,
            file,
            indexes=INDEXES,
            replace=replace,
            checking=lambda position: checked.update(position - checked.pos),
            writing=lambda position: written.update(position - written.pos),
        )
