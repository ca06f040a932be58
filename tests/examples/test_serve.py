"""examples/serve.py: right answers under load, plain words for what is wrong, and a calm end."""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.benchmarks.serving import ask, cases, lenet, serving, together

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="SIGTERM ends a process at once there")


def module() -> Any:
    spec = importlib.util.spec_from_file_location("serve", ROOT / "examples" / "serve.py")
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


SERVE = module()


@contextmanager
def served(net: Any) -> Iterator[Any]:
    """A server in this process, which ends whatever becomes of a test."""
    with SERVE.Server(wl.net_initialize(net), "127.0.0.1", 0) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.stop()
    thread.join()


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[str, int]]:
    """Where a net answers that makes two numbers, and classes, of three."""
    decoder = wl.NetDecoder("Class", ["no", "yes"])
    net = wl.NetChain([4, "Tanh", 2, wl.SoftmaxLayer()], input=3, output=decoder)
    with served(net) as server:
        yield server.server_address[:2]


@pytest.fixture
def connection(place: tuple[str, int]) -> Iterator[http.client.HTTPConnection]:
    found = http.client.HTTPConnection(*place, timeout=20)
    yield found
    found.close()


def test_under_load_no_answer_is_wrong(tmp_path: Path) -> None:
    file, draw = lenet()
    net = wl.load(file)
    with serving(file) as server:
        tally = together(server.host, server.port, [cases(net, draw, n) for n in range(4)], 300)
        assert server.stop() == 0
        assert server.process.stdout is not None
        assert server.process.stdout.read() == "stopped\n"
    assert (tally.answered, tally.wrong) == (300, [])
    assert tally.refused >= 4


def test_an_answer_is_that_of_the_net(connection: Any) -> None:
    assert ask(connection, b'{"inputs": [1, 2, 3]}') in [(200, {"outputs": word}) for word in
                                                         ("no", "yes")]  # fmt: skip
    status, answer = ask(connection, b'{"inputs": [[1, 2, 3]], "property": "Probabilities"}')
    assert status == 200 and abs(sum(answer["outputs"][0].values()) - 1) < 1e-6
    status, answer = ask(connection, b'{"inputs": {"Input": [1, 2, 3]}, "property": null}')
    assert status == 200 and len(answer["outputs"]) == 2


def test_health_tells_what_is_served(connection: Any) -> None:
    connection.request("GET", "/health")
    answer = connection.getresponse()
    told = json.loads(answer.read())
    assert (answer.status, told["status"], told["wlnet"]) == (200, "ok", wl.__version__)
    assert told["InputPorts"] == {"Input": "(3,)"} and list(told["OutputPorts"]) == ["Output"]


FAULTY: dict[str, tuple[bytes, str]] = {
    "another shape": (b'{"inputs": [1, 2]}', "shape"),
    "a text": (b'{"inputs": "three"}', "given:"),
    "no examples": (b'{"inputs": {}}', "Input"),
    "an unknown port": (b'{"inputs": {"Input": [1, 2, 3], "Inptu": 1}}', "Inptu"),
    "an unknown property": (b'{"inputs": [1, 2, 3], "property": "Probabilites"}', "Probabilities"),
    "no property": (b'{"inputs": [1, 2, 3], "property": [1]}', "property"),
    "gaps": (b'{"inputs": [1, null, 3]}', "given:"),
    "not a number": (b'{"inputs": [1, NaN, 3]}', "NaN is no number of JSON"),
    "infinite": (b'{"inputs": [1, 1e999, 3]}', "finite"),
    "too large": (b'{"inputs": [1, 1e300, 3]}', "1e+300"),
    "digits without end": (b'{"inputs": [1, 2, ' + b"9" * 6000 + b"]}", "not JSON"),
    "lists without end": (b'{"inputs": ' + b"[" * 90_000 + b"]" * 90_000 + b"}", "not JSON"),
    "lists in lists": (b'{"inputs": ' + b"[" * 90 + b"]" * 90 + b"}", "given:"),
    "not JSON": (b"inputs=1", "not JSON"),
    "no text": (b"\xff\xfe\x00", "not JSON"),
    "nothing": (b"", "not JSON"),
    "a list": (b"[1, 2, 3]", "inputs and property"),
    "no inputs": (b"{}", "inputs and property"),
    "a misspelt field": (b'{"inputs": [1, 2, 3], "propertie": 1}', "inputs and property"),
}


