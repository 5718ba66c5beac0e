"""Clients that keep their connections and ask again as soon as they were answered, until nobody is there any more.

What they were promised and did not get is lost: a connection that was accepted and a request that was sent, without a whole answer.
A connection that is refused is no loss: who stops has told everybody by then.
"""
import asyncio
import collections
import dataclasses
import datetime
import json
import pathlib
import re
import sys
import threading
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "swarm"))
from load import post_body, read_answer  # noqa: E402

PATIENCE = 15.0  # seconds for one answer


@dataclasses.dataclass
class Counts:
    answered: int = 0
    closed_in_order: int = 0  # answers that said that they are the last on their connection
    refused: int = 0
    lost: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    wrong: collections.Counter = dataclasses.field(default_factory=collections.Counter)  # an answer, but a bad one


class Callers(threading.Thread):
    """`count` connections to one process. `pause`: seconds that a client thinks between two requests; `account`: for posts, if any."""

    def __init__(self, port: int, paths: list[str], count: int, pause: float = 0.0, token: str = "", account: str = "") -> None:
        super().__init__(daemon=True)
        self.port, self.paths, self.count, self.pause = port, paths, count, pause
        self.token, self.account = token, account
        self.counts = Counts()
        self.posts: dict[str, bool] = {}  # text: whether it was taken
        self.leaving = threading.Event()

    def leave(self) -> None:
        """After the answers that are on their way."""
        self.leaving.set()
        self.join(PATIENCE + 5)

    def run(self) -> None:
        asyncio.run(self.all_of_them())

    async def all_of_them(self) -> None:
        await asyncio.gather(*[self.one(number) for number in range(self.count)])

    async def one(self, number: int) -> None:
        """Until a connection is refused, or it is told to leave."""
        turn = number
        while not self.leaving.is_set():
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                self.counts.refused += 1
                return
            try:
                going = True
                while going and not self.leaving.is_set():
                    going = await self.ask(reader, writer, turn)
                    turn += 1
                    if self.pause:
                        await asyncio.sleep(self.pause)
            finally:
                writer.close()

    async def ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, turn: int) -> bool:
        if self.pause and reader.at_eof():
            return False  # closed while idle, and that was seen before anything was sent
        request, text = self.request(turn)
        try:
            writer.write(request)
            await writer.drain()
            status, going, body = await asyncio.wait_for(read_answer(reader), PATIENCE)
        except (OSError, EOFError, asyncio.TimeoutError) as error:
            self.counts.lost[f"{request.split(b' HTTP')[0].decode()}: {type(error).__name__}"] += 1
            return False
        self.counts.answered += 1
        self.counts.closed_in_order += not going
        if status >= 400:
            self.counts.wrong[f"{request.split(b' HTTP')[0].decode()}: {status} {body[:200].decode(errors='replace')}"] += 1
        elif text:
            self.posts[text] = True
        return going

    def request(self, turn: int) -> tuple[bytes, str]:
        head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {self.token}\r\n" if self.token else "Host: 127.0.0.1\r\n"
        if not self.account or turn % 4:
            return f"GET {self.paths[turn % len(self.paths)]} HTTP/1.1\r\n{head}\r\n".encode(), ""
        text = f"stopping {uuid.uuid4()}"
        self.posts[text] = False
        due = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
        body = json.dumps(post_body(text, self.account, due))
        return (f"POST /api/posts HTTP/1.1\r\n{head}Idempotency-Key: {uuid.uuid4()}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}").encode(), text
