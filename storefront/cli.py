"""The ``storefront`` command: what the owner does at the terminal."""

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import click

from storefront import logs, terminal, upkeep
from storefront.accounts import second_factor_setup
from storefront.accounts import service as accounts
from storefront.accounts.model import Role
from storefront.accounts.schemas import NewUser
from storefront.app import INDEXES
from storefront.catalogue.transfer_in import Report, import_products
from storefront.catalogue.transfer_out import export_products
from storefront.catalogue.transfer_rows import Complaint, FileRefusedError
from storefront.demo import loader
from storefront.errors import EmailTakenError, NotFoundError, ShopError, ValidationError
from storefront.history import By
from storefront.mail import transports
from storefront.serving import ServingError, listen
from storefront.serving import serve as supervise
from storefront.settings import Settings
from storefront.shop import Shop
from storefront.web import metrics
from storefront.web.security import is_allowed_host


@click.group()
@click.version_option(package_name="storefront")
def main() -> None:
    """Storefront, a hypermedia shop."""
    logs.configure()


for command in (upkeep.migrate, upkeep.backup, upkeep.restore):
    main.add_command(command)


@main.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on.")
@click.option("--workers", type=click.IntRange(1, 256), help="Worker processes.")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the shop until it is stopped. In development an empty one gets the demo catalogue."""
    for key, value in (("HOST", host), ("PORT", port), ("WORKERS", workers)):
        if value is not None:
            os.environ[f"STOREFRONT_SERVER__{key}"] = str(value)
    values = terminal.load_settings()
    try:
        listener = listen(values.server.host, values.server.port)
    except ServingError as error:
        terminal.fail(str(error))
    with (
        listener,
        tempfile.TemporaryDirectory(prefix="storefront-metrics-") as figures,
        terminal.database_url(values, role="shop") as url,
    ):
        asyncio.run(_prepare(values, url))
        os.environ[metrics.FOLDER] = figures
        sys.exit(supervise(listener, workers=values.server.workers))


@main.command()
@click.option("--products", type=click.IntRange(1), help="Load so many generated products instead.")
@click.option("--seed", type=int, default=1, help="Other seeds generate other products.")
def demo(products: int | None, seed: int) -> None:
    """Load the demo catalogue and the demo accounts; running it twice changes nothing."""
    values = terminal.load_settings()
    if values.is_production:
        terminal.fail("The demo is not for production: its accounts have a public password.")
    if products is not None:
        added = terminal.run(values, lambda shop: _load_generated(shop, products, seed))
        click.echo(f"{products} generated products are in the shop, {added} of them new.")
        return
    loaded = terminal.run(values, _load_demo)
    click.echo(f"{loaded} demo products are in the shop.")
    click.echo("Sign in as shopper@example.com or staff@example.com with storefront-demo.")


@main.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything, write nothing.")
def import_(file: Path, *, dry_run: bool) -> None:
    """Add and change products from a CSV or JSON Lines file; see docs/import.md.

    Lines that cannot be taken are named; the others are. Running it again changes nothing more.
    """
    size = file.stat().st_size
    try:
        report = terminal.run(
            terminal.load_settings(),
            lambda shop: _import_products(shop, file, size=size, dry_run=dry_run),
        )
    except (FileRefusedError, ShopError) as error:
        terminal.fail(f"{file}: {error}")
    would = "would be " if dry_run else ""
    click.echo(
        f"{report.new} products {would}new, {report.changed} {would}changed,"
        f" {report.unchanged} as they were."
    )
    if report.complaints:
        errors = "1 error" if report.complaints == 1 else f"{report.complaints} errors"
        terminal.fail(f"{errors}; of the products on those lines nothing was written.")


@main.command("export")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
def export(file: Path) -> None:
    """Write all products to a CSV or JSON Lines file, which can be imported again."""
    try:
        count = terminal.run(terminal.load_settings(), lambda shop: _export_products(shop, file))
    except (FileRefusedError, OSError) as error:
        terminal.fail(f"{file}: {error}")
    click.echo(f"{count} products are in {file.absolute()}.")


@main.command("create-user")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--full-name", prompt=True)
@click.option("--phone", prompt=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create_user(email: str, role: str, full_name: str, phone: str, *, password_stdin: bool) -> None:
    """Create a user, who is told nothing of it by mail."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)

    async def create(shop: Shop) -> None:
        await shop.database.ensure_indexes(INDEXES)
        new_user = NewUser.checked(
            shop, full_name=full_name, phone=phone, email=email, password=password
        )
        await accounts.create_user(shop, new_user, role=Role(role))

    try:
        terminal.run(terminal.load_settings(), create)
    except ValidationError as error:
        terminal.fail("\n".join(f"{each.field}: {each.message}" for each in error.errors))
    except EmailTakenError:
        terminal.fail(f"{email} has an account already.")
    click.echo(f"{email} can sign in as {role}.")


