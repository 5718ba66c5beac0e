"""What is to be published: a mix of single posts, threads and images over all accounts, falling due over the run."""
import collections
import dataclasses
import datetime
import random
import struct
import zlib

from receivers import Receiver, marker

SENTENCES = ["A quiet line about something that rises.", "Wer das liest, hat Zeit. ⏳", "Fresh from the garden 🍓 #harvest",
             "Numbers, once more, for those who like them."]


@dataclasses.dataclass
class Draft:
    """One post to be written: an item with parts, for some receivers."""

    item: int
    parts: int
    image: bool
    receivers: list[Receiver]
    due: datetime.datetime

    def body(self, image_id: str) -> dict:
        parts = [{"text": f"{SENTENCES[self.item % len(SENTENCES)]} {marker(self.item, part)}",
                  "media": [image_id] if self.image and part == 0 else []} for part in range(self.parts)]
        return {"parts": parts, "language": "en", "variants": [{"account_id": each.account["id"]} for each in self.receivers],
                "when": {"type": "at", "at": self.due.isoformat().replace("+00:00", "Z")},
                "too_late": {"policy": "publish", "after_seconds": 86400}}


def drafts(seed: int, targets: int, receivers: list[Receiver], begin: datetime.datetime, seconds: float) -> list[Draft]:
    """About so many targets; every fourth post is due in one of a few full seconds, with many others."""
    chance = random.Random(seed)
    bursts = [begin + datetime.timedelta(seconds=int(seconds * part)) for part in (0.2, 0.5, 0.8)]
    made: list[Draft] = []
    taken: collections.Counter[str] = collections.Counter()
    count = 0
    while count < targets:
        # Leaves room for a thread of three.
        willing = [each for each in receivers if chance.random() < each.share and taken[each.name] + 3 <= each.most]
        some = chance.sample(willing, min(len(willing), chance.choice([1, 2, 3, 4])))
        image = chance.random() < 0.05 or any(each.needs_image for each in some)
        if image:
            some = [each for each in some if each.takes_images] or some[:1]
            image = some[0].takes_images
        parts = 1 if image else chance.choices([1, 2, 3], [85, 10, 5])[0]
        due = chance.choice(bursts) if chance.random() < 0.25 else begin + datetime.timedelta(seconds=chance.uniform(0, seconds))
        made.append(Draft(len(made) + 1, parts, image, some, due.replace(microsecond=due.microsecond // 1000 * 1000)))
        taken.update({each.name: parts for each in some})
        count += len(some)
    return made


def png(size: int = 32) -> bytes:
    """A small picture, made here."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((x * 8 % 256, y * 8 % 256, 96) [channel] for x in range(size) for channel in range(3))
                    for y in range(size))
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
