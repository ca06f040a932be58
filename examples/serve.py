"""A net behind HTTP: JSON in, JSON out, with Python's standard library alone.

    python examples/serve.py net.wlnet --port 8000
    curl -d '{"inputs": [0.5, -0.5]}' http://127.0.0.1:8000/predict

POST /predict takes {"inputs": an example, a batch, or a table of ports}, perhaps with a "property"
of the decoder, and answers {"outputs": what net(inputs, property) gives}. Pictures are rows of
whole numbers from 0 to 255. GET /health tells what is served. What is wrong with a request is
answered by 400 to 499, in the words of wlnet. SIGTERM and Ctrl-C end it once the requests in work
are answered; one that is not there to its end seconds later is dropped.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

import wlnet as wl

LARGEST_BODY = 1 << 20
"""Bytes of a request."""
MOST_CONNECTIONS = 64
"""At one time: each has a thread. Whoever comes then is asked to come again."""
PATIENCE = 30.0
"""Seconds that a client may be silent."""
GRACE = 3.0
"""Seconds that the rest of a request may take to come once the server is to stop."""
BODIES = "POST", "PUT", "PATCH"
"""Methods whose requests say how long their bodies are; those of others are empty."""
FIELDS = "inputs", "property"
BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)


class Refusal(Exception):
    """An answer other than the one asked for; is_last: nothing more is read from this client."""

    def __init__(self, status: HTTPStatus, error: str, *, is_last: bool = False) -> None:
        super().__init__(error)
        self.status, self.is_last = status, is_last


class Handler(BaseHTTPRequestHandler):
    """A connection, and the requests that come over it one after the other."""

    server: Server
    protocol_version, server_version, sys_version = "HTTP/1.1", "wlnet", ""
    timeout = PATIENCE
    # An answer goes out in one piece, and at once.
    wbufsize, disable_nagle_algorithm = -1, True

    def do_GET(self) -> None:
        """Answer a request; http.server looks for this name."""
        with self.server.at_work(self.connection):
            try:
                status, body = HTTPStatus.OK, json.dumps(self.answer()).encode()
            except Refusal as error:
                self.close_connection |= error.is_last
                status, body = error.status, fault(error)
            except wl.WlnetError as error:
                status, body = HTTPStatus.BAD_REQUEST, fault(error)
            except (TimeoutError, ConnectionError):  # the client is gone, or as good as gone
                self.close_connection = True
                return
            except Exception as error:  # the others are served on
                traceback.print_exc()
                status, body = HTTPStatus.INTERNAL_SERVER_ERROR, fault(error, "the server failed")
            self.send(status, body)

    do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_GET

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what http.server makes nothing of."""
        self.close_connection, self.request_version = True, self.protocol_version
        status = HTTPStatus(code)
        self.send(status, fault(Refusal(status, message or status.phrase)))

    def handle_expect_100(self) -> bool:
        """Leave it to `body`, which knows whether the rest is wanted."""
        return True

    def send(self, status: HTTPStatus, body: bytes) -> None:
        """Send an answer, to HEAD without its body."""
        self.close_connection |= self.server.is_stopping
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def answer(self) -> object:
        """What is asked for. Raises Refusal, WlnetError."""
        body = self.body()  # read whatever is asked for: the next request begins behind it
        routes = {"/health": ("GET", self.health), "/predict": ("POST", self.predict)}
        if self.path not in routes:
            raise Refusal(HTTPStatus.NOT_FOUND, f"there are {' and '.join(routes)}")
        method, action = routes[self.path]
        if self.command != method and (self.command, method) != ("HEAD", "GET"):
            raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, f"{self.path} takes {method}")
        return action(body)

    def body(self) -> bytes:
        """The body of the request, as long as it says."""
        length = self.headers.get("Content-Length", "" if self.command in BODIES else "0")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit()):
            what = "say how long the body is: Content-Length"
            raise Refusal(HTTPStatus.LENGTH_REQUIRED, what, is_last=True)
        if len(length) > 12 or int(length) > LARGEST_BODY:
            what = f"the body has more than {LARGEST_BODY:,} bytes"
            raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, what, is_last=True)
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(HTTPStatus.CONTINUE)
            self.end_headers()
            self.wfile.flush()  # the client waits for it
        found = self.rfile.read(int(length))
        if len(found) < int(length):
            raise ConnectionError
        return found

    def health(self, _: bytes) -> object:
        """Whether it serves, and what."""
        net = self.server.net
        sides = {side: wl.information(net, side) for side in ("InputPorts", "OutputPorts")}
        ports = {side: {name: str(port) for name, port in it.items()} for side, it in sides.items()}
        return {"status": "ok", "wlnet": wl.__version__, **ports}

    def predict(self, body: bytes) -> object:
        """What the net answers."""
        try:
            asked = json.loads(body, parse_constant=not_json)
        except (ValueError, RecursionError) as error:
            raise Refusal(HTTPStatus.BAD_REQUEST, f"this is not JSON: {error}") from None
        if not isinstance(asked, dict) or "inputs" not in asked or asked.keys() - FIELDS:
            raise Refusal(HTTPStatus.BAD_REQUEST, f"expected a table of {' and '.join(FIELDS)}")
        wish = [asked[name] for name in ("property",) if name in asked]
        if not all(each is None or isinstance(each, str) for each in wish):
            raise Refusal(HTTPStatus.BAD_REQUEST, "a property of a decoder is a text, or null")
        return {"outputs": plain(self.server.net(self.server.read(asked["inputs"]), *wish))}

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of requests that were answered."""


class Server(ThreadingHTTPServer):
    """Serves a net until `stop` is called; closing it waits for the requests in work."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, net: Any, host: str, port: int) -> None:
        super().__init__((host, port), Handler)
        self.net, self.is_stopping = net, False
        coders = {port: wl.net_extract(net, port) for port in wl.information(net, "InputPorts")}
        self._plain = [port for port in coders if getattr(coders[port], "kind", "") != "Image"]
        self._has_pictures = len(self._plain) < len(coders)
        self._lock, self._free = threading.Lock(), threading.Semaphore(MOST_CONNECTIONS)
        self._idle: set[socket.socket] = set()
        self._busy: set[socket.socket] = set()

    def read(self, inputs: Any) -> Any:
        """What JSON gives for the inputs of the net. Raises Refusal."""
        if not self._has_pictures:
            return inputs
        if isinstance(inputs, dict):
            return {k: it if k in self._plain else picture(it) for k, it in inputs.items()}
        return picture(inputs)

    def stop(self) -> None:
        """End `serve_forever`, which another thread is in: requests in work are answered, and
        connections without one are ended. What comes of a request after GRACE is not read.
        """
        with self._lock:
            self.is_stopping = True
        self._hang_up(self._idle)
        late = threading.Timer(GRACE, self._hang_up, [self._busy])
        late.daemon = True
        late.start()
        self.shutdown()

    def _hang_up(self, connections: set[socket.socket]) -> None:
        with self._lock:
            for connection in connections:
                hang_up(connection)

    @contextlib.contextmanager
    def at_work(self, connection: socket.socket) -> Iterator[None]:
        """A connection with a request in work, which is not hung up."""
        with self._lock:
            self._idle.discard(connection)
            self._busy.add(connection)
        try:
            yield
        finally:
            self._waits(connection)

    def _waits(self, connection: socket.socket) -> None:
        with self._lock:
            self._busy.discard(connection)
            self._idle.add(connection)
            if self.is_stopping:
                hang_up(connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give a connection a thread, where one is left."""
        if self._free.acquire(blocking=False):
            self._waits(request)
            super().process_request(request, client_address)
            return
        with contextlib.suppress(OSError):
            request.setblocking(False)
            request.sendall(BUSY)
        self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._idle.discard(request)
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell what went wrong with a connection; that a client went away is no fault."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def hang_up(connection: socket.socket) -> None:
    """Read nothing more from a client; what was asked is answered."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RD)


def fault(error: Exception, words: str | None = None) -> bytes:
    """What is told of an error."""
    return json.dumps({"error": words or str(error), "kind": type(error).__name__}).encode()


def not_json(word: str) -> object:
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(f"{word} is no number of JSON")


def picture(inputs: object) -> Any:
    """Pictures of bytes. Names of files, which an encoder takes as well, are none of them."""
    try:
        found = np.asarray(inputs)
    except ValueError:
        found = np.array(None)
    if found.dtype.kind != "i" or found.size == 0 or found.min() < 0 or found.max() > 255:
        raise Refusal(HTTPStatus.BAD_REQUEST, "a picture is rows of whole numbers from 0 to 255")
    return found.astype(np.uint8)


def plain(answer: object) -> object:
    """An answer as JSON: a number of 32 bits is the same one there, what is not finite is null. A
    table of names that would read alike is a list of pairs.
    """
    if isinstance(answer, (np.ndarray, np.generic)):
        return plain(answer.tolist())
    if isinstance(answer, dict):
        found = {str(key): plain(value) for key, value in answer.items()}
        # Names in JSON are texts: of 1 and "1" one would be lost.
        alike = len(found) < len(answer)
        return [[plain(key), plain(it)] for key, it in answer.items()] if alike else found
    if isinstance(answer, (list, tuple)):
        return [plain(value) for value in answer]
    return None if isinstance(answer, float) and not math.isfinite(answer) else answer


def main() -> None:
    """Serve the net of a file."""
    parser = argparse.ArgumentParser(description="Serve a saved net over HTTP.")
    parser.add_argument("file", help="a net, or a record of a training, of wlnet.save")
    parser.add_argument("--host", default="127.0.0.1", help="default: for this machine alone")
    parser.add_argument("--port", type=int, default=8000, help="0 is a free one; default: 8000")
    parser.add_argument("--batch", type=int, nargs="+", default=[1], help="sizes to be ready for")
    given = parser.parse_args()
    found = wl.load(given.file, precompile=given.batch)
    net = found["TrainedNet"] if isinstance(found, wl.NetTrainResults) else found
    with Server(net, given.host, given.port) as server:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=server.stop).start())
        print(f"ready: http://{given.host}:{server.server_address[1]}", flush=True)
        server.serve_forever(poll_interval=0.1)
    print("stopped", flush=True)


if __name__ == "__main__":
    main()