@main.command("remove-second-factor")
@click.argument("email")
def remove_second_factor(email: str) -> None:
    """Let somebody sign in by password alone who lost phone and recovery codes.

    They are signed out everywhere, and told by mail.
    """

    async def remove(shop: Shop) -> None:
        user = await accounts.find_user_by_email(shop, email)
        if user is None:
            raise NotFoundError(f"Nobody has an account as {email}.")
        await second_factor_setup.remove(shop, By(), user)

    try:
        terminal.run(terminal.load_settings(), remove)
    except NotFoundError as error:
        terminal.fail(str(error))
    click.echo(f"{email} can sign in with the password alone.")


@main.command()
def check() -> None:
    """Validate the settings, reach database and mail server, report indexes."""
    values = terminal.load_settings()
    click.echo(f"settings: {values.environment}, all keys valid")
    for warning in _warnings(values):
        click.echo(f"  {warning}")
    is_well = terminal.run(values, _check_database)
    problem = asyncio.run(transports.find_problem(values.mail))
    click.echo(f"mail: {problem or 'reachable'} ({values.mail.transport})")
    if problem or not is_well:
        sys.exit(1)


def _warnings(values: Settings) -> Iterator[str]:
    """What is allowed, but for customers hardly meant."""
    host = urlsplit(values.public_url).netloc
    if not values.is_production:
        return
    if not values.server.public_url:
        yield f"server.public_url is empty: links in mails lead to {values.public_url}"
    elif not is_allowed_host(host, values.server.allowed_hosts):
        yield f"server.allowed_hosts lacks {host}, the host of server.public_url"


async def _check_database(shop: Shop) -> bool:
    missing = await shop.database.missing_indexes(INDEXES)
    declared = sum(len(indexes) for indexes in INDEXES.values())
    click.echo(f"database: reachable ({shop.settings.database.name})")
    click.echo(f"indexes: {declared - len(missing)} of {declared} present")
    if len(missing) == declared:
        click.echo("  a new database: the next start creates them")
        return True
    for collection, name in missing:
        click.echo(f"  missing: {collection}.{name} (the next start creates it)")
    return True


async def _load_demo(shop: Shop) -> int:
    await shop.database.ensure_indexes(INDEXES)
    count = await loader.load_demo_catalogue(shop)
    await accounts.ensure_demo_accounts(shop)
    return count


async def _load_generated(shop: Shop, count: int, seed: int) -> int:
    await shop.database.ensure_indexes(INDEXES)
    with click.progressbar(length=count, label="Generating", file=sys.stderr) as bar:
        return await loader.load_generated_catalogue(
            shop, count, seed=seed, progress=lambda seen: bar.update(seen - bar.pos)
        )


async def _import_products(shop: Shop, file: Path, *, size: int, dry_run: bool) -> Report:
    if not dry_run:
        await shop.database.ensure_indexes(INDEXES)

    def complain(complaint: Complaint) -> None:
        where = f"{complaint.field}: " if complaint.field else ""
        # Erases the progress bar's line; click leaves the codes out where nobody watches.
        click.echo(f"\x1b[2K\x1b[G{file}:{complaint.line}: {where}{complaint.message}", err=True)

    with click.progressbar(length=size, label="Importing", file=sys.stderr) as bar:
        return await import_products(
            shop,
            file,
            dry_run=dry_run,
            complain=complain,
            progress=lambda position: bar.update(position - bar.pos),
        )


async def _export_products(shop: Shop, file: Path) -> int:
    with click.progressbar(length=1, label="Exporting", file=sys.stderr) as bar:

        def started(count: int) -> None:
            bar.length = count

        return await export_products(shop, file, started=started, progress=bar.update)


async def _prepare(values: Settings, url: str) -> None:
    """Before workers start: is the database there, and has a new shop something to show?"""
    async with terminal.open_shop(values, url) as shop:
        await upkeep.prepare_data(shop)
        lost = await second_factor_setup.reseal_all(shop)
        if lost:
            click.echo(
                f"{lost} second factors are encrypted with a session.secret that is not set:"
                " only recovery codes open those accounts.",
                err=True,
            )
        if values.is_development and await loader.is_empty(shop):
            await _load_demo(shop)
