#!/usr/bin/env python3
"""The simple ways to find trends, in the output format of `socialtrend replay`, to compare with it.

    tools/trend_baselines.py raw|mastodon|z posts.jsonl[.gz] [--top 10] > out.jsonl

All count tags, words of three letters or more, and pairs of neighbouring words, once an hour. raw: posts in the last hour.
mastodon: (o - e)^2 / e of the accounts of this and of the day before (UTC), the best of two days, halved every four hours.
z: accounts of the last hour against a fading mean and spread (half-life a week), as a share of all accounts.
"""
import argparse
import collections
import gzip
import json
import math
import re
import sys
from datetime import datetime, timedelta, timezone

LEAST = 5
WORD = re.compile(r"(?<![@\w])[#$]?[^\W_]\w*")
LINK = re.compile(r"https?://\S+|@\S+")


def keys_of(post):
    words = [word.lower() for word in WORD.findall(LINK.sub(" ", post["text"]))]
    plain = [word for word in words if word[0] not in "#$" and len(word) >= 3 and not word.isdigit()]
    keys = {word for word in words if word[0] in "#$"} | set(plain) | {" ".join(pair) for pair in zip(plain, plain[1:])}
    return keys | {tag if tag[0] == "$" else "#" + tag for tag in map(str.lower, post.get("tags", []))}


def hours_of(path):
    """(end of the hour, accounts of each key, posts of each key, all accounts) of every hour, empty ones too."""
    opened = gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else open(path, encoding="utf-8")
    end, accounts, posts, everybody = None, collections.defaultdict(set), collections.Counter(), set()
    with opened:
        for line in opened:
            post = json.loads(line)
            at = datetime.fromisoformat(post["created_at"].replace("Z", "+00:00"))
            end = end or at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
            while at >= end:
                yield end, accounts, posts, everybody
                end, accounts, posts, everybody = end + timedelta(hours=1), collections.defaultdict(set), collections.Counter(), set()
            everybody.add(post["author"])
            for key in keys_of(post):
                accounts[key].add(post["author"])
                posts[key] += 1
    if end:
        yield end, accounts, posts, everybody


class Raw:
    def score(self, _end, accounts, posts, _everybody):
        return {key: float(count) for key, count in posts.items() if len(accounts[key]) >= LEAST}


class Mastodon:
    def __init__(self):
        self.day, self.today, self.before, self.best = None, collections.defaultdict(set), {}, {}

    def score(self, end, accounts, _posts, _everybody):
        day = (end - timedelta(hours=1)).date()
        if day != self.day:
            yesterday = self.day is not None and day - self.day == timedelta(days=1)
            self.before = {key: len(who) for key, who in self.today.items()} if yesterday else {}
            self.day, self.today = day, collections.defaultdict(set)
        for key, who in accounts.items():
            self.today[key] |= who
            observed, expected = len(self.today[key]), max(1, self.before.get(key, 0))
            score = (observed - expected) ** 2 / expected if observed >= LEAST and observed >= expected else 0
            if score > self.best.get(key, (0, end))[0]:
                self.best[key] = (score, end)
        self.best = {key: (score, at) for key, (score, at) in self.best.items() if end - at <= timedelta(days=2)}
        shown = {key: score * 0.5 ** ((end - at).total_seconds() / 14400) for key, (score, at) in self.best.items()}
        return {key: score for key, score in shown.items() if score >= 1}


class Z:
    FADE = 0.5 ** (1 / 168)

    def __init__(self):
        self.state, self.hour = {}, 0

    def score(self, _end, accounts, _posts, everybody):
        self.hour += 1
        scores = {}
        total = max(1, len(everybody))
        for key, who in accounts.items():
            mean, variance, then = self.state.get(key, (0.0, 0.0, self.hour - 1))
            missed = self.FADE ** (self.hour - 1 - then)  # hours in which it did not come
            variance = missed * (variance + (1 - missed) * mean * mean)
            mean *= missed
            share = 100 * len(who) / total
            if len(who) >= LEAST and self.hour > 24:
                scores[key] = (share - mean) / (math.sqrt(variance) + 0.3)
            step = max(1 - self.FADE, 1 / self.hour)
            distance = share - mean
            self.state[key] = (mean + step * distance, (1 - step) * (variance + step * distance * distance), self.hour)
        return {key: score for key, score in scores.items() if score > 3}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rule", choices=("raw", "mastodon", "z"))
    parser.add_argument("posts")
    parser.add_argument("--top", type=int, default=10)
    arguments = parser.parse_args()
    rule = {"raw": Raw, "mastodon": Mastodon, "z": Z}[arguments.rule]()
    for end, accounts, posts, everybody in hours_of(arguments.posts):
        scores = rule.score(end, accounts, posts, everybody)
        best = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:arguments.top]
        at = end.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        print(json.dumps({"at": at, "trends": [{"topic": key, "score": score} for key, score in best]}, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
