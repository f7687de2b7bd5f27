import httpx


async def test_a_running_shop_is_alive_and_ready(client: httpx.AsyncClient) -> None:
    live = await client.get("/health/live")
    ready = await client.get("/health/ready")

    assert live.json() == {"status": "live"}
    assert ready.json() == {"status": "ready", "database": True, "changes": True}


async def test_every_answer_carries_a_request_id_and_the_strict_policy(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/health/live")

    assert len(answer.headers["X-Request-ID"]) == 16
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


async def test_a_forged_host_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/x", headers={"Host": "evil.example"})

    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/bad-request"