@pytest.mark.parametrize("kind", FAULTY)
def test_what_is_wrong_with_a_request_is_told_and_the_next_one_is_answered(
    kind: str, connection: Any
) -> None:
    content, expected = FAULTY[kind]
    status, answer = ask(connection, content)
    assert status == 400
    assert expected in answer["error"] and "Traceback" not in answer["error"]
    assert ask(connection, b'{"inputs": [1, 2, 3]}')[0] == 200


def test_names_of_files_are_no_pictures_for_those_who_ask() -> None:
    file, _ = lenet()
    with SERVE.Server(wl.load(file), "127.0.0.1", 0) as server:
        for inputs in ("/etc/hostname", ["/etc/hostname"], [["a"]], [], [[300]], [[-1]], [[0.5]],
                       [[1], [1, 2]], [10**30], None, True):  # fmt: skip
            for given in (inputs, {"Input": inputs}, {"Imput": inputs}):
                with pytest.raises(SERVE.Refusal, match="whole numbers from 0 to 255"):
                    server.read(given)
        assert server.read([[0, 255]]).dtype == np.uint8


def raw(place: tuple[str, int], *pieces: bytes) -> bytes:
    """What is answered to bytes, until the server closes."""
    with socket.create_connection(place, timeout=20) as client:
        for piece in pieces:
            client.sendall(piece)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST /predict HTTP/1.1", 411),
        (b"POST /predict HTTP/1.1\r\nContent-Length: -1", 411),
        (b"POST /predict HTTP/1.1\r\nContent-Length: many", 411),
        (b"POST /predict HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked", 411),
        (b"POST /predict HTTP/1.1\r\nContent-Length: 1048577", 413),
        (b"POST /predict HTTP/1.1\r\nContent-Length: 99999999999999999999", 413),
        (b"GET /predict HTTP/1.1", 405),
        (b"POST /health HTTP/1.1\r\nContent-Length: 0", 405),
        (b"GET /../../etc/passwd HTTP/1.1", 404),
        (b"PUT /predict HTTP/1.1\r\nContent-Length: 0", 405),
        (b"BREW /coffee HTTP/1.1", 501),
        (b"nonsense", 400),
        (b"GET /" + b"a" * 70000 + b" HTTP/1.1", 414),
    ],
)
def test_what_is_no_request_of_it_has_a_status_of_its_own(
    head: bytes, status: int, place: tuple[str, int]
) -> None:
    answer = raw(place, head + b"\r\n\r\n")
    assert f" {status} ".encode() in answer.split(b"\r\n")[0]


def test_a_client_that_goes_away_or_never_ends_is_no_trouble(
    place: tuple[str, int], connection: Any, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    monkeypatch.setattr(SERVE.Handler, "timeout", 0.1)
    start = b"POST /predict HTTP/1.1\r\nContent-Length: 100\r\n\r\n{"
    assert raw(place, start) == b""
    with socket.create_connection(place) as slow:
        slow.sendall(start)
        slow.settimeout(10)
        assert slow.recv(100) == b"", "it is hung up"
    for piece in (start, b"POST /pre", b""):
        with socket.create_connection(place) as rude:
            rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            rude.sendall(piece)
    assert ask(connection, b'{"inputs": [1, 2, 3]}')[0] == 200
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("head", [b"HEAD /predict", b"OPTIONS /predict", b"OPTIONS *",
                                  b"DELETE /health", b"BREW /coffee"])  # fmt: skip
def test_no_method_is_answered_by_a_page(head: bytes, place: tuple[str, int]) -> None:
    answer = raw(place, head + b" HTTP/1.1\r\n\r\n")
    start, _, content = answer.partition(b"\r\n\r\n")
    status = int(start.split()[1])
    assert status == {b"OPTIONS *": 404, b"BREW /coffee": 501}.get(head, 405)
    assert b"Content-Type: application/json" in start
    if head.startswith(b"HEAD"):
        assert content == b""
    else:
        assert json.loads(content)["kind"] == "Refusal"


def test_head_is_get_without_a_body(connection: Any) -> None:
    lengths = []
    for method in ("GET", "HEAD", "GET"):
        connection.request(method, "/health")
        answer = connection.getresponse()
        content = answer.read()
        lengths.append(answer.headers["Content-Length"])
        assert (answer.status, bool(content)) == (200, method == "GET")
    assert len({*lengths}) == 1


def test_a_client_that_asks_whether_to_go_on_is_told_so_before_it_does(
    place: tuple[str, int],
) -> None:
    start = b"POST /predict HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: "
    with socket.create_connection(place, timeout=10) as client:
        client.sendall(start + b"21\r\n\r\n")
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b'{"inputs": [1, 2, 3]}')
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
    with socket.create_connection(place, timeout=10) as client:
        client.sendall(start + b"1048577\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 413 "), "no body that is not taken"


