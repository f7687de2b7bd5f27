"""The commands that look after the data: migrate."""

import sys

import click

from storefront import terminal
from storefront.app import INDEXES
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
