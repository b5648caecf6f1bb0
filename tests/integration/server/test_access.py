"""Authorisation of requests."""

from __future__ import annotations

import httpx

from jupyter_batch.server.endpoint import operation_of
from jupyter_batch.server.identity import system_user
from jupyter_batch.server.openapi import METHODS
from jupyter_batch.server.routes import ROUTES

from .conftest import JUPYTER_TOKEN, Server, StartServer

EVERY = [
    (method, path.format(job_id="j", run_id="r", sweep_id="s", path="p"))
    for path, handler in ROUTES.items()
    for method in METHODS
    if operation_of(handler, method)
]


def _owner(server: Server) -> dict[str, str]:
    return {"Authorization": f"token {server.gateway.token}"}


def _stranger(server: Server, **headers: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"{server.url}batch/", headers=headers, trust_env=False)


async def test_a_stranger_gets_nothing(server: Server):
    for header in ("", "token wrong", "token", "Basic abc", "bearer"):
        async with _stranger(server, Authorization=header) as http:
            for method, path in [*EVERY, ("GET", "nowhere"), ("POST", "nowhere")]:
                answer = await http.request(method, path)
                assert answer.status_code == 403, (header, method, path)
                assert answer.json()["code"] in {"unauthenticated", "forbidden"}, (method, path)
    assert await server.parts.everything() == (0, 0)


async def test_the_owners_token_opens_our_routes_and_no_others(server: Server):
    answer = await server.http.get("health", headers=_owner(server))
    assert answer.status_code == 200
    for path in ("api/contents", "api/kernels", "api/status", "api/me"):
        answer = await server.http.get(f"{server.url}{path}", headers=_owner(server))
        assert answer.status_code == 403, path


async def test_the_owners_token_is_taken_from_the_header_only(server: Server):
    async with _stranger(server) as http:
        answer = await http.get("health", params={"token": server.gateway.token})
    assert answer.status_code == 403


async def test_the_holder_of_the_owners_token_is_the_user_of_the_system(server: Server):
    answer = await server.http.post("runs", json={"notebook": "nb.ipynb"}, headers=_owner(server))
    assert answer.json()["created_by"] == system_user()


async def test_only_the_holder_of_the_owners_token_may_name_the_user(server: Server):
    named = {"X-Jupyter-Batch-User": "grace"}
    body = {"notebook": "nb.ipynb"}
    by_door = await server.http.post("runs", json=body, headers=_owner(server) | named)
    assert by_door.json()["created_by"] == "grace"
    by_user = await server.http.post("runs", json=body, headers=named)
    assert by_user.json()["created_by"] == system_user()


async def test_it_works_where_the_server_has_no_token(start_server: StartServer):
    server = await start_server(
        config={
            "PasswordIdentityProvider": {"hashed_password": "x"},
            "IdentityProvider": {"token": ""},
        }
    )
    assert (await server.http.get("health", headers=_owner(server))).status_code == 200
    assert (await server.http.get("health")).status_code == 403


async def test_the_authorizer_is_asked_for_the_resource_batch(start_server: StartServer):
    server = await start_server(
        config={"ServerApp": {"authorizer_class": f"{__package__}.conftest.Denying"}}
    )
    for method, path in EVERY:
        async with server.http.stream(method, path) as answer:
            refused = answer.status_code == 403
        # A question to the records has a body, and changes nothing.
        assert refused is (method != "GET" and path != "sql"), (method, path)
    assert await server.parts.everything() == (0, 0)


async def test_a_page_of_another_origin_cannot_act_by_the_users_cookie(server: Server):
    # The page of the login gives the cookie against forgery; a token in the query logs the browser in; from then on the cookie speaks.
    async with _stranger(server) as http:
        await http.get(f"{server.url}login")
        await http.get("health", params={"token": JUPYTER_TOKEN})
        assert (await http.get("health")).status_code == 200
        answer = await http.post("runs", json={"notebook": "nb.ipynb"})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        foreign = await http.get("health", headers={"Origin": "http://evil.example"})
        assert foreign.status_code == 404
        assert await server.parts.everything() == (0, 0)
        xsrf = {"X-XSRFToken": http.cookies["_xsrf"]}
        own = await http.post("runs", json={"notebook": "nb.ipynb"}, headers=xsrf)
        assert own.status_code == 201


async def test_a_name_that_is_not_local_is_refused(server: Server):
    answer = await server.http.get("health", headers={"Host": "rebound.example"})
    assert answer.status_code == 403