def test_no_class_is_lost_to_another_of_the_same_text() -> None:
    decoder = wl.NetDecoder("Class", [1, "1", 2.5])
    with served(wl.NetChain([3, wl.SoftmaxLayer()], input=3, output=decoder)) as server:
        client = http.client.HTTPConnection(*server.server_address[:2], timeout=20)
        status, answer = ask(client, b'{"inputs": [1, 2, 3], "property": "Probabilities"}')
        expected = server.net([1, 2, 3], "Probabilities")
        client.close()
    assert status == 200
    assert [(type(key), key, value) for key, value in answer["outputs"]] == [
        (type(key), key, float(value)) for key, value in expected.items()
    ]


def test_at_its_end_a_request_that_is_never_whole_is_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(SERVE, "GRACE", 0.3)
    with served(wl.NetChain([2], input=3)) as server:
        half = socket.create_connection(server.server_address[:2], timeout=20)
        half.sendall(b"POST /predict HTTP/1.1\r\nContent-Length: 21\r\n\r\n{")
        until = time.monotonic() + 10
        while not server._busy and time.monotonic() < until:
            time.sleep(0.01)
        assert len(server._busy) == 1
        begun = time.monotonic()
    assert 0.2 < time.monotonic() - begun < 5
    assert half.recv(1000) == b""
    half.close()


def test_more_clients_than_there_are_threads_are_asked_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(SERVE, "MOST_CONNECTIONS", 2)
    with served(wl.NetChain([2], input=3)) as server:
        place = server.server_address[:2]
        clients = [http.client.HTTPConnection(*place, timeout=5) for _ in range(3)]
        assert [ask(client, b'{"inputs": [1, 2, 3]}')[0] for client in clients[:2]] == [200, 200]
        clients[2].connect()
        answer = clients[2].sock.recv(1000)
        assert answer.startswith(b"HTTP/1.1 503 ") and b"Retry-After" in answer
        clients[0].close()
        until = time.monotonic() + 10
        while server._free._value == 0 and time.monotonic() < until:
            time.sleep(0.01)
        again = http.client.HTTPConnection(*place, timeout=5)
        assert ask(again, b'{"inputs": [1, 2, 3]}')[0] == 200
    for client in (*clients, again):
        client.close()


def test_a_fault_of_the_server_is_told_to_its_owner_alone(
    place: tuple[str, int], connection: Any, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a secret of the house")

    monkeypatch.setattr(SERVE.Server, "read", broken)
    status, answer = ask(connection, b'{"inputs": [1, 2, 3]}')
    assert (status, answer["error"]) == (500, "the server failed")
    assert "a secret of the house" in capfd.readouterr().err


def test_at_its_end_what_is_in_work_is_answered_and_idle_clients_are_not_waited_for(
    tmp_path: Path,
) -> None:
    # A record of a training: its trained net is served.
    data = np.ones((4, 3)), np.ones((4, 2))
    results = wl.net_train(wl.NetChain([2]), data, wl.ALL, max_training_rounds=1)
    expected = results["TrainedNet"]([1, 2, 3]).tolist()
    with serving(wl.save(results, tmp_path / "record.wlnet"), "--batch", "1", "3") as server:
        place = server.host, server.port
        idle = http.client.HTTPConnection(*place)
        assert ask(idle, b'{"inputs": [1, 2, 3]}') == (200, {"outputs": expected})
        with socket.create_connection(place, timeout=20) as late:
            late.sendall(b"POST /predict HTTP/1.1\r\nContent-Length: 21\r\n\r\n")
            time.sleep(0.2)
            begun = time.monotonic()
            ending = Thread(target=lambda: ended.append(server.stop()))
            ended: list[int] = []
            ending.start()
            time.sleep(0.3)
            assert ended == [], "it waits for what is in work"
            late.sendall(b'{"inputs": [1, 2, 3]}')
            answer = late.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200 ") and b"Connection: close" in answer
        ending.join()
        assert ended == [0] and time.monotonic() - begun < 10
        with pytest.raises(OSError):  # noqa: PT011  # refused, or reset: nobody listens
            ask(http.client.HTTPConnection(*place, timeout=5), b"{}")
        idle.close()
