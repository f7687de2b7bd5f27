"""Import and export: files, bad lines and good ones, and what a shop makes of them."""

import asyncio
import csv
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from quart import Quart

from storefront import history
from storefront.catalogue import service, transfer_in, transfer_out
from storefront.catalogue.transfer_in import Report, import_products
from storefront.catalogue.transfer_out import export_products
from storefront.catalogue.transfer_rows import Complaint, FileRefusedError
from storefront.cli import main
from storefront.demo import loader
from storefront.demo.generator import generate
from storefront.shop import Shop
from tests.catalogue.goods import listed, names
from tests.conftest import eventually

HEADER = "product,sku,name,category,option.size,unit_price,stock"


@pytest.fixture(autouse=True)
async def _empty_shop(shop: Shop) -> None:
    await shop.database["products"].delete_many({})


@pytest.fixture
def complaints() -> list[Complaint]:
    return []


async def take(
    shop: Shop, path: Path, complaints: list[Complaint], *, dry_run: bool = False
) -> Report:
    return await import_products(
        shop, path, dry_run=dry_run, complain=complaints.append, progress=lambda _bytes: None
    )


async def give(shop: Shop, path: Path) -> bytes:
    await export_products(shop, path, started=lambda _n: None, progress=lambda _n: None)
    return await asyncio.to_thread(path.read_bytes)


def written(folder: Path, name: str, *lines: str | dict[str, Any]) -> Path:
    path = folder / name
    texts = [json.dumps(line) if isinstance(line, dict) else line for line in lines]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


def body(sku: str = "A-1", **changes: Any) -> dict[str, Any]:
    variant = {"sku": sku, "unit_price": 1999, "stock": 5}
    return {"name": f"Thing {sku}", "category": "things", "variants": [variant], **changes}


async def stored(shop: Shop) -> dict[str, dict[str, Any]]:
    """All products by their first SKU."""
    documents = await shop.database["products"].find({}).to_list(None)
    return {each["variants"][0]["sku"]: each for each in documents}


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def places(complaints: list[Complaint]) -> list[tuple[int, str]]:
    return [(each.line, each.field) for each in complaints]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
async def test_an_export_of_an_import_is_the_same_file(
    shop: Shop, tmp_path: Path, complaints: list[Complaint], suffix: str
) -> None:
    await loader.load_demo_catalogue(shop)
    await service.add_products(shop, list(generate(300)))
    first = await give(shop, tmp_path / f"first.{suffix}")

    again = await take(shop, tmp_path / f"first.{suffix}", complaints)
    await shop.database["products"].delete_many({})
    fresh = await take(shop, tmp_path / f"first.{suffix}", complaints)
    second = await give(shop, tmp_path / f"second.{suffix}")
    await take(shop, tmp_path / f"second.{suffix}", complaints)
    third = await give(shop, tmp_path / f"third.{suffix}")

    assert first == second == third
    assert complaints == []
    assert (again.new, again.changed, again.unchanged) == (0, 0, 362)
    assert (fresh.new, fresh.changed, fresh.unchanged) == (362, 0, 0)


async def test_both_formats_carry_the_same(
    shop: Shop, tmp_path: Path, complaints: list[Complaint]
) -> None:
    await loader.load_demo_catalogue(shop)
    lines = await give(shop, tmp_path / "a.jsonl")
    await give(shop, tmp_path / "a.csv")
    await shop.database["products"].delete_many({})
    await take(shop, tmp_path / "a.csv", complaints)
    assert await give(shop, tmp_path / "b.jsonl") == lines


async def test_texts_with_commas_quotes_and_lines_survive_csv(
    shop: Shop, tmp_path: Path, complaints: list[Complaint]
) -> None:
    tricky = 'Two\nlines, a "quote", ñ and 😀;\r\nand = more'
    path = written(tmp_path, "a.jsonl", body(description=tricky, name='5" nail, "long"'))
    await take(shop, path, complaints)
    exported = await give(shop, tmp_path / "a.csv")
    await shop.database["products"].delete_many({})
    await take(shop, tmp_path / "a.csv", complaints)
    assert (await stored(shop))["A-1"]["description"] == tricky
    assert await give(shop, tmp_path / "b.csv") == exported


