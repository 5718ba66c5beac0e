"""The real binary, alone in a folder of its own, with its log as JSON; and a double that receives what is posted to it."""
import contextlib
import http.server
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from servers import Server  # noqa: E402


class Program(Server):
    name = "program"

    def __init__(self, binary: str, **settings: str) -> None:
        super().__init__()
        self.binary = binary
        self.settings = settings

    def command(self) -> list[str]:
        return ["env", "-u", "DATABASE_URL", "-u", "REDIS_URL", *[f"{key}={value}" for key, value in self.settings.items()],
                "LOG_FORMAT=json", self.binary, "--port", str(self.port), "--data-dir", str(self.folder / "data")]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:
            return answer.read().decode()

    def terminate(self) -> int:
        """The orderly end; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=15)

    def log(self) -> list[dict]:
        """Every line of the log that is JSON; the line for people on standard output is not."""
        lines = []
        for line in (self.folder / "log").read_text().splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                lines.append(json.loads(line))
        return lines


class Receiver:
    """Keeps the JSON bodies that are posted to it, with their paths and headers."""

    def __init__(self) -> None:
        received = self.received = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                received.append((self.path, dict(self.headers), json.loads(body)))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Silent: the checks say what matters."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def binary() -> str:
    return os.environ.get("SOCIALTREND_BINARY", str(ROOT / "build/release/socialtrend"))
