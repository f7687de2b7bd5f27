"""The manifest with which a visitor puts the shop on their home screen."""

import httpx


async def test_the_manifest_names_the_shop_in_the_visitors_language(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/manifest.webmanifest", headers={"Accept-Language": "es"})

    manifest = answer.json()
    assert answer.headers["Content-Type"] == "application/manifest+json"
    assert (manifest["name"], manifest["lang"]) == ("Meridian", "es")
    assert manifest["description"].startswith("Cosas pequeñas")


async def test_the_icons_of_page_and_manifest_are_there(client: httpx.AsyncClient) -> None:
    manifest = (await client.get("/manifest.webmanifest")).json()
    page = (await client.get("/products")).text

    for icon in manifest["icons"]:
        found = await client.get(icon["src"])
        assert found.status_code == 200
        assert found.headers["Content-Type"].partition(";")[0] == icon["type"]
    assert '<link rel="manifest" href="/manifest.webmanifest">' in page
    assert '<link rel="apple-touch-icon" href="/static/icons/apple-touch-icon.' in page


async def test_the_browsers_frame_takes_the_pages_colour(client: httpx.AsyncClient) -> None:
    by_device = (await client.get("/products")).text
    await client.post("/preferences", data={"theme": "dark"})
    by_choice = (await client.get("/products")).text

    assert by_device.count('name="theme-color"') == 2
    assert by_choice.count('name="theme-color"') == 1
