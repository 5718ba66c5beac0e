"""Who receives: a real Bluesky server, a real Nostr relay, and the strict doubles of `socialtrend rehearse`.

Each says what to fill in to connect an account to it, and what it has: how often each piece (a marker in the text) is there.
"""
import collections
import json
import pathlib
import re
import subprocess
import urllib.error
import urllib.request

from count import Piece
from faults import Dice, HttpProxy, TcpProxy

MARKER = re.compile(r"item (\d{6})\.(\d+)")


def marker(item: int, part: int) -> str:
    return f"item {item:06}.{part}"


def call(method: str, url: str, body: object = None, token: str = "") -> dict:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url, json.dumps(body).encode() if body is not None else None, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{method} {url}: {error.code} {error.read()[:300]!r}") from error


class Receiver:
    def __init__(self, name: str, network: str) -> None:
        self.name = name
        self.network = network
        self.takes_images = network in ("bluesky", "mastodon", "discord", "telegram", "wordpress", "x", "threads", "instagram")
        self.needs_image = False
        # What networks take in a minute differs, and our connectors keep to it.
        self.share = {"telegram": 0.15, "slack": 0.3, "mastodon": 0.4, "x": 0.4, "threads": 0.4, "instagram": 0.15}.get(network, 1.0)
        # What they take in a quarter of an hour (X) or a day: more would wait for longer than the run.
        self.most = {"x": 80, "threads": 200, "instagram": 40}.get(network, 1_000_000)
        self.shows_threads = True  # false: of a thread that comes in one request only the first part is told
        self.account: dict = {}  # as the API shows it, once connected

    def settings(self) -> dict:
        raise NotImplementedError

    def texts(self) -> list[str]:
        """One text for each copy that a reader would see."""
        raise NotImplementedError

    def received(self) -> collections.Counter[Piece]:
        return collections.Counter((self.name, int(item), int(part))
                                   for text in self.texts() for item, part in MARKER.findall(text))


class Bluesky(Receiver):
    def __init__(self, address: str, dice: Dice) -> None:
        super().__init__("bluesky", "bluesky")
        self.url = f"http://{address}"
        self.proxy = HttpProxy(address, dice)
        self.handle = "chaos.test"
        self.person = self.xrpc("com.atproto.server.createAccount",
                                {"handle": self.handle, "email": "chaos@example.com", "password": "long-enough-1"})
        self.password = self.xrpc("com.atproto.server.createAppPassword", {"name": "socialtrend"},
                                  self.person["accessJwt"])["password"]

    def xrpc(self, method: str, body: dict, token: str = "") -> dict:
        return call("POST", f"{self.url}/xrpc/{method}", body, token)

    def settings(self) -> dict:
        return {"service": self.proxy.url, "identifier": self.handle, "app_password": self.password}

    def records(self) -> list[dict]:
        records, cursor = [], ""
        while True:
            page = call("GET", f"{self.url}/xrpc/com.atproto.repo.listRecords?repo={self.person['did']}"
                               f"&collection=app.bsky.feed.post&limit=100&cursor={cursor}")
            records += page["records"]
            cursor = page.get("cursor", "")
            if not cursor or not page["records"]:
                return records

    def texts(self) -> list[str]:
        return [record["value"]["text"] for record in self.records()]

    def sabotage(self) -> None:
        """Puts a second copy of a post there behind the program's back: the count must find it."""
        copy = self.records()[0]["value"]
        session = self.xrpc("com.atproto.server.createSession", {"identifier": self.handle, "password": self.password})
        self.xrpc("com.atproto.repo.createRecord",
                  {"repo": self.person["did"], "collection": "app.bsky.feed.post", "record": copy}, session["accessJwt"])


class Nostr(Receiver):
    def __init__(self, address: str, dice: Dice) -> None:
        super().__init__("nostr", "nostr")
        self.url = f"ws://{address}"
        self.proxy = TcpProxy(address, dice)

    def settings(self) -> dict:
        return {"relays": [f"ws://{self.proxy.address}"]}

    def texts(self) -> list[str]:
        script = pathlib.Path(__file__).with_name("notes.cjs")
        done = subprocess.run(["node", str(script), self.url], capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode(errors="replace"))
        return [note["content"] for note in json.loads(done.stdout)]


class Double(Receiver):
    """One of the rehearsal's; it acts out its own faults."""

    def __init__(self, control: str, about: dict) -> None:
        super().__init__(about["name"], about["network"])
        self.control = control
        self.fill_in = about["settings"]
        self.needs_image = about["name"] in ("pixelfed", "instagram")
        self.shows_threads = about["network"] != "webhook"

    def settings(self) -> dict:
        return self.fill_in

    def texts(self) -> list[str]:
        answer = call("GET", f"{self.control}/received?network={self.name}&limit=1000000")
        entry = next(entry for entry in answer["networks"] if entry["name"] == self.name)
        return [post["text"] for post in entry["posts"] for _ in range(post["count"])]

    def plan(self, faults: str) -> None:
        call("POST", f"{self.control}/faults", {"network": self.name, "plan": faults})


def doubles(control: str) -> list[Double]:
    return [Double(control, about) for about in call("GET", f"{control}/networks")["networks"]]
