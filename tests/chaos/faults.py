"""Proxies that let things go wrong between the program and a real server: HTTP requests and raw connections.

Nothing goes wrong until `rate` is set. The choice is by chance with a seed of its own.
"""
import contextlib
import http.client
import http.server
import random
import socket
import socketserver
import threading
import time

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "expect"}
ANSWER_MAX = 60  # seconds


class Dice:
    """Thread-safe chance."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.rate = 0.0
        self.thrown: dict[str, int] = {}

    def fault(self, kinds: list[str]) -> str:
        with self.lock:
            if self.random.random() >= self.rate:
                return ""
            kind = self.random.choice(kinds)
            self.thrown[kind] = self.thrown.get(kind, 0) + 1
            return kind

    def delay(self) -> float:
        with self.lock:
            return self.random.uniform(0.5, 5)


class HttpProxy:
    """Before an HTTP server on loopback."""

    KINDS = ["drop_before", "drop_answer", "slow", "too_many", "error_before", "error_after"]

    def __init__(self, target: str, dice: Dice) -> None:
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def handle_any(self) -> None:
                proxy.handle(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_any

        self.target = target
        self.dice = dice
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @staticmethod
    def read_body(request: http.server.BaseHTTPRequestHandler) -> bytes:
        if request.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return request.rfile.read(int(request.headers.get("Content-Length") or 0))
        body = b""
        while size := int(request.rfile.readline().split(b";")[0], 16):
            body += request.rfile.read(size)
            request.rfile.readline()
        request.rfile.readline()
        return body

    def forward(self, request: http.server.BaseHTTPRequestHandler, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP}
        connection = http.client.HTTPConnection(self.target, timeout=ANSWER_MAX)
        with contextlib.closing(connection):
            connection.request(request.command, request.path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()

    def handle(self, request: http.server.BaseHTTPRequestHandler) -> None:
        body = self.read_body(request)
        fault = self.dice.fault(self.KINDS)
        if fault == "drop_before":
            return self.cut(request)
        if fault in ("too_many", "error_before"):
            status = 429 if fault == "too_many" else 503
            return self.answer(request, status, [("Retry-After", "1")], b'{"error": "Unavailable", "message": "not now"}')
        try:
            status, headers, content = self.forward(request, body)
        except OSError:
            return self.cut(request)
        if fault == "drop_answer":
            return self.cut(request)
        if fault == "error_after":
            return self.answer(request, 502, [], b"<html>Bad Gateway</html>")
        if fault == "slow":
            time.sleep(self.dice.delay())
        self.answer(request, status, headers, content)

    @staticmethod
    def cut(request: http.server.BaseHTTPRequestHandler) -> None:
        request.close_connection = True
        with contextlib.suppress(OSError):
            request.connection.shutdown(socket.SHUT_RDWR)

    def answer(self, request: http.server.BaseHTTPRequestHandler, status: int, headers: list[tuple[str, str]],
               content: bytes) -> None:
        try:
            request.send_response_only(status)
            for name, value in headers:
                if name.lower() not in HOP_BY_HOP:
                    request.send_header(name, value)
            request.send_header("Content-Length", str(len(content)))
            request.end_headers()
            if request.command != "HEAD":
                request.wfile.write(content)
        except OSError:
            request.close_connection = True  # who asked has been killed


class TcpProxy:
    """Before a server of another protocol (a relay's WebSocket): connections that do not come about, or break."""

    KINDS = ["refuse", "break_soon", "mute"]

    def __init__(self, target: str, dice: Dice) -> None:
        proxy = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                proxy.handle(self.request)

        host, port = target.split(":")
        self.target = (host, int(port))
        self.dice = dice
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}"

    def handle(self, client: socket.socket) -> None:
        fault = self.dice.fault(self.KINDS)
        if fault == "refuse":
            return
        with contextlib.suppress(OSError), socket.create_connection(self.target, timeout=ANSWER_MAX) as server:
            back = threading.Thread(target=self.pump, args=(server, client, fault == "mute"), daemon=True)
            back.start()
            if fault == "break_soon":
                # Long enough for a message to get through, often too short for its answer.
                threading.Timer(self.dice.delay() / 50, self.cut, (client, server)).start()
            self.pump(client, server, False)
            back.join(timeout=1)

    @staticmethod
    def cut(*sockets: socket.socket) -> None:
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    @classmethod
    def pump(cls, source: socket.socket, sink: socket.socket, mute: bool) -> None:
        """Mute: after the greeting, what the server says is swallowed."""
        passed = 0
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not (mute and passed):
                    sink.sendall(data)
                passed += len(data)
        cls.cut(source, sink)
