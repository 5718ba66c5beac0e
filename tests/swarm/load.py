"""Requests at their times, whatever the answers do (open loop), through every edge in turn: half of them over connections that are
kept, half over new ones. Nothing is repeated."""
import asyncio
import collections
import dataclasses
import datetime
import json
import re
import threading
import time
import uuid

PATIENCE = 20.0  # seconds for one answer


@dataclasses.dataclass
class Window:
    """What happened between two moments."""
    sent: int
    failed: int
    p99: float
    reasons: collections.Counter


@dataclasses.dataclass
class Seen:
    at: float
    seconds: float
    failure: str  # empty: a good answer


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, bool, bytes]:
    """Status, whether the connection goes on, body."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])}
    body = b""
    if headers.get(b"transfer-encoding", b"").lower() == b"chunked":
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readuntil(b"\r\n")
    else:
        body = await reader.readexactly(int(headers.get(b"content-length", b"0")))
    return status, headers.get(b"connection", b"").lower() != b"close", body


class Edge:
    """One entrance, and the connections to it that are kept."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.kept: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def connection(self, keeps: bool) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while keeps and self.kept:
            reader, writer = self.kept.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self.host, self.port)

    async def ask(self, request: bytes, keeps: bool) -> str:
        """Empty, or why it failed."""
        reader, writer = await self.connection(keeps)
        going = False
        try:
            writer.write(request)
            await writer.drain()
            status, going, body = await read_answer(reader)
            code = re.search(rb'"code":"(\w+)"', body)
            return "" if status in (200, 201) else f"{status} {code[1].decode() if code else ''}"
        finally:
            if keeps and going:
                self.kept.append((reader, writer))
            else:
                writer.close()


class Load(threading.Thread):
    """`rate` GETs a second over all roles, and one post a second that falls due while the drill goes on."""

    def __init__(self, edges: list[tuple[str, int]], token: str, account: str, rate: int, due_after: float) -> None:
        super().__init__(daemon=True)
        self.edges = [Edge(*edge) for edge in edges]
        self.token, self.account, self.rate, self.due_after = token, account, rate, due_after
        self.seen: list[Seen] = []
        self.posts: dict[str, str] = {}  # text: failure of its request, empty when it was taken
        self.ending = threading.Event()

    def run(self) -> None:
        asyncio.run(self.keep_asking())

    def stop(self) -> None:
        self.ending.set()
        self.join(PATIENCE + 5)

    def window(self, begin: float, end: float) -> Window:
        here = [one for one in list(self.seen) if begin <= one.at < end]
        times = sorted(one.seconds for one in here) or [0.0]
        reasons = collections.Counter(one.failure for one in here if one.failure)
        return Window(len(here), sum(reasons.values()), times[int(len(times) * 0.99)], reasons)

    def good_since(self, seconds: float) -> bool:
        lately = self.window(time.monotonic() - seconds - 1, time.monotonic() - 1)
        return lately.sent > 0 and lately.failed == 0

    async def keep_asking(self) -> None:
        paths = ["/api/posts?limit=5", "/", "/api/user", "/automation/health", "/api/accounts", "/api/posts?limit=5"]
        pending: set[asyncio.Task] = set()
        begin = time.monotonic()
        number = 0
        while not self.ending.is_set():
            await asyncio.sleep(max(0.0, begin + number / self.rate - time.monotonic()))
            turn = number + number // self.rate  # so that posts, too, take every way
            keeps = turn % 2 == 0
            request = self.get(paths[number % len(paths)], keeps)
            if number % self.rate == 0:
                request = self.post(number // self.rate, keeps)
            task = asyncio.create_task(self.one(self.edges[turn // 2 % len(self.edges)], keeps, *request))
            pending.add(task)
            task.add_done_callback(pending.discard)
            number += 1
        await asyncio.gather(*pending)

    async def one(self, edge: Edge, keeps: bool, request: bytes, text: str) -> None:
        at = time.monotonic()
        try:
            failure = await asyncio.wait_for(edge.ask(request, keeps), PATIENCE)
        except (OSError, EOFError, asyncio.TimeoutError) as error:
            failure = repr(error)
        if failure:
            failure = f"{request.split(b' HTTP')[0].decode()}: {failure}"
        self.seen.append(Seen(at, time.monotonic() - at, failure))
        if text:
            self.posts[text] = failure

    def head(self, line: str, keeps: bool) -> str:
        closing = "" if keeps else "Connection: close\r\n"
        return f"{line} HTTP/1.1\r\nHost: drill.example.org\r\n{closing}Authorization: Bearer {self.token}\r\n"

    def get(self, path: str, keeps: bool) -> tuple[bytes, str]:
        return (self.head(f"GET {path}", keeps) + "\r\n").encode(), ""

    def post(self, number: int, keeps: bool) -> tuple[bytes, str]:
        text = f"drill post {number:06}"
        due = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.due_after)
        body = json.dumps(post_body(text, self.account, due))
        head = self.head("POST /api/posts", keeps) + f"Idempotency-Key: {uuid.uuid4()}\r\nContent-Type: application/json\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode(), text


def post_body(text: str, account: str, due: datetime.datetime) -> dict:
    return {"parts": [{"text": text}], "variants": [{"account_id": account}],
            "when": {"type": "at", "at": due.strftime("%Y-%m-%dT%H:%M:%S.000Z")},
            "too_late": {"policy": "publish", "after_seconds": 86400}}
