"""The count: what each receiver has against what was asked for. Pure; tested by count_test.py.

A target is one row of the program's table: one post on one account, and of a thread either the whole or one part. Its pieces
are the texts that a reader would see; each carries a marker that nothing else carries.
"""
import collections
import dataclasses
import datetime

Piece = tuple[str, int, int]  # receiver, item, part


@dataclasses.dataclass
class Target:
    id: str
    post_id: str
    receiver: str
    network: str
    retry: str  # "A" safe by key, "B" safe by look-up, "C" blind
    pieces: list[Piece]
    due: datetime.datetime
    state: str = "scheduled"
    published_at: datetime.datetime | None = None
    asked: int = 0  # times that a person had to decide
    sent_again: int = 0  # times that the person said so

    @property
    def repeats_allowed(self) -> int:
        """Only a blind network may get a text again, once for each time that a person said so."""
        return self.sent_again if self.retry == "C" else 0


@dataclasses.dataclass
class Verdict:
    target: Target | None
    piece: Piece
    kind: str  # "lost", "doubled", "untold" (there, but the program does not say so), "stray" (nobody asked for it)
    copies: int


def judge(targets: list[Target], received: collections.Counter[Piece]) -> list[Verdict]:
    verdicts = []
    known: set[Piece] = set()
    for target in targets:
        for piece in target.pieces:
            if piece in known:
                raise ValueError(f"two targets claim {piece}")
            known.add(piece)
            copies = received[piece]
            if copies == 0:
                verdicts.append(Verdict(target, piece, "lost", copies))
            elif copies > 1 + target.repeats_allowed:
                verdicts.append(Verdict(target, piece, "doubled", copies))
            elif target.state != "published":
                verdicts.append(Verdict(target, piece, "untold", copies))
    verdicts += [Verdict(None, piece, "stray", copies) for piece, copies in received.items() if piece not in known]
    return verdicts


def percentile(values: list[float], fraction: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * fraction))] if ordered else 0.0


def lateness(targets: list[Target]) -> list[float]:
    """Seconds from the due time to the confirmation, of what went out without a person's help."""
    return [max(0.0, (target.published_at - target.due).total_seconds())
            for target in targets if target.published_at and not target.asked]


HEADINGS = ["network", "class", "targets", "published", "doubled", "lost", "untold", "asked", "late p50 s", "late p99 s"]


def row(name: str, retry: str, targets: list[Target], verdicts: list[Verdict]) -> list[str]:
    def count(kind: str) -> int:
        return len({verdict.target.id for verdict in verdicts if verdict.kind == kind and verdict.target in targets})

    late = lateness(targets)
    published = sum(target.state == "published" for target in targets)
    return [name, retry, str(len(targets)), str(published), str(count("doubled")), str(count("lost")), str(count("untold")),
            str(sum(target.asked > 0 for target in targets)), f"{percentile(late, 0.5):.1f}", f"{percentile(late, 0.99):.1f}"]


def table(targets: list[Target], verdicts: list[Verdict]) -> str:
    groups: dict[tuple[str, str], list[Target]] = collections.defaultdict(list)
    for target in targets:
        groups[(target.receiver, target.retry)].append(target)
    rows = [row(name, retry, group, verdicts) for (name, retry), group in sorted(groups.items(), key=lambda entry: entry[0][::-1])]
    rows.append(row("all", "", targets, verdicts))
    widths = [max(len(line[column]) for line in [HEADINGS, *rows]) for column in range(len(HEADINGS))]
    lines = [HEADINGS, ["-" * width for width in widths], *rows]
    return "\n".join("  ".join(cell.ljust(width) if index < 2 else cell.rjust(width)
                               for index, (cell, width) in enumerate(zip(line, widths))) for line in lines)
