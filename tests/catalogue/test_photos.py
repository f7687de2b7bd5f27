"""Photos: what staff send, what is kept of it, and what browsers get."""

import struct
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image, ImageCms
from quart import Quart

from storefront.accounts.model import Role
from storefront.catalogue import photo_store, photos
from storefront.catalogue.model import Product
from storefront.catalogue.photos import Photo
from storefront.shop import Shop
from tests.carts.shelves import customer, put_on_shelf
from tests.conftest import browser, eventually

RED, BLUE = (254, 0, 0), (0, 0, 254)
CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
ROTATED_BY_90 = 6


@pytest.fixture
async def staff(app: Quart) -> AsyncIterator[httpx.AsyncClient]:
    async with await customer(app, role=Role.STAFF) as client:
        yield client


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    output = BytesIO()
    image.save(output, kind, **options)
    return output.getvalue()


def picture(colour: Any = "red", size: tuple[int, int] = (400, 500)) -> bytes:
    return encoded(Image.new("RGB", size, colour))


def opened(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image


def colour_of(content: bytes) -> tuple[int, ...]:
    """The colour in the middle, to the nearest of what lossy formats tell apart."""
    image = opened(content).convert("RGB")
    pixel = image.getpixel((image.width // 2, image.height // 2))
    assert isinstance(pixel, tuple)
    return tuple(254 if part > 245 else 0 if part < 10 else int(part) for part in pixel)


async def send(
    client: httpx.AsyncClient, product_id: str, content: bytes, **options: Any
) -> httpx.Response:
    return await client.put(f"/api/v1/products/{product_id}/photo", content=content, **options)


async def snapshot(shop: Shop, product: Product) -> tuple[Any, int]:
    """What a refusal must leave as it is."""
    document = await shop.database["products"].find_one({"variants.sku": product.variants[0].sku})
    return document, len(await photo_store.list_photos(shop, product.id))


async def test_a_camera_photo_comes_back_upright_in_three_sizes_and_says_nothing_of_its_place(
    shop: Shop, staff: httpx.AsyncClient
) -> None:
    product = await put_on_shelf(shop, name="Camera mug")
    exif = Image.Exif()
    exif[0x0112] = ROTATED_BY_90
    exif[0x010F] = "A camera maker"
    exif.get_ifd(0x8825).update({1: "N", 2: (40.0, 25.0, 1.0), 3: "W", 4: (3.0, 42.0, 9.0)})
    lying = Image.new("RGB", (4000, 3000), "red")
    lying.paste("blue", (0, 0, 4000, 1500))  # its upper half is the right half when upright
    upload = encoded(lying, "JPEG", exif=exif, comment=b"a comment", quality=90)
    assert b"A camera maker" in upload

    answer = await send(staff, product.id, upload)

    assert answer.status_code == 200
    assert answer.json()["photo"] == f"/images/{product.id}"
    for width, height in ((320, 427), (640, 854), (1280, 1707)):
        for accept, kind in ((CHROME, "AVIF"), ("image/webp,*/*", "WEBP"), ("*/*", "JPEG")):
            address = f"/images/{product.id}?width={width}"
            shown = await staff.get(address, headers={"Accept": accept})
            assert shown.headers["Content-Type"] == f"image/{kind.lower()}"
            image = opened(shown.content)
            assert (image.format, image.size) == (kind, (width, height))
            assert not image.getexif()
            assert image.info.keys() & {"exif", "xmp", "icc_profile", "comment"} == set()
            assert b"camera maker" not in shown.content
            colours = image.convert("RGB")
            left, right = (colours.getpixel((x, height // 2)) for x in (9, width - 9))
            assert (left[0] > 245, left[2] < 10) == (True, True)
            assert (right[2] > 245, right[0] < 10) == (True, True)


async def test_a_small_photo_is_never_enlarged(shop: Shop, staff: httpx.AsyncClient) -> None:
    product = await put_on_shelf(shop)
    await send(staff, product.id, picture(size=(500, 400)))
    sizes = [
        opened((await staff.get(f"/images/{product.id}?width={width}")).content).size
        for width in (320, 640, 1280)
    ]
    assert sizes == [(320, 256), (500, 400), (500, 400)]


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
async def test_other_formats_are_turned_upright_too(
    shop: Shop, staff: httpx.AsyncClient, kind: str
) -> None:
    product = await put_on_shelf(shop)
    exif = Image.Exif()
    exif[0x0112] = ROTATED_BY_90
    await send(staff, product.id, encoded(Image.new("RGB", (400, 300)), kind, exif=exif))
    assert opened((await staff.get(f"/images/{product.id}")).content).size == (300, 400)


async def test_transparency_becomes_white_in_jpeg_and_stays_in_webp(
    shop: Shop, staff: httpx.AsyncClient
) -> None:
    product = await put_on_shelf(shop)
    await send(staff, product.id, encoded(Image.new("RGBA", (400, 500), (0, 0, 255, 0))))
    jpeg = await staff.get(f"/images/{product.id}")
    webp = await staff.get(f"/images/{product.id}", headers={"Accept": "image/webp"})
    assert colour_of(jpeg.content) == (254, 254, 254)
    assert opened(webp.content).convert("RGBA").getpixel((9, 9))[3] == 0  # type: ignore[index]


async def test_rare_kinds_of_pixels_keep_their_colours(
    shop: Shop, staff: httpx.AsyncClient
) -> None:
    product = await put_on_shelf(shop)
    swapped = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    uploads = {
        (254, 254, 254): encoded(Image.new("1", (90, 90), 1)),
        (156, 156, 156): encoded(Image.new("I;16", (90, 90), 40_000)),
        RED: encoded(Image.new("CMYK", (90, 90), (0, 255, 255, 0)), "JPEG"),
        BLUE: encoded(Image.new("RGB", (90, 90), "blue").quantize(), icc_profile=swapped),
        (100, 100, 100): encoded(Image.new("L", (90, 90), 100), icc_profile=b"not a profile"),
    }
    for colour, upload in uploads.items():
        answer = await send(staff, product.id, upload)
        assert answer.status_code == 200
        assert colour_of((await staff.get(await stored_link_of(shop, product))).content) == colour


async def stored_link_of(shop: Shop, product: Product) -> str:
    sku = product.variants[0].sku
    return str((await shop.database["products"].find_one({"variants.sku": sku}))["photo"])


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def png_bomb(width: int, height: int) -> bytes:
    """A few hundred bytes that claim to be a picture of this size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _png_chunk(b"IHDR", header)
        + _png_chunk(b"IDAT", zlib.compress(bytes(100_000)))
        + _png_chunk(b"IEND", b"")
    )


def webp_bomb() -> bytes:
    """An animation whose one frame is tiny, on the largest canvas that WebP can name."""
    frame = encoded(Image.new("RGB", (4, 4)), "WEBP")[12:]
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x02\0\0\0"
    body += (16_382).to_bytes(3, "little") * 2 + b"ANIM" + struct.pack("<I", 6) + bytes(6)
    body += b"ANMF" + struct.pack("<I", 16 + len(frame)) + bytes(6)
    body += (3).to_bytes(3, "little") * 2 + bytes(4) + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


def scan_bomb() -> bytes:
    """A small JPEG that makes its reader walk over all pixels again and again."""
    jpeg = encoded(Image.new("RGB", (400, 300)), "JPEG", progressive=True)
    last_scan = jpeg[jpeg.rfind(b"\xff\xda") : -2]
    return jpeg[:-2] + last_scan * 500 + jpeg[-2:]


REFUSED = {
    "too many pixels": (png_bomb(10_000, 5_001), 422),
    "a decompression bomb": (png_bomb(60_000, 60_000), 422),
    "a bomb in WebP": (webp_bomb(), 422),
    "a JPEG of endless scans": (scan_bomb(), 422),
    "too narrow": (png_bomb(20_000, 10), 422),
    "a JPEG cut off": (encoded(Image.effect_noise((300, 300), 50), "JPEG")[:-3_000], 422),
    "a PNG cut off": (encoded(Image.effect_noise((300, 300), 50))[:-3_000], 422),
    "a WebP cut off": (encoded(Image.effect_noise((300, 300), 50), "WEBP")[:-300], 422),
    "only the first bytes of a JPEG": (b"\xff\xd8\xff\xe0", 422),
    "a PNG with a broken checksum": (picture()[:29] + b"????" + picture()[33:], 422),
    "a GIF": (encoded(Image.new("P", (9, 9)), "GIF"), 415),
    "a drawing with a script": (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", 415),
    "a page": (b"<!doctype html><script>alert(1)</script>", 415),
    "nothing": (b"", 415),
    "a JPEG behind a page": (b"<script></script>" + encoded(Image.new("L", (9, 9)), "JPEG"), 415),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_what_is_no_sound_photo_is_refused_and_changes_nothing(
    shop: Shop, staff: httpx.AsyncClient, what: str
) -> None:
    upload, status = REFUSED[what]
    product = await put_on_shelf(shop)
    before = await snapshot(shop, product)

    answer = await send(staff, product.id, upload, headers={"Content-Type": "image/jpeg"})

    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    if status == 422:
        assert [each["field"] for each in problem["errors"]] == ["photo"]
    else:
        assert problem["type"] == "/problems/unsupported-media-type"
    assert await snapshot(shop, product) == before


async def test_more_than_ten_megabytes_are_refused_told_or_untold(
    shop: Shop, staff: httpx.AsyncClient
) -> None:
    product = await put_on_shelf(shop)
    before = await snapshot(shop, product)
    whole = picture() + bytes(10 * 1024 * 1024)

    async def streamed() -> AsyncIterator[bytes]:
        for start in range(0, len(whole), 65_536):
            yield whole[start : start + 65_536]

    told = await send(staff, product.id, whole)
    untold = await staff.put(f"/api/v1/products/{product.id}/photo", content=streamed())

    assert [told.status_code, untold.status_code] == [413, 413]
    assert told.json()["type"] == untold.json()["type"] == "/problems/payload-too-large"
    assert await snapshot(shop, product) == before


async def test_of_a_photo_that_is_also_a_page_only_the_photo_is_kept(
    shop: Shop, staff: httpx.AsyncClient
) -> None:
    product = await put_on_shelf(shop)
    script = b"<html><script>alert(1)</script></html>"
    upload = encoded(Image.new("RGB", (90, 90), "red"), "JPEG", comment=script) + script

    answer = await send(staff, product.id, upload, headers={"Content-Type": "text/html"})

    assert answer.status_code == 200
    shown = await staff.get(f"/images/{product.id}")
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert b"script" not in shown.content
    assert colour_of(shown.content) == RED


async def test_who_may_do_it_is_decided_before_what_it_is_about(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop)
    nowhere = "0" * 24
    async with browser(app) as guest, await customer(app) as shopper:
        for client, status in ((guest, 401), (shopper, 403)):
            for product_id in (product.id, nowhere):
                assert (await send(client, product_id, b"no photo")).status_code == status
    async with await customer(app, role=Role.STAFF) as staff:
        missing = await send(staff, nowhere, b"no photo")
        assert missing.json()["type"] == "/problems/product-not-found"
        no_variant = await send(staff, product.id, b"no photo", params={"sku": "NONE"})
        assert no_variant.json()["type"] == "/problems/not-found"


async def test_a_new_photo_replaces_the_old_one_everywhere(
    shop: Shop, staff: httpx.AsyncClient
) -> None:
    product = await put_on_shelf(shop)
    await send(staff, product.id, picture("red"))
    old_link = await stored_link_of(shop, product)
    old_files = {each.key for each in await photo_store.list_photos(shop, product.id)}

    await send(staff, product.id, picture("blue"))

    new_link = await stored_link_of(shop, product)
    page = (await staff.get(f"/products/{product.id}")).text
    assert old_link != new_link
    assert new_link in page.replace("&amp;", "&")
    assert old_link not in page.replace("&amp;", "&")
    left = {each.key for each in await photo_store.list_photos(shop, product.id)}
    assert left
    assert left.isdisjoint(old_files)
    assert await shop.database["photos.chunks"].find_one({"files_id": min(old_files)}) is None
    for address in (new_link, f"/images/{product.id}", old_link):
        assert colour_of((await staff.get(address)).content) == BLUE


async def test_only_an_address_with_its_version_is_kept_for_good(
    shop: Shop, staff: httpx.AsyncClient
) -> None:
    product = await put_on_shelf(shop)
    await send(staff, product.id, picture("red"))
    old_link = await stored_link_of(shop, product)
    await send(staff, product.id, picture("blue"))

    kept = await staff.get(await stored_link_of(shop, product))
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert kept.headers["Vary"].startswith("Accept")
    for address in (old_link, f"/images/{product.id}"):
        shown = await staff.get(address)
        assert shown.headers["Cache-Control"] == "public, max-age=60"
        again = await staff.get(address, headers={"If-None-Match": shown.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_formats_and_sizes_differ_in_their_etags_and_the_same_pixels_do_not(
    shop: Shop, staff: httpx.AsyncClient
) -> None:
    product, other = await put_on_shelf(shop), await put_on_shelf(shop)
    for each in (product, other):
        await send(staff, each.id, picture("red", (700, 700)))
    addresses = [f"/images/{product.id}?width={width}" for width in (320, 640)]
    etags = {
        (await staff.get(address, headers={"Accept": accept})).headers["ETag"]
        for address in addresses
        for accept in (CHROME, "image/webp", "*/*")
    }
    assert len(etags) == 6
    twin = await staff.get(f"/images/{other.id}?width=320")
    assert twin.headers["ETag"] in etags


async def test_a_variant_has_a_photo_of_its_own_and_else_the_products(
    shop: Shop, staff: httpx.AsyncClient
) -> None:
    product = await put_on_shelf(shop, sizes="SM")
    small, medium = (variant.sku for variant in product.variants)
    await send(staff, product.id, picture("red"))
    answer = await send(staff, product.id, picture("blue"), params={"sku": small})

    assert [each["photo"] for each in answer.json()["variants"]] == [
        f"/images/{product.id}?sku={small}",
        None,
    ]
    assert answer.json()["photo"] == f"/images/{product.id}"
    for sku, colour in ((small, BLUE), (medium, RED), ("", RED)):
        assert colour_of((await staff.get(f"/images/{product.id}?sku={sku}")).content) == colour


async def test_a_photo_that_another_variant_still_shows_is_kept(
    shop: Shop, staff: httpx.AsyncClient
) -> None:
    product = await put_on_shelf(shop, sizes="SM")
    small, medium = (variant.sku for variant in product.variants)
    await send(staff, product.id, picture("red"), params={"sku": small})
    shared = (await shop.database["products"].find_one({"variants.sku": small}))["variants"][0]
    await shop.database["products"].update_one(
        {"variants.sku": small},
        {"$set": {"variants.1.photo": shared["photo"]}, "$inc": {"version": 1}},
    )

    await send(staff, product.id, picture("blue"), params={"sku": small})

    async def colours() -> bool:
        shown = [await staff.get(f"/images/{product.id}?sku={sku}") for sku in (small, medium)]
        return [colour_of(each.content) for each in shown] == [BLUE, RED]

    assert await eventually(colours)


async def test_a_photo_meant_for_an_older_version_is_refused(
    shop: Shop, staff: httpx.AsyncClient
) -> None:
    product = await put_on_shelf(shop)
    etag = (await staff.get(f"/api/v1/products/{product.id}")).headers["ETag"]
    first = await send(staff, product.id, picture("red"), headers={"If-Match": etag})
    before = await snapshot(shop, product)

    second = await send(staff, product.id, picture("blue"), headers={"If-Match": etag})

    assert (first.status_code, second.status_code) == (200, 412)
    assert first.headers["ETag"] != etag
    assert await snapshot(shop, product) == before


async def test_what_a_crash_left_behind_goes_with_the_next_upload(
    shop: Shop, staff: httpx.AsyncClient
) -> None:
    product = await put_on_shelf(shop)
    orphans = [Photo(product.id, None, "image/jpeg", b"old"), Photo(product.id, None, "x", b"new")]
    old, running = await photos.keep_photos(shop, orphans)
    await shop.database["photos.files"].update_one(
        {"_id": old}, {"$set": {"uploadDate": datetime.now(UTC) - timedelta(hours=2)}}
    )

    await send(staff, product.id, picture("red"))

    left = {each.key for each in await photo_store.list_photos(shop, product.id)}
    assert old not in left
    assert running in left  # It may belong to an upload that is not through yet.


async def test_the_photos_of_a_product_forgotten_for_good_are_deleted(
    shop: Shop, staff: httpx.AsyncClient
) -> None:
    product = await put_on_shelf(shop)
    await send(staff, product.id, picture())
    await shop.database["products"].delete_one({"variants.sku": product.variants[0].sku})

    async def is_swept() -> bool:
        return not await photo_store.list_photos(shop, product.id)

    assert await eventually(is_swept)


async def test_a_product_can_be_written_back_with_the_photo_it_was_read_with(
    shop: Shop, staff: httpx.AsyncClient
) -> None:
    product = await put_on_shelf(shop)
    await send(staff, product.id, picture())
    link = await stored_link_of(shop, product)

    answer = await staff.patch(
        f"/api/v1/products/{product.id}", json={"name": "Renamed", "photo": f"/images/{product.id}"}
    )

    assert answer.status_code == 200
    assert await stored_link_of(shop, product) == link


@pytest.mark.parametrize("product_id", ["0" * 24, "mugs"])
async def test_no_picture_is_not_found(client: httpx.AsyncClient, product_id: str) -> None:
    assert (await client.get(f"/images/{product_id}")).status_code == 404


async def test_a_drawing_is_the_same_in_every_width(shop: Shop, client: httpx.AsyncClient) -> None:
    product = await put_on_shelf(shop)
    drawing = Photo(product.id, None, photos.SVG, b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    await photos.keep_photos(shop, [drawing])
    for address in (f"{drawing.link}&width=320", f"{drawing.link}&width=1280"):
        shown = await client.get(address, headers={"Accept": CHROME})
        assert shown.content == drawing.content
        assert shown.headers["Content-Type"] == "image/svg+xml"
        assert shown.headers["Cache-Control"].endswith("immutable")
        assert "sandbox" in shown.headers["Content-Security-Policy"]