async def test_no_cell_of_an_export_is_a_formula_and_none_is_changed_by_that(
    shop: Shop, tmp_path: Path, complaints: list[Complaint]
) -> None:
    texts = {
        "=1+1": "'=1+1",
        "+1": "'+1",
        "-1": "'-1",
        "@SUM(1)": "'@SUM(1)",
        "\uff1d1": "'\uff1d1",
        "'=1": "''=1",
        "'Tis": "'Tis",
        "it's": "it's",
        "'": "'",
    }
    lines = [
        body(f"A-{number}", name=name, description=f"@{name}\n=2")
        for number, name in enumerate(texts)
    ]
    await take(shop, written(tmp_path, "a.jsonl", *lines), complaints)
    rows = list(csv.DictReader(StringIO((await give(shop, tmp_path / "a.csv")).decode())))
    await shop.database["products"].delete_many({})
    await take(shop, tmp_path / "a.csv", complaints)

    assert complaints == []
    assert not [cell for row in rows for cell in row.values() if cell[:1] in set("=+-@\uff1d")]
    assert {row["name"] for row in rows} == set(texts.values())
    after = await stored(shop)
    assert sorted(after) == [f"A-{number}" for number in range(len(texts))]
    assert {each["name"] for each in after.values()} == set(texts)
    assert {each["description"] for each in after.values()} == {f"@{name}\n=2" for name in texts}


async def test_a_products_lines_in_csv_are_its_variants(
    shop: Shop, tmp_path: Path, complaints: list[Complaint]
) -> None:
    path = written(
        tmp_path,
        "a.csv",
        "sku,product,name,name.es,category,option.size,unit_price,stock",
        "T-S,tee,Tee,Camiseta,t-shirts,S,1900,3",
        "T-M,tee,,,,M,2100,0",
        "CAP,,Cap,,caps,,1500,7",
        "MUG,,Mug,,mugs,,900,1",
    )
    report = await take(shop, path, complaints)
    found = await stored(shop)
    assert (report.new, complaints) == (3, [])
    assert found["T-S"]["translations"] == {"es": {"name": "Camiseta", "description": ""}}
    assert found["T-S"]["variants"] == [
        {"sku": "T-S", "options": {"size": "S"}, "unit_price": 1900, "stock": 3, "photo": None},
        {"sku": "T-M", "options": {"size": "M"}, "unit_price": 2100, "stock": 0, "photo": None},
    ]
    assert found["CAP"]["variants"][0]["options"] == {}


async def test_each_bad_line_of_a_csv_is_named_and_costs_no_other(
    shop: Shop, tmp_path: Path, complaints: list[Complaint]
) -> None:
    path = written(
        tmp_path,
        "a.csv",
        HEADER,
        ",GOOD-1,Good,things,,1999,5",
        ",BAD-3,Bad,things,,19.99,5",
        ",BAD-4,Bad,Not A Slug,,1999,5",
        ',BAD-5,"Never closed,things,,1999,5',
        ",GOOD-6,Good,things,,1999,5",
        ",BAD-7,Too few,things",
        ",BAD 8,,things,,1999,-1",
        ',GOOD-9,"Over two',
        'lines",things,,1999,5',
        "pair,GOOD-11,Half good,things,S,1999,5",
        "pair,BAD-12,Half good,things,M,1999,many",
        "trio,GOOD-13,Trio,things,S,1999,5",
        "trio,BAD-14,Another name,things,M,1999,5",
        "cut,GOOD-15,Cut,things,S,1999,5",
        'cut,BAD-16,"Cut,things,M,1999,5',
        "cut,GOOD-17,Cut,things,L,1999,5",
        ',GOOD-18,5" nail,things,,1999,5',
        ",GOOD-6,Again,things,,1999,5",
        ",GOOD-20,Good,things,,1999,5",
    )
    report = await take(shop, path, complaints)
    assert places(complaints) == [
        (3, "unit_price"),
        (4, "category"),
        (5, ""),
        (7, ""),
        (8, "name"),
        (8, "sku"),
        (8, "stock"),
        (12, "stock"),
        (14, "name"),
        (16, ""),
        (19, "sku"),
    ]
    assert set(await stored(shop)) == {"GOOD-1", "GOOD-6", "GOOD-9", "GOOD-18", "GOOD-20"}
    assert (report.new, report.complaints) == (5, 11)


