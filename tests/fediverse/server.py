"""A server of the Mastodon API by other people than ours, as far as manners go: written from its public documentation, with habits
that neither Mastodon nor the double of `socialtrend rehearse` has.

It knows no Idempotency-Key, answers in chunks and in lower-case headers of another order, counts its rate limit in seconds, takes
pictures with 202 and is busy with them for a while, gives ids that are words, and renders posts in its own way. What happens to the
next posts is told by `next_faults`: "drop_answer", "html_502" (both after it has taken the post), "drop_request" (before), "too_many",
"slow" (takes it, and answers when `let_go` is set).
"""
import email.parser
import email.policy
import html
import http.server
import json
import re
import threading
import time
import urllib.parse
import uuid

TOKEN = "token-of-somebody-else"
BUSY_LOOKS = 2  # so often a picture is not ready yet


class Fediverse(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.lock = threading.Lock()
        self.statuses: list[dict] = []
        self.pictures: dict[str, dict] = {}
        self.next_faults: list[str] = []
        self.let_go = threading.Event()
        self.taken = threading.Event()
        self.requests = 0

    def __enter__(self) -> "Fediverse":
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address) -> None:  # connections that are cut, by either side
        pass

    def copies(self, marker: str) -> int:
        with self.lock:
            return sum(marker in status["_text"] for status in self.statuses)


def rendered(text: str) -> str:
    """Line breaks, links cut short, and a class on every paragraph."""
    def link(match: re.Match) -> str:
        shown = match[0].removeprefix("https://")
        return f'<a href="{match[0]}" class="u-url" rel="nofollow">{shown[:20]}{"…" if len(shown) > 20 else ""}</a>'

    paragraphs = html.escape(text, quote=False).split("\n\n")
    return "".join('<p class="e-content">' + re.sub(r"https://\S+", link, each).replace("\n", "<br />") + "</p>" for each in paragraphs)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Fediverse

    def log_message(self, *_: object) -> None:
        pass

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def reply(self, status: int, value: object, headers: tuple[tuple[str, str], ...] = ()) -> None:
        text = value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=True)
        kind = "text/html" if isinstance(value, str) else "Application/JSON;  charset=UTF-8"
        lines = [f"HTTP/1.1 {status} whatever", "transfer-encoding: chunked", f"content-type: {kind}", "ratelimit-remaining: 12",
                 "x-ratelimit-reset: 17", "x-ratelimit-limit: many", f"date: {self.date_time_string()}", "vary: *",
                 *(f"{name}: {text}" for name, text in headers)]
        data = text.encode()
        chunks = b"".join(f"{len(piece):x};note=none\r\n".encode() + piece + b"\r\n"
                          for piece in (data[at:at + 100] for at in range(0, len(data), 100)))
        self.wfile.write(("\r\n".join(lines) + "\r\n\r\n").encode() + chunks + b"0\r\nx-trailer: yes\r\n\r\n")
        self.wfile.flush()

    def cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(2)

    def admitted(self) -> bool:
        self.server.requests += 1
        if self.headers.get("authorization") == f"Bearer {TOKEN}":
            return True
        self.reply(401, {"error": "The access token is invalid"})
        return False

    def do_GET(self) -> None:
        path = urllib.parse.urlsplit(self.path)
        if path.path == "/api/v2/instance":
            return self.reply(404, {"error": "Record not found"})
        if path.path == "/api/v1/instance":
            return self.reply(200, {"uri": "fedi.example", "title": "Somewhere", "version": "2.7.2 (compatible; Otherwise 0.9)",
                                    "max_toot_chars": 1000, "poll_limits": {"max_options": 4}})
        if not self.admitted():
            return None
        if path.path == "/api/v1/accounts/verify_credentials":
            return self.reply(200, {"id": "someone", "acct": "ada", "username": "ada", "display_name": "Ada", "url": self.server.url + "/@ada",
                                    "avatar": ""})
        if found := re.fullmatch(r"/api/v1/media/([\w-]+)", path.path):
            return self.look_at_picture(found[1])
        if path.path == "/api/v1/accounts/someone/statuses":
            return self.list_statuses(urllib.parse.parse_qs(path.query))
        return self.reply(404, {"error": "Record not found"})

    def look_at_picture(self, picture_id: str) -> None:
        picture = self.server.pictures.get(picture_id)
        if picture is None:
            return self.reply(404, {"error": "Record not found"})
        picture["looks"] += 1
        ready = picture["looks"] > BUSY_LOOKS
        return self.reply(200 if ready else 206, self.shown_picture(picture, ready))

    @staticmethod
    def shown_picture(picture: dict, ready: bool) -> dict:
        return {"type": "image", "id": picture["id"], "url": f"https://fedi.example/{picture['id']}" if ready else None,
                "description": picture["description"]}

    def list_statuses(self, query: dict[str, list[str]]) -> None:
        with self.server.lock:
            newest_first = list(reversed(self.server.statuses))
        if older := query.get("max_id"):
            ids = [status["id"] for status in newest_first]
            newest_first = newest_first[ids.index(older[0]) + 1:] if older[0] in ids else []
        page = newest_first[:min(20, int(query.get("limit", ["20"])[0]))]
        self.reply(200, [{name: value for name, value in status.items() if not name.startswith("_")} for status in page])

    def do_POST(self) -> None:
        data = self.body()
        if not self.admitted():
            return None
        path = urllib.parse.urlsplit(self.path).path
        if path == "/api/v2/media":
            return self.take_picture(data)
        if path != "/api/v1/statuses":
            return self.reply(404, {"error": "Record not found"})
        with self.server.lock:
            fault = self.server.next_faults.pop(0) if self.server.next_faults else ""
        if fault == "drop_request":
            return self.cut()
        if fault == "too_many":
            # A second and a half from now, as an HTTP date.
            return self.reply(429, {"error": "Throttled"}, (("retry-after", self.date_time_string(int(time.time()) + 2)),))
        status = self.publish(json.loads(data))
        if fault == "slow":
            self.server.taken.set()
            self.server.let_go.wait(120)
        if fault == "drop_answer":
            return self.cut()
        if fault == "html_502":
            return self.reply(502, "<!doctype html><title>Bad gateway</title><h1>We will be back</h1>")
        return self.reply(200, {name: value for name, value in status.items() if not name.startswith("_")})

    def take_picture(self, data: bytes) -> None:
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + data)
        fields = {part.get_param("name", header="content-disposition"): part.get_payload(decode=True) for part in form.iter_parts()}
        picture = {"id": "pic-" + uuid.uuid4().hex[:10], "looks": 0, "bytes": len(fields["file"]),
                   "description": fields.get("description", b"").decode()}
        self.server.pictures[picture["id"]] = picture
        self.reply(202, self.shown_picture(picture, ready=False))

    def publish(self, wish: dict) -> dict:
        now = time.time()
        status_id = f"post-{uuid.uuid4().hex[:12]}"
        status = {"visibility": wish.get("visibility", "public"), "content": rendered(wish["status"]), "id": status_id,
                  "created_at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + "+00:00", "in_reply_to_id": wish.get("in_reply_to_id"),
                  "url": f"{self.server.url}/@ada/{status_id}", "uri": f"{self.server.url}/objects/{status_id}", "reblog": None,
                  "account": {"id": "someone", "acct": "ada"}, "_text": wish["status"],
                  "media_attachments": [self.shown_picture(self.server.pictures[each], True) for each in wish.get("media_ids", [])]}
        with self.server.lock:
            self.server.statuses.append(status)
        return status
