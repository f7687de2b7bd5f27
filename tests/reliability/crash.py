"""Kills processes of the shop at random moments under load and looks what became of its promises.

`python -m tests.reliability.crash --rounds 500 --seed 7`: the seed decides who does what and who is
killed when, so that a run can be repeated, as far as the machine's own timing lets it.
"""

import argparse
import asyncio
import contextlib
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx

from tests.chat.live_shop import Client
from tests.reliability import promises
from tests.reliability.crowd import BrokenPromiseError, Shopper, Told
from tests.reliability.promises import Outage
from tests.reliability.world import World, world

SHOPPERS = 6
PRODUCTS = 5
STOCK = 4_000
ROUNDS_PER_WORLD = 25
VICTIMS = ["worker"] * 4 + ["database"] * 3 + ["shop"] * 2 + ["mail"] * 2 + ["workers"]
MAILS_WITHIN_SECONDS = 90
FINISHED_WITHIN_SECONDS = 110


@dataclass
class Figures:
    """What a run has seen."""

    rounds: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    orders: int = 0
    users: int = 0
    messages: int = 0
    mails: int = 0
    mails_again: int = 0
    answers: int = 0
    unanswered: int = 0
    back_seconds: list[float] = field(default_factory=list)
    waits: list[tuple[float, str]] = field(default_factory=list)

    def __str__(self) -> str:
        back = sorted(self.back_seconds) or [0.0]
        longest = ", ".join(f"{path} {seconds:.1f} s" for seconds, path in self._longest())
        return (
            f"{self.rounds} rounds, kills {dict(self.kills)}, {self.answers} answers,"
            f" {self.unanswered} without one; {self.orders} orders, {self.users} users,"
            f" {self.messages} messages, {self.mails} mails of which {self.mails_again} came"
            f" again; ready again after {back[len(back) // 2]:.1f} s (median),"
            f" {back[-1]:.1f} s (longest); longest waits: {longest}"
        )

    def _longest(self) -> list[tuple[float, str]]:
        return sorted(self.waits, reverse=True)[:5]


def run(rounds: int, seed: int, figures: Figures, *, say: Any = print) -> None:
    """Raises AssertionError, with the seed and the folder of what was left."""
    done = 0
    while done < rounds:
        count = min(ROUNDS_PER_WORLD, rounds - done)
        folder = Path(tempfile.mkdtemp(prefix="storefront-crash-"))
        try:
            asyncio.run(_one_world(folder, seed, range(done, done + count), figures, say))
        except BaseException:
            say(f"seed {seed}; what is left stands in {folder}")
            raise
        _sweep(folder)
        done += count


