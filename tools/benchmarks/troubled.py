"""An invented stream of a troubled network: made apart from hostile.py, with other habits and another family of seeds, to see
whether what was learned on that one holds here.

Nine weeks, three languages, some three thousand accounts of very unequal zeal. Talk has themes. A third of all posts repeat
others: marked as reposts, with "RT @", or word for word without a mark, as archives keep them (the seed decides). Desks of
news accounts post the headlines of a wire nearly at once. Tags are always there, and some of them boil up for an hour; a game
has its own tag every evening, another one returns weekly. Floods: copies, near copies, a loud few, a net of many accounts whose
texts are put together from pieces, a trickle all day, and tags that are flooded again days later. Events are called by tags,
by new names and by common words, come at once, slowly, or after days of talk that may grow louder from day to day; several run
at a time; news desks copy headlines about them, and some go on for days.
"""
import bisect
import itertools
import json
import math
import pathlib
import random
from datetime import datetime, timedelta, timezone

START = datetime(2027, 3, 1, tzinfo=timezone.utc)
DAYS = 63
SETTLED = 5  # days of past before anything is held against a rule
PER_DAY = 3600
REPOSTS = ("marked", "prefixed", "verbatim")
SHARES = {"en": 0.55, "ru": 0.3, "de": 0.15}
SYLLABLES = {
    "en": (("b", "br", "c", "ch", "d", "f", "gr", "h", "j", "l", "m", "n", "p", "pl", "s", "st", "t", "w"), ("a", "e", "ee", "i", "o", "oa", "u")),
    "ru": (("б", "вр", "г", "д", "ж", "к", "л", "м", "н", "п", "р", "с", "ст", "т", "ч"), ("а", "е", "и", "о", "у", "я")),
    "de": (("b", "d", "f", "g", "h", "k", "l", "m", "n", "r", "sch", "t", "w", "z"), ("a", "ä", "e", "ei", "i", "o", "ö", "u")),
}
NOON = {"en": 19, "ru": 12, "de": 14}  # UTC, when a language is busiest