async def test_a_product_with_a_bad_line_stays_as_it_was(
    shop: Shop, tmp_path: Path, complaints: list[Complaint]
) -> None:
    first = ["tee,T-S,Tee,tees,S,1900,3", "tee,T-M,Tee,tees,M,1900,3"]
    await take(shop, written(tmp_path, "a.csv", HEADER, *first), complaints)
    before = await stored(shop)
    key = str(before["T-S"]["_id"])
    worse = [f"{key},T-S,Renamed,tees,S,1900,3", f'{key},T-M,"Renamed,tees,M,1900,3']

    await take(shop, written(tmp_path, "b.csv", HEADER, *worse), complaints)

    assert places(complaints) == [(3, "")]
    assert await stored(shop) == before


async def test_each_bad_line_of_json_is_named_and_costs_no_other(
    shop: Shop, tmp_path: Path, complaints: list[Complaint]
) -> None:
    two = [{"sku": "B-5", "unit_price": 1, "stock": 1, "options": {"size": "S"}}] * 2
    path = written(
        tmp_path,
        "a.jsonl",
        body("A-1"),
        '{"name": "cut off',
        "",
        "[1, 2]",
        body("B-5", variants=two),
        body("B-6", id="no id"),
        body("B-7", colour="red", photo="https://elsewhere.example/x.jpg"),
        body("B-8", photo="https://elsewhere.example/x.jpg"),
        body("B-9", translations={"xx": {"name": "?"}}),
        {"name": "No SKU", "category": "things", "unit_price": 1, "stock": 1},
        "[" * 100_000,
        body("A-12"),
    )
    with path.open("ab") as file:
        file.write(b'{"name": "\xff"}\n')
    await take(shop, path, complaints)
    assert places(complaints) == [
        (2, ""),
        (4, ""),
        (5, "variants.1.options"),
        (6, "id"),
        (7, "colour"),
        (8, "photo"),
        (9, "translations.xx"),
        (10, "variants.0.sku"),
        (11, ""),
        (13, ""),
    ]
    assert set(await stored(shop)) == {"A-1", "A-12"}


async def test_a_dry_run_says_all_and_writes_nothing(
    shop: Shop, tmp_path: Path, complaints: list[Complaint]
) -> None:
    await take(shop, written(tmp_path, "a.jsonl", body("A-1")), complaints)
    before = await stored(shop)
    categories = await shop.database["categories"].find({}).to_list(None)
    path = written(
        tmp_path, "b.jsonl", body("A-1", name="New"), body("A-2", category="new-things"), "?"
    )

    report = await take(shop, path, complaints, dry_run=True)

    assert (report.new, report.changed, places(complaints)) == (1, 1, [(3, "")])
    assert await stored(shop) == before
    assert await shop.database["categories"].find({}).to_list(None) == categories


async def test_a_product_is_found_by_its_sku_and_keeps_its_id_and_age(
    shop: Shop, tmp_path: Path, complaints: list[Complaint]
) -> None:
    await take(shop, written(tmp_path, "a.jsonl", body("A-1")), complaints)
    before = (await stored(shop))["A-1"]

    report = await take(shop, written(tmp_path, "b.jsonl", body("A-1", name="New")), complaints)

    after = (await stored(shop))["A-1"]
    assert report.changed == 1
    assert (after["_id"], after["created_at"]) == (before["_id"], before["created_at"])
    assert (after["name"], after["version"]) == ("New", before["version"] + 1)


async def test_variants_that_a_file_does_not_name_are_dropped_only_for_a_product_it_names(
    shop: Shop, tmp_path: Path, complaints: list[Complaint]
) -> None:
    both = ["tee,T-S,Tee,tees,S,1900,3", "tee,T-M,Tee,tees,M,1900,3"]
    await take(shop, written(tmp_path, "a.csv", HEADER, *both), complaints)
    before = await stored(shop)
    key = str(before["T-S"]["_id"])

    await take(shop, written(tmp_path, "b.csv", HEADER, ",T-M,Tee,tees,M,1900,9"), complaints)
    assert (places(complaints), await stored(shop)) == ([(2, "sku")], before)

    await take(shop, written(tmp_path, "c.csv", HEADER, f"{key},T-M,Tee,tees,M,1900,9"), complaints)
    after = await stored(shop)
    assert [each["sku"] for each in after["T-M"]["variants"]] == ["T-M"]


