"""The REST API as a patient client sees it: through restarts of everything behind it."""
import http.client
import json
import threading
import time
import urllib.parse
import uuid

PATIENCE = 60  # seconds
OWNER = {"name": "Ada Owner", "email": "ada@example.com", "password": "a long enough password", "workspace": "Studio",
         "time_zone": "Europe/Paris"}


class Refused(Exception):
    pass


class Api:
    def __init__(self, url: str) -> None:
        self.host = urllib.parse.urlsplit(url).netloc
        self.token = ""
        self.local = threading.local()  # a connection for each thread
        self.call("POST", "/api/register", OWNER)
        form = urllib.parse.urlencode({"grant_type": "password", "username": OWNER["email"], "password": OWNER["password"]})
        answer = self.call("POST", "/automation/token", form.encode(), "application/x-www-form-urlencoded")
        self.token = answer["access_token"]

    def once(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = getattr(self.local, "connection", None)
        if connection is None:
            connection = self.local.connection = http.client.HTTPConnection(self.host, timeout=20)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            self.local.connection = None
            raise

    def call(self, method: str, path: str, body: object = None, content_type: str = "application/json") -> dict:
        """Repeats what may not have been done, under one key, so that it is done once."""
        headers = {"Idempotency-Key": str(uuid.uuid4())} if method == "POST" and self.token else {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None
        if body is not None:
            headers["Content-Type"] = content_type
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
        give_up = time.monotonic() + PATIENCE
        while True:
            try:
                status, text = self.once(method, path, data, headers)
            except (OSError, http.client.HTTPException) as error:
                status, text = 0, repr(error).encode()
            if 200 <= status < 300:
                return json.loads(text) if text else {}
            # 409: the same request is still under way on another connection.
            worth_repeating = status == 0 or status == 429 or status >= 500 or (status == 409 and b"idempotency_running" in text)
            if not worth_repeating or time.monotonic() > give_up:
                raise Refused(f"{method} {path}: {status} {text[:500].decode(errors='replace')}")
            time.sleep(0.2)

    def posts(self):
        cursor = ""
        while True:
            query = urllib.parse.urlencode({"limit": 200} | ({"cursor": cursor} if cursor else {}))
            page = self.call("GET", f"/api/posts?{query}")
            yield from page["items"]
            cursor = page.get("next_cursor") or ""
            if not cursor:
                return
