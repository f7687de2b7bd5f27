"""create_app(): the only wiring. Reads from top to bottom as the shop opens."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from quart import Quart

from storefront import database_figures, history, settings, tracing
from storefront.accounts import (
    account_pages,
    preferences,
    second_factor_api,
    second_factor_pages,
    second_step,
    sessions,
)
from storefront.accounts import api as accounts_api
from storefront.accounts import mails as account_mails
from storefront.accounts import pages as accounts_pages
from storefront.accounts import service as accounts
from storefront.accounts import store as accounts_store
from storefront.accounts.remembered import RememberedSessions
from storefront.accounts.session_cache import SessionCache, UserChanges
from storefront.carts import api as carts_api
from storefront.carts import pages as carts_pages
from storefront.carts import showing as cart_showing
from storefront.carts import store as carts_store
from storefront.carts.counts import CartCounts
from storefront.carts.model import Address
from storefront.carts.showing import AddressBook
from storefront.catalogue import api as catalogue_api
from storefront.catalogue import crawlers, images, photo_store
from storefront.catalogue import pages as catalogue_pages
from storefront.catalogue import store as catalogue_store
from storefront.catalogue.fragments import write_fragment
from storefront.catalogue.index import CategoryLabels, ProductIndex
from storefront.catalogue.photos import PhotoCache, PhotoSweep
from storefront.catalogue.uploads import Darkroom
from storefront.chat import api as chat_api
from storefront.chat import digest, live, presence, staff_pages
from storefront.chat import pages as chat_pages
from storefront.chat import showing as chat_showing
from storefront.chat import store as chat_store
from storefront.chat.broker import Broker
from storefront.chat.desk import DeskChanges
from storefront.chat.settling import Settling
from storefront.chat.unread import UnreadCounts
from storefront.chat.writing import Writer
from storefront.database import Database, connect
from storefront.embedded import embedded_database
from storefront.expiry import keep_deleting_expired
from storefront.mail import figures as mail_figures
from storefront.mail import store as mail_store
from storefront.mail import transports
from storefront.mail.rendering import LateFacts
from storefront.mail.sender import Sender
from storefront.orders import api as orders_api
from storefront.orders import pages as orders_pages
from storefront.orders import store as orders_store
from storefront.orders.waiting import WaitingOrders
from storefront.privacy import api as privacy_api
from storefront.privacy import pages as privacy_pages
from storefront.settings import Rate, Settings
from storefront.shop import Shop
from storefront.staff import api as staff_api
from storefront.staff import components as staff_components
from storefront.staff import config as staff_config
from storefront.staff import errors as staff_errors
from storefront.staff import mail as staff_mail
from storefront.staff import orders as staff_orders
from storefront.staff import products as staff_products
from storefront.staff import products_bulk, products_edit, today
from storefront.staff import users as staff_users
from storefront.web import (
    error_log,
    failures,
    health,
    language,
    limits,
    metrics,
    notices,
    openapi,
    pages,
    security,
    shedding,
    tallies,
)
from storefront.web.assets import Assets, StaticFiles
from storefront.web.compression import Compression
from storefront.web.limits import ApiCalls
from storefront.web.measuring import Measured
from storefront.web.methods import MethodOverride
from storefront.web.proxies import ForwardedHeaders
from storefront.web.public_pages import PublicPages
from storefront.web.rendering import PageParts, Templates
from storefront.web.sharing import KnownVisitors
from storefront.web.shedding import Shedding

log = logging.getLogger(__name__)

LARGEST_BODY_BYTES = 12 * 1024 * 1024
RESTART_AFTER_SECONDS = 1

Work = Callable[[], Coroutine[Any, Any, None]]

INDEXES = {
    **history.INDEXES,
    **failures.INDEXES,
    **limits.INDEXES,
    **accounts_store.INDEXES,
    **mail_store.INDEXES,
    **catalogue_store.INDEXES,
    **photo_store.INDEXES,
    **carts_store.INDEXES,
    **orders_store.INDEXES,
    **chat_store.INDEXES,
    **presence.INDEXES,
}


def create_app(values: Settings | None = None) -> Quart:
    """The shop as an ASGI application; it connects to its database when serving starts."""
    values = values or settings.load()
    app = Quart("storefront", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY_BYTES
    security.secure(app)
    app.before_request(shedding.limit_database_time)
    app.before_request(sessions.identify)
    app.before_websocket(sessions.identify)
    app.before_request(language.choose_language)
    app.before_websocket(language.choose_language)
    app.before_request(limits.refuse_rush)
    app.after_request(sessions.renew_cookie)
    app.after_request(preferences.keep_with_account)
    app.after_request(notices.keep_notices)
    database_figures.listen()
    traces = tracing.start()
    failures.handle_failures(app)
    openapi.describe_api(app)  # Brings its own JSON provider.
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of the default provider
    for blueprint in (
        health.blueprint,
        metrics.blueprint,
        openapi.blueprint,
        pages.blueprint,
        catalogue_pages.blueprint,
        catalogue_api.blueprint,
        images.blueprint,
        crawlers.blueprint,
        carts_pages.blueprint,
        carts_api.blueprint,
        orders_api.blueprint,
        orders_pages.blueprint,
        accounts_pages.blueprint,
        account_pages.blueprint,
        second_step.blueprint,
        second_factor_pages.blueprint,
        second_factor_api.blueprint,
        accounts_api.blueprint,
        privacy_pages.blueprint,
        privacy_api.blueprint,
        chat_pages.blueprint,
        staff_pages.blueprint,
        staff_users.blueprint,
        staff_mail.blueprint,
        staff_errors.blueprint,
        staff_config.blueprint,
        staff_components.blueprint,
        staff_api.blueprint,
        today.blueprint,
        staff_orders.blueprint,
        staff_products.blueprint,
        products_edit.blueprint,
        products_bulk.blueprint,
        chat_api.blueprint,
        live.blueprint,
    ):
        app.register_blueprint(blueprint)
    assets = Assets()

    @app.while_serving
    async def open_shop() -> AsyncGenerator[None, None]:
        with contextlib.ExitStack() as stack:
            database = await _open_database(values, stack)
            shop = Shop(values, database)
            app.extensions["shop"] = shop
            shop.add_part(Templates(shop, assets))
            shop.add_part(ApiCalls(Rate.parse(values.limits.api)))
            shop.add_part(error_log.Refusals())
            shop.add_part(
                PageParts(
                    cart_count=cart_showing.cart_count,
                    unread_count=chat_showing.unread_count,
                    categories=catalogue_pages.category_links,
                )
            )
            shop.add_part(_known_visitors(shop))
            shop.add_part(LateFacts({**account_mails.LINKS}))
            session_cache, sender = SessionCache(shop), Sender(shop, transports.choose(values.mail))
            shop.add_part(session_cache)
            shop.changes.subscribe("sessions", session_cache)
            shop.changes.subscribe("users", UserChanges(session_cache))
            shop.changes.subscribe("second_factors", UserChanges(session_cache))
            shop.changes.subscribe("outbox", sender)
            _add_carts(shop)
            _add_orders(shop)
            products = _add_catalogue(shop)
            chat_tasks = _add_chat(shop)
            await database.ensure_indexes(INDEXES)
            await shop.changes.start()
            async with _running(
                database.expire_abandoned_transactions,
                metrics.watch_event_loop,
                tallies.keep_handing_on,
                sender.run,
                partial(mail_figures.watch_outbox, shop),
                shop.part(PhotoSweep).run,
                *chat_tasks,
                *_expiring(database),
            ):
                yield
            await shop.changes.stop()
            await products.close()
            database.close()

    app.asgi_app = _layered(app, assets, values, traces)  # type: ignore[method-assign]
    return app


def _layered(app: Quart, assets: Assets, values: Settings, traces: tracing.Traces | None) -> Any:
    """What stands before the framework, in plain ASGI; the last named is met first."""
    layers: Any = Shedding(app.asgi_app, shop=lambda: app.extensions.get("shop"))
    layers = Compression(layers)
    layers = MethodOverride(layers)
    layers = StaticFiles(layers, assets)
    layers = Measured(layers, app)
    layers = PublicPages(
        layers,
        shop=lambda: app.extensions.get("shop"),
        version=lambda shop: shop.part(ProductIndex).version,
        write=write_fragment,
    )
    if traces:
        layers = traces.layer(layers)
        app.after_serving(traces.close)
    return ForwardedHeaders(layers, values.server.trusted_proxies)


def _known_visitors(shop: Shop) -> KnownVisitors:
    """What the slices remember of visitors, for the layer that answers from memory."""
    return KnownVisitors(
        identity=RememberedSessions(shop).identity,
        cart_count=partial(cart_showing.remembered_count, shop),
        unread_count=lambda identity: shop.part(UnreadCounts).remembered(identity),
    )


def _add_catalogue(shop: Shop) -> ProductIndex:
    """Let the change feed fill the read model, and keep pictures in step."""
    products, photos, sweep = ProductIndex(shop), PhotoCache(), PhotoSweep(shop)
    for part in (products, photos, sweep, Darkroom()):
        shop.add_part(part)
    shop.changes.subscribe("products", products)
    shop.changes.subscribe("categories", CategoryLabels(products))
    shop.changes.subscribe("photos.files", photos)
    shop.changes.subscribe("products", sweep)
    return products


def _add_carts(shop: Shop) -> None:
    """Let the change feed keep the counts in step."""
    counts = CartCounts()
    shop.add_part(counts)
    shop.changes.subscribe("cart", counts)
    shop.add_part(AddressBook(_saved_addresses))


def _add_orders(shop: Shop) -> None:
    """Let the change feed tell which orders wait."""
    waiting = WaitingOrders(shop)
    shop.add_part(waiting)
    shop.changes.subscribe("orders", waiting)


def _add_chat(shop: Shop) -> list[Work]:
    """Let the change feed tell the chat's parts; returns what they run in the background."""
    broker = Broker(shop)
    people = presence.Presence(shop, broker)
    settling = Settling(shop, broker)
    writer = Writer(shop)
    for part in (broker, people, writer):
        shop.add_part(part)
    shop.changes.subscribe("messages", broker)
    shop.changes.subscribe("messages", writer)
    unread = UnreadCounts(shop)
    shop.add_part(unread)
    shop.changes.subscribe("conversations", unread)
    shop.changes.subscribe("conversations", DeskChanges(broker))
    shop.changes.subscribe("conversations", settling)
    shop.changes.subscribe("presence", people)
    return [
        broker.keep_up,
        people.keep,
        settling.keep,
        partial(live.watch_sessions, shop),
        partial(digest.send_digests, shop),
    ]


async def _saved_addresses(shop: Shop, user_id: str) -> Sequence[Address]:
    return (await accounts.get_user(shop, user_id)).addresses


async def _open_database(values: Settings, stack: contextlib.ExitStack) -> Database:
    url = values.database.url.get_secret_value()
    if values.database.is_embedded:
        url = stack.enter_context(embedded_database(Path(values.database.path), role="command"))
    return await connect(url, values.database.name)


def _expiring(database: Database) -> list[Work]:
    """What MongoDB does by itself, and the embedded database had better not."""
    return [] if database.deletes_expired else [partial(keep_deleting_expired, database, INDEXES)]


@contextlib.asynccontextmanager
async def _running(*works: Work) -> AsyncIterator[None]:
    """Do ``works`` in the background until the block ends."""
    started = [asyncio.create_task(_for_ever(work)) for work in works]
    try:
        yield
    finally:
        for task in started:
            task.cancel()
        await asyncio.gather(*started, return_exceptions=True)


async def _for_ever(work: Work) -> None:
    """Begin ``work`` again when it fails: an outbox that nobody empties helps nobody."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("A background task failed; it begins again.")
            await asyncio.sleep(RESTART_AFTER_SECONDS)
        else:
            return