async def test_a_sku_of_another_product_is_refused(
    shop: Shop, tmp_path: Path, complaints: list[Complaint]
) -> None:
    await take(shop, written(tmp_path, "a.jsonl", body("A-1"), body("A-2")), complaints)
    before = await stored(shop)
    key = str(before["A-1"]["_id"])

    await take(shop, written(tmp_path, "b.jsonl", body("A-2", id=key)), complaints)

    assert places(complaints) == [(1, "variants.0.sku")]
    assert await stored(shop) == before


async def test_a_deleted_product_comes_back(
    shop: Shop, tmp_path: Path, complaints: list[Complaint]
) -> None:
    path = written(tmp_path, "a.jsonl", body("A-1"))
    await take(shop, path, complaints)
    key = str((await stored(shop))["A-1"]["_id"])
    assert await eventually(lambda: _is_shown(shop, key))
    await service.delete_product(shop, key, by="test")
    assert await give(shop, tmp_path / "b.jsonl") == b""

    report = await take(shop, path, complaints)

    assert (report.changed, complaints) == (1, [])
    assert "deleted_at" not in (await stored(shop))["A-1"]


async def _is_shown(shop: Shop, product_id: str) -> bool:
    return service.find_product(shop, product_id) is not None


async def test_stock_sold_during_an_import_is_noticed(
    shop: Shop, tmp_path: Path, complaints: list[Complaint], monkeypatch: pytest.MonkeyPatch
) -> None:
    await take(shop, written(tmp_path, "a.jsonl", body("A-1"), body("A-2")), complaints)
    write_many = transfer_in.bulk_store.write_many
    disturbances = iter([True])

    async def disturbed(*args: Any, **kwargs: Any) -> bool:
        if next(disturbances, False):
            await shop.database["products"].update_one(
                {"variants.sku": "A-1"}, {"$inc": {"version": 1, "variants.0.stock": -1}}
            )
        return await write_many(*args, **kwargs)

    monkeypatch.setattr(transfer_in.bulk_store, "write_many", disturbed)
    path = written(tmp_path, "b.jsonl", body("A-1", name="X"), body("A-2", name="Y"), body("A-3"))
    report = await take(shop, path, complaints)

    found = await stored(shop)
    assert (report.new, report.changed, report.unchanged) == (1, 2, 0)
    assert [found[sku]["name"] for sku in ("A-1", "A-2", "A-3")] == ["X", "Y", "Thing A-3"]
    assert found["A-1"]["version"] == 3


async def test_a_running_shop_shows_what_was_imported(
    shop: Shop, client: httpx.AsyncClient, tmp_path: Path, complaints: list[Complaint]
) -> None:
    path = written(tmp_path, "a.jsonl", body("A-1", category="novelties"))
    await take(shop, path, complaints)

    async def is_listed() -> bool:
        return "Thing A-1" in names(await listed(client, category="novelties"))

    assert await eventually(is_listed)


async def test_new_products_are_dated_in_the_order_of_the_file(
    shop: Shop, tmp_path: Path, complaints: list[Complaint]
) -> None:
    keys = ["f" * 24, "0" * 23 + "1", "a" * 24]
    lines = [body(f"A-{number}", id=key) for number, key in enumerate(keys)]
    await take(shop, written(tmp_path, "a.jsonl", *lines), complaints)
    exported = await give(shop, tmp_path / "b.jsonl")
    assert [json.loads(line)["id"] for line in exported.splitlines()] == keys


@pytest.mark.parametrize(
    "header",
    ["", "sku,name,category,unit_price", HEADER + ",color", HEADER + ",sku", '"sku'],
)
async def test_a_csv_without_a_proper_header_is_refused_as_a_whole(
    shop: Shop, tmp_path: Path, complaints: list[Complaint], header: str
) -> None:
    path = written(tmp_path, "a.csv", header, ",A-1,Thing,things,,1999,5,,")
    with pytest.raises(FileRefusedError):
        await take(shop, path, complaints)
    assert await stored(shop) == {}


async def test_excels_byte_order_mark_and_line_ends_are_no_problem(
    shop: Shop, tmp_path: Path, complaints: list[Complaint]
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f"\ufeff{HEADER}\r\n,A-1,Thing,things,,1999,5\r\n\r\n".encode())
    report = await take(shop, path, complaints)
    assert (report.new, complaints) == (1, [])


async def test_a_line_without_end_is_not_held_in_memory(
    shop: Shop, tmp_path: Path, complaints: list[Complaint]
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"name": "' + b"x" * 5_000_000 + b'"}\n' + json.dumps(body()).encode())
    await take(shop, path, complaints)
    assert places(complaints) == [(1, "")]
    assert set(await stored(shop)) == {"A-1"}


