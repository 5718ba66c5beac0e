"""A webhook receiver outside the fleet that keeps each Idempotency-Key once, and counts what it took by text."""
import collections
import http.server
import json
import threading


class Receiver:
    def __init__(self, host: str) -> None:
        self.copies: collections.Counter[str] = collections.Counter()
        self.repeats = 0  # under a key that it has already: harmless, and told
        self.keys: set[str] = set()
        self.lock = threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if body["event"] == "post":
                    outer.take(self.headers["Idempotency-Key"], body["parts"][0]["text"])
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer((host, 0), Handler)
        self.url = f"http://{host}:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, key: str, text: str) -> None:
        with self.lock:
            if key in self.keys:
                self.repeats += 1
            else:
                self.keys.add(key)
                self.copies[text] += 1