def _sweep(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()


async def _one_world(
    folder: Path, seed: int, rounds: Sequence[int], figures: Figures, say: Any
) -> None:
    outages: list[Outage] = []
    with world(folder) as made:
        async with httpx.AsyncClient(base_url=made.url, timeout=80) as http:
            told, rng = Told(), random.Random(f"{seed}-{rounds[0]}")
            products = await _stock_up(made, http)
            shoppers = [
                Shopper(http, told, name=f"s{number}", products=products, rng=rng)
                for number in range(SHOPPERS)
            ]
            for shopper in shoppers:
                await shopper.come_in()
            listeners = [_listener(made, shoppers[0], path) for path in ("/chat", None)]
            tasks = [asyncio.create_task(listener.run()) for listener in listeners]
            try:
                for number in rounds:
                    plan = random.Random(f"{seed}:{number}")
                    outages.append(await _one_round(made, shoppers, plan, figures))
                    stock = dict.fromkeys(products, STOCK)
                    with made.inside() as database:
                        promises.check_all(database, told, shoppers, stock)
                    figures.rounds += 1
                    back = figures.back_seconds[-1]
                    say(f"round {number}: {len(told.orders)} orders, ready after {back:.1f} s")
                for task in tasks:
                    assert not task.done(), f"a client has ended: {task.exception()!r}"
                await _all_heard(made, listeners)
                await _all_mailed(made, outages, figures)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
    figures.orders += len(told.orders)
    figures.users += len(told.registered)
    figures.messages += len(told.messages)
    figures.answers += told.answers
    figures.unanswered += told.unanswered
    figures.waits += sorted(told.waits, reverse=True)[:20]


async def _stock_up(made: World, http: httpx.AsyncClient) -> list[str]:
    """A member of staff and a few products; returns their ids."""
    told = Told()
    owner = Shopper(http, told, name="owner", products=(), rng=random.Random(0))
    await owner.come_in()
    with made.inside() as database:
        database["users"].update_one({"email": owner.email}, {"$set": {"role": "staff"}})
        database["outbox"].delete_many({})
        database["users"].update_one({"email": owner.email}, {"$set": {"email": "owner@x.example"}})
    await asyncio.sleep(1)
    found = []
    for number in range(PRODUCTS):
        product = {
            "name": f"Thing {number}",
            "description": "A thing.",
            "category": "things",
            "unit_price": 1_000 + number,
            "stock": STOCK,
        }
        answer = await http.post("/api/v1/products", json=product, headers=owner.bearer)
        assert answer.status_code == 201, answer.text
        found.append(answer.json()["id"])
    with made.inside() as database:
        database["users"].delete_one({"email": "owner@x.example"})
    made.ledger.write_text("")
    return found


def _listener(made: World, shopper: Shopper, path: str | None) -> Client:
    shop: Any = SimpleNamespace(address=lambda place: f"ws://127.0.0.1:{made.port}{place}")
    person: Any = SimpleNamespace(bearer=shopper.bearer)
    return Client(shop, person, path or f"/chat/{shopper.email}")


async def _one_round(
    made: World,
    shoppers: list[Shopper],
    plan: random.Random,
    figures: Figures,
) -> Outage:
    stop, outage = asyncio.Event(), Outage()
    shopping = [asyncio.create_task(each.shop_until(stop)) for each in shoppers]
    try:
        for _ in range(plan.choice([1, 1, 2, 3])):
            await asyncio.sleep(plan.uniform(0.1, 1.5))
            victim = plan.choice(VICTIMS)
            pause = plan.uniform(0, 0.7)
            outage.kills.append((time.time(), victim))
            if _kill(made, victim, plan):
                figures.kills[victim] += 1
            await asyncio.sleep(pause)
            _start_again(made, victim)
        figures.back_seconds.append(await asyncio.to_thread(made.wait_until_ready))
        outage.over = time.time()
        stop.set()
        async with asyncio.timeout(FINISHED_WITHIN_SECONDS):
            await asyncio.gather(*shopping)
    except TimeoutError:
        stuck = [each.doing for each in shoppers if each.doing]
        raise BrokenPromiseError(f"still waiting: {stuck}") from None
    finally:
        for task in shopping:
            task.cancel()
        await asyncio.gather(*shopping, return_exceptions=True)
    return outage


def _kill(made: World, victim: str, plan: random.Random) -> bool:
    """False where there was nobody to kill: they were on their way back."""
    if victim == "shop":
        made.kill_shop()
        return True
    if victim == "mail":
        made.kill_mail()
        return True
    pids = made.database() if victim == "database" else made.workers()
    if victim == "worker" and pids:
        pids = [pids[plan.randrange(len(pids))]]
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return bool(pids)


def _start_again(made: World, victim: str) -> None:
    """What nobody watches over; workers and database come back by themselves."""
    if victim == "shop":
        made.start_shop()
    elif victim == "mail":
        made.start_mail()


async def _all_heard(made: World, listeners: list[Client]) -> None:
    """Both sockets, cut again and again, have exactly what they may hear, once and in order."""
    with made.inside() as database:
        messages = sorted(database["messages"].find({}), key=lambda each: each["seq"])
    general = [str(each["_id"]) for each in messages if each["channel"] == "general"]
    email = listeners[1].path.removeprefix("/chat/")
    own = [str(each["_id"]) for each in messages if each["email"] == email]
    for listener, expected in zip(listeners, (general, own), strict=True):
        deadline = time.monotonic() + FINISHED_WITHIN_SECONDS
        while listener.ids != expected and time.monotonic() < deadline:  # noqa: ASYNC110  (another loop's matter)
            await asyncio.sleep(0.1)
        heard = listener.ids
        assert heard == expected, (
            f"{listener.path}: {len(heard)} heard, of {len(expected)};"
            f" missing {[each for each in expected if each not in heard]},"
            f" unexpected {[each for each in heard if each not in expected]},"
            f" twice {[each for each, count in Counter(heard).items() if count > 1]};"
            f" closed with {listener.closes[-20:]}"
        )


async def _all_mailed(made: World, outages: Sequence[Outage], figures: Figures) -> None:
    """Also what was leased by a process that was killed while it was sending."""
    deadline = time.monotonic() + MAILS_WITHIN_SECONDS
    with made.inside() as database:
        while database["outbox"].count_documents({"state": {"$ne": "sent"}}):
            assert time.monotonic() < deadline, "mails are still waiting"
            await asyncio.sleep(0.5)
        await asyncio.sleep(0.5)
        figures.mails_again += promises.check_sent(database, made.ledger.read_text(), outages)
        figures.mails += database["outbox"].count_documents({})


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    arguments = parser.parse_args()
    sys.stdout.write(f"seed {arguments.seed}\n")
    figures, started = Figures(), time.monotonic()
    try:
        run(arguments.rounds, arguments.seed, figures)
    finally:
        sys.stdout.write(f"{figures}; {time.monotonic() - started:.0f} s\n")


if __name__ == "__main__":
    main()
