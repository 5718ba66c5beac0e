"""What the three tests of deploy scripts share: servers on loopback, running a script, saying what went wrong."""
import contextlib
import http.server
import json
import os
import pathlib
import socket
import subprocess
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]


class Cases:
    def __init__(self) -> None:
        self.passed = self.failed = self.skipped = 0

    def expect(self, good: object, what: str) -> None:
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {what}")

    def skip(self, what: str) -> None:
        self.skipped += 1
        print(f"SKIPPED {what}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(script: str, *arguments: str, environment: dict[str, str], timeout: int = 900) -> tuple[int, str]:
    """Exit code and everything that deploy/SCRIPT said."""
    done = subprocess.run([ROOT / "deploy" / script, *arguments], env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)
    return done.returncode, done.stdout.decode(errors="replace")


def settings(platform: str, path: pathlib.Path, **other: str) -> str:
    """The platform's example.env with other values in it; None takes a line out."""
    lines = [line for line in (ROOT / "deploy" / platform / "example.env").read_text().splitlines()
             if line.split("=")[0] not in other]
    path.write_text("\n".join(lines + [f"{name}={value}" for name, value in other.items() if value is not None]) + "\n")
    return str(path)


@contextlib.contextmanager
def program(command: list[str], url: str, seconds: float = 30):
    """A server in a process of its own, until it answers at `url`."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        give_up = time.monotonic() + seconds
        while True:
            try:
                urllib.request.urlopen(url, timeout=5).close()
                break
            except OSError:
                if time.monotonic() > give_up or process.poll() is not None:
                    raise
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextlib.contextmanager
def service(answer, port: int = 0):
    """An HTTP server whose answer(method, path, body) gives (status, object or text); its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, value = answer(self.command, self.path, body)
            text = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = respond

        def log_message(self, *_arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