class Tongue:
    """A language: words from the most common to the rarest, themes that draw on them, and its accounts."""

    def __init__(self, name, chance):
        self.name, self.chance, self.taken = name, chance, set()
        self.words = [self.fresh(1 + rank // 700) for rank in range(9000)]
        self.cumulated = list(itertools.accumulate(1 / (rank + 3) for rank in range(len(self.words))))
        self.themes = [chance.sample(range(200, 9000), 80) for _ in range(25)]
        self.accounts = [f"{name}_{number}" for number in range(int(3000 * SHARES[name]))]
        self.zeal = list(itertools.accumulate(chance.paretovariate(1.1) for _ in self.accounts))
        self.desk = [f"{name}_desk{number}" for number in range(40)]
        self.always = [self.fresh(2) for _ in range(12)]

    def fresh(self, syllables):
        heads, vowels = SYLLABLES[self.name]
        while True:
            word = "".join(self.chance.choice(heads) + self.chance.choice(vowels) for _ in range(min(4, syllables + self.chance.randint(0, 1))))
            word += self.chance.choice(("", "", self.chance.choice(heads)[0]))
            if word not in self.taken:
                self.taken.add(word)
                return word

    def pick(self, cumulated):
        return bisect.bisect(cumulated, self.chance.random() * cumulated[-1])

    def account(self):
        return self.accounts[self.pick(self.zeal)]

    def talk(self, least=5, most=16):
        theme = self.chance.choice(self.themes)
        size = self.chance.randint(least, most)
        return [self.words[self.chance.choice(theme) if self.chance.random() < 0.3 else self.pick(self.cumulated)] for _ in range(size)]


class World:
    def __init__(self, seed):
        self.chance = random.Random(f"troubled {seed}")
        self.reposts = REPOSTS[seed % 3]
        self.posts, self.events, self.junk = [], [], set()
        self.tongues = {name: Tongue(name, self.chance) for name in SHARES}
        for tongue in self.tongues.values():
            self.junk.update(tongue.always)

    def post(self, at, author, tongue, words, tags=()):
        text = " ".join([*words, *(f"#{tag}" for tag in tags)])
        self.posts.append((at, author, tongue.name, text, list(tags), False))

    def repeat(self, origin, begin, spread):
        """Somebody repeats what was said, within hours."""
        at = begin + timedelta(hours=self.chance.expovariate(1 / spread))
        text = f"RT @{origin[1]}: {origin[3]}" if self.reposts == "prefixed" else origin[3]
        author = self.tongues[origin[2]].account()
        self.posts.append((at, author, origin[2], text, origin[4], self.reposts == "marked"))

    def said(self, at, tongue, words, tags=(), repeated=0.5):
        self.post(at, tongue.account(), tongue, words, tags)
        origin = self.posts[-1]
        while self.chance.random() < repeated:
            self.repeat(origin, at, 1)
            repeated *= 0.85

    def pace(self, tongue, hour):
        weekend = 0.8 if hour // 24 % 7 in (5, 6) else 1.05
        return weekend * (1 + 0.75 * math.cos((hour % 24 - NOON[tongue.name]) / 12 * math.pi))

    def everyday(self):
        for hour in range(DAYS * 24):
            begin = START + timedelta(hours=hour)
            grown = 1 + 0.6 * (hour > 24 * 40)
            for tongue in self.tongues.values():
                boiling = self.chance.choice(tongue.always) if self.chance.random() < 0.05 else None
                for _ in range(int(PER_DAY / 24 * SHARES[tongue.name] * grown * self.pace(tongue, hour) * 0.55)):
                    tags = []
                    if self.chance.random() < 0.3:
                        tags = [tongue.always[int(12 * self.chance.random() ** 2)]]
                    if boiling and self.chance.random() < 0.12:
                        tags = [boiling]
                    self.said(begin + timedelta(seconds=self.chance.uniform(0, 3600)), tongue, tongue.talk(), tags, 0.3)
                if self.chance.random() < 0.35:
                    self.headline(begin, tongue, tongue.talk(8, 13), [tongue.always[0]])

    def headline(self, begin, tongue, words, tags):
        for author in self.chance.sample(tongue.desk, self.chance.randint(3, 14)):
            self.post(begin + timedelta(minutes=self.chance.expovariate(1 / 25)), author, tongue, words, tags)

    def game(self, begin, tag, players):
        tongue = self.tongues["en"]
        regulars = [f"en_{number * 5}" for number in range(150)]
        for _ in range(players):
            at = begin + timedelta(minutes=180 * self.chance.random() ** 1.5)
            self.post(at, self.chance.choice(regulars), tongue, tongue.talk(3, 8), [tag])
            if self.chance.random() < 0.4:
                self.repeat(self.posts[-1], at, 0.5)

    def flood(self, begin, tag=None):
        tongue = self.chance.choice(list(self.tongues.values()))
        tag = tag or tongue.fresh(2) + tongue.fresh(2)
        self.junk.add(tag)
        kind = self.chance.choice(("copies", "near", "near", "loud", "net", "trickle"))
        crowd = {"loud": 14, "trickle": 5}.get(kind, self.chance.randint(30, 140))
        posts = {"loud": 220, "trickle": 150}.get(kind, int(crowd * self.chance.uniform(1.2, 3)))
        hours = 20 if kind == "trickle" else self.chance.uniform(0.7, 5)
        slogan = tongue.talk(9, 15)
        pieces = [[tongue.talk(3, 5) for _ in range(8)] for _ in range(3)]
        for number in range(posts):
            words = tongue.talk()
            if kind in ("copies", "near"):
                words = list(slogan)
            if kind == "near":
                for place in self.chance.sample(range(len(words)), 2):
                    words[place] = tongue.words[tongue.pick(tongue.cumulated)]
            if kind == "net":
                words = [word for part in pieces for word in self.chance.choice(part)]
            tags = [tag] + ([self.chance.choice(tongue.always)] if self.chance.random() < 0.3 else [])
            self.post(begin + timedelta(hours=self.chance.uniform(0, hours)), f"{tongue.name}_x{hash_of(tag) % 50}_{number % crowd}", tongue, words, tags)
        return tag

    def event(self, begin, number):
        tongue = self.chance.choices(list(self.tongues.values()), list(SHARES.values()))[0]
        shape = self.chance.choice(("sudden", "sudden", "slow", "planned", "building"))
        common = self.chance.random() < 0.5
        name = tongue.words[self.chance.randint(60, 900)] if common else tongue.fresh(2)
        second = tongue.words[self.chance.randint(200, 3000)]
        tag = (name + second) if self.chance.random() < 0.7 else None
        people = int(math.exp(self.chance.uniform(math.log(15), math.log(260))))
        days = self.chance.choice((1, 1, 1, 3))
        if shape == "planned" and tag:
            for _ in range(people // 3):
                self.about(begin - timedelta(hours=self.chance.uniform(0, 48)), tongue, name, second, tag)
        for day in (1, 2, 3) if shape == "building" else ():  # every day louder than the one before
            for _ in range(people // (2 * day * day)):
                self.about(begin - timedelta(hours=24 * day - self.chance.expovariate(1 / 4)), tongue, name, second, tag)
        for index in range(people):
            late = self.chance.expovariate(1 / 3)
            if shape == "slow":
                late = 5 * math.sqrt(self.chance.random())
            if days > 1 and self.chance.random() < 0.4:
                late += 24 * self.chance.randint(1, days - 1)
            self.about(begin + timedelta(hours=late), tongue, name, second, tag)
            if index % 25 == 3:
                self.headline(begin + timedelta(hours=late), tongue, [name, second, *tongue.talk(6, 9)], [tag] if tag else [])
        terms = [f"{name} {second}"] if common else [name]
        self.events.append({"id": f"{shape}-{'common' if common else 'new'}-{people}-{number}", "start": stamp(begin),
                            "end": stamp(begin + timedelta(hours=24)), "tags": [name, *([tag] if tag else [])], "terms": terms, "tier": "must"})

    def about(self, at, tongue, name, second, tag):
        words = tongue.talk(4, 11)
        place = self.chance.randrange(len(words))
        words[place:place] = [name, second] if self.chance.random() < 0.5 else [name]
        self.said(at, tongue, words, [tag] if tag and self.chance.random() < 0.5 else [], 0.35)

    def fill(self):
        self.everyday()
        flooded = []
        weekly = "sundaytunes"
        self.junk.add(weekly)
        english = self.tongues["en"]
        for day in range(DAYS):
            morning = START + timedelta(days=day)
            self.game(morning + timedelta(hours=22), english.fresh(2) + english.fresh(2) + "games", self.chance.randint(60, 160))
            if day % 7 == 6:
                self.game(morning + timedelta(hours=17), weekly, 130)
            if day < SETTLED:
                continue
            for _ in range(self.chance.choice((1, 2, 2, 3))):
                again = self.chance.choice(flooded) if flooded and self.chance.random() < 0.25 else None
                flooded.append(self.flood(morning + timedelta(hours=self.chance.uniform(0, 20)), again))
            for part in range(self.chance.choice((0, 1, 1, 2))):
                self.event(morning + timedelta(hours=self.chance.uniform(4, 22)), 10 * day + part)
        self.posts.sort(key=lambda post: post[0])


def hash_of(text):
    return sum(ord(letter) * 31 ** place for place, letter in enumerate(text))


def stamp(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def write(folder: pathlib.Path, seed: int) -> tuple[pathlib.Path, pathlib.Path]:
    """The stream and its events, as replay and tools/score_events.py read them."""
    world = World(seed)
    world.fill()
    posts, events = folder / f"troubled-{seed}.jsonl", folder / f"troubled-{seed}.json"
    with posts.open("w", encoding="utf-8") as out:
        for number, (at, author, language, text, tags, repost) in enumerate(world.posts):
            post = {"id": str(number), "created_at": stamp(at), "author": author, "text": text, "lang": language, "tags": tags}
            out.write(json.dumps(post | ({"repost": True} if repost else {}), ensure_ascii=False) + "\n")
    known = {"events": world.events, "junk": sorted(world.junk), "junk_from": stamp(START + timedelta(days=SETTLED))}
    events.write_text(json.dumps(known, ensure_ascii=False), encoding="utf-8")
    return posts, events