async def test_an_export_that_fails_leaves_the_older_file(
    shop: Shop, tmp_path: Path, complaints: list[Complaint], monkeypatch: pytest.MonkeyPatch
) -> None:
    await take(shop, written(tmp_path, "a.jsonl", body("A-1")), complaints)
    target = written(tmp_path, "b.jsonl", "the older file")

    def full_disk(_line: bytes) -> Any:
        raise OSError

    monkeypatch.setattr(transfer_out.json, "loads", full_disk)
    with pytest.raises(OSError):  # noqa: PT011  (any will do)
        await give(shop, target)
    assert target.read_text() == "the older file\n"
    assert names_in(tmp_path) == ["a.jsonl", "b.jsonl"]


@pytest.fixture
def environment(app: Quart, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The commands work on the database of the running test shop."""
    values = shop.settings
    monkeypatch.setenv("STOREFRONT_ENV", "test")
    monkeypatch.setenv("STOREFRONT_DATABASE__URL", values.database.url.get_secret_value())
    monkeypatch.setenv("STOREFRONT_DATABASE__NAME", values.database.name)
    yield
    assert os.environ["STOREFRONT_ENV"] == "test"


async def command(*arguments: str | Path) -> Any:
    """The command's result; on a thread, since it runs an event loop of its own."""
    return await asyncio.to_thread(CliRunner().invoke, main, [str(each) for each in arguments])


@pytest.mark.usefixtures("environment")
async def test_the_commands_report_and_tell_by_exit_code(shop: Shop, tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", HEADER, ",A-1,Thing,things,,1999,5", ",A-2,Thing,x,,1.5,5")

    tried = await command("import", path, "--dry-run")
    assert (tried.exit_code, await stored(shop)) == (1, {})
    assert "1 products would be new, 0 would be changed" in tried.output
    assert f"{path}:3: unit_price: This must be a whole number." in tried.output

    taken = await command("import", path)
    assert (taken.exit_code, set(await stored(shop))) == (1, {"A-1"})

    given = await command("export", tmp_path / "b.csv")
    assert given.exit_code == 0
    rows = list(csv.DictReader(StringIO((tmp_path / "b.csv").read_text(), newline="")))
    assert [row["sku"] for row in rows] == ["A-1"]

    again = await command("import", tmp_path / "b.csv")
    assert (again.exit_code, again.output.count("1 as they were")) == (0, 1)


@pytest.mark.usefixtures("environment")
async def test_the_commands_refuse_files_of_other_kinds(shop: Shop, tmp_path: Path) -> None:
    for arguments in (("import", written(tmp_path, "a.xlsx", "?")), ("export", tmp_path / "b.txt")):
        refused = await command(*arguments)
        assert refused.exit_code == 1
        assert "must end in .csv or .jsonl" in refused.output
    assert not (tmp_path / "b.txt").exists()


@pytest.mark.usefixtures("environment")
async def test_the_demo_command_generates_a_large_catalogue_once(shop: Shop) -> None:
    first = await command("demo", "--products", "50")
    second = await command("demo", "--products", "50")
    assert "50 generated products are in the shop, 50 of them new." in first.output
    assert "50 generated products are in the shop, 0 of them new." in second.output
    assert len(await stored(shop)) == 50


def test_generated_products_can_be_imported(tmp_path: Path) -> None:
    products = [replace(each, photo=None) for each in generate(200)]
    assert all(variant.sku.isascii() for each in products for variant in each.variants)


async def test_what_an_import_did_stands_in_each_products_history(
    shop: Shop, complaints: list[Complaint], tmp_path: Path
) -> None:
    first = written(tmp_path, "a.csv", HEADER, "one,H-1,Hat,caps,,1000,5")
    again = written(tmp_path, "b.csv", HEADER, "one,H-1,Hat,caps,,1200,5")
    for path in (first, first, again):
        await take(shop, path, complaints)

    product = await shop.database["products"].find_one({"variants.sku": "H-1"})
    entries = await history.list_entries(shop, ("product", str(product["_id"])))

    assert [each.what for each in reversed(entries)] == [
        (history.Change("created", after="Hat"),),
        (history.Change("unit_price", 1000, 1200),),
    ]
