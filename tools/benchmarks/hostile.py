"""An invented, hostile stream of posts with dated events, to hold the ranking against what real networks are full of.

Three languages; a volume that jumps threefold from one day to the next; tags that are always there; a quiz every evening
and a motto every Monday; floods by four loud accounts; campaigns by many accounts that were made for it and say nearly the
same; and events that rise within minutes or hours and fade. Seeded. The answer has the form of the recorded events file,
and "junk": the tags that no tick should show.
"""
import json
import math
import pathlib
import random
from datetime import datetime, timedelta, timezone

START = datetime(2026, 1, 5, tzinfo=timezone.utc)
DAYS = 14
LATIN, CYRILLIC = "bcdfghklmnprstvz", "бвгдзклмнпрст"
LANGUAGES = (("en", LATIN, "aeiou", 0.5), ("ru", CYRILLIC, "аеиоу", 0.3), ("de", LATIN, "aeiouü", 0.2))


class Stream:
    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.posts = []
        self.events = []
        self.junk = set()
        self.names = set()
        self.vocabulary = {language: [self.word(consonants, vowels) for _ in range(6000)]
                           for language, consonants, vowels, _ in LANGUAGES}
        self.weights = [1 / (rank + 20) for rank in range(6000)]
        self.steady = {language: [self.word(consonants, vowels) for _ in range(12)]
                       for language, consonants, vowels, _ in LANGUAGES}
        self.junk.update(tag for tags in self.steady.values() for tag in tags)

    def word(self, consonants, vowels):
        while True:
            word = "".join(self.chance.choice(consonants) + self.chance.choice(vowels) for _ in range(self.chance.randint(2, 4)))
            if word not in self.names:
                self.names.add(word)
                return word

    def talk(self, language, least=5, most=12):
        return self.chance.choices(self.vocabulary[language], self.weights, k=self.chance.randint(least, most))

    def language(self):
        return self.chance.choices([row[0] for row in LANGUAGES], [row[3] for row in LANGUAGES])[0]

    def author(self, language):
        return f"{language}-{int(2500 ** self.chance.random())}"

    def post(self, at, author, language, words, tags):
        text = " ".join([*words, *(f"#{tag}" for tag in tags)])
        self.posts.append((at, author, language, text, list(tags)))

    def everyday(self):
        for hour in range(DAYS * 24):
            begin = START + timedelta(hours=hour)
            volume = (1.5 if hour >= DAYS * 12 else 0.5) * (1 - 0.6 * math.cos((hour % 24 - 4) / 24 * 2 * math.pi))
            for _ in range(int(600 * volume)):
                language = self.language()
                tags = [self.chance.choices(self.steady[language], range(12, 0, -1))[0]] if self.chance.random() < 0.25 else []
                self.post(begin + timedelta(seconds=self.chance.uniform(0, 3600)), self.author(language), language,
                          self.talk(language), tags)

    def game(self, tag, begin, posts):
        for _ in range(posts):
            author = f"en-{self.chance.randint(1, 60) * 7}"
            self.post(begin + timedelta(minutes=self.chance.uniform(0, 150)), author, "en", self.talk("en", 3, 8), [tag])

    def flood(self, begin, hands, posts, copies):
        language, consonants, vowels, _ = self.chance.choice(LANGUAGES)
        tag = self.word(consonants, vowels) + self.word(consonants, vowels)
        self.junk.add(tag)
        slogan = self.talk(language, 9, 11)
        for number in range(posts):
            words = list(slogan) if copies else self.talk(language)
            if copies:  # each a little different
                words[self.chance.randrange(len(words))] = self.chance.choice(self.vocabulary[language])
                words.append(f"https://{tag if language != 'ru' else 'ru'}.example/{self.chance.randrange(10 ** 6)}")
            author = f"{tag}-{number % hands}"
            self.post(begin + timedelta(minutes=self.chance.uniform(0, 120)), author, language, words, [tag])

    def event(self, begin, number):
        language, consonants, vowels, _ = self.chance.choice(LANGUAGES)
        name, place = self.word(consonants, vowels), self.word(consonants, vowels)
        ramp = self.chance.choice((0.2, 1, 3))  # hours to the peak
        for _ in range(int(math.exp(self.chance.uniform(math.log(14), math.log(160))))):
            late = ramp * math.sqrt(self.chance.random()) if self.chance.random() < 0.4 else ramp + self.chance.expovariate(1 / 3)
            words = self.talk(language, 4, 10)
            words.insert(self.chance.randrange(len(words)), name)
            if self.chance.random() < 0.5:
                words.insert(words.index(name) + 1, place)
            self.post(begin + timedelta(hours=late), self.author(language), language, words,
                      [name + place] if self.chance.random() < 0.4 else [])
        self.events.append({"id": f"event-{number}", "start": stamp(begin), "end": stamp(begin + timedelta(hours=24)),
                            "tags": [name + place, name], "terms": [name], "tier": "must"})

    def fill(self):
        self.everyday()
        quiz, motto = "quizabend", "mondaymotto"
        self.junk.update((quiz, motto))
        for day in range(DAYS):
            morning = START + timedelta(days=day)
            self.game(quiz, morning + timedelta(hours=19), 120)
            if day % 7 == 0:
                self.game(motto, morning + timedelta(hours=8), 150)
            if day < 2:
                continue
            self.flood(morning + timedelta(hours=self.chance.uniform(0, 21)), 4, 250, False)
            self.flood(morning + timedelta(hours=self.chance.uniform(0, 21)), 4, 250, True)
            self.flood(morning + timedelta(hours=self.chance.uniform(0, 21)), 90, 140, True)
            for part in range(4):
                self.event(morning + timedelta(hours=6 * part + self.chance.uniform(0, 5)), 4 * day + part)
        self.posts.sort(key=lambda post: post[0])


class Harder(Stream):
    """Four weeks of the same world, less well behaved: a rhythm of the week; games with a date on them every evening and on
    some days of the week, of which some have a new name each time; slow floods; campaigns without a link whose posts differ in
    several words, some of which push an old word and no tag; posts repeated by others; events that begin with a few voices
    hours before they are news, and events that each language calls by a name of its own with a tag in common.
    """
    days = 28

    def everyday(self):
        for hour in range(self.days * 24):
            begin = START + timedelta(hours=hour)
            weekend = 1.35 if hour // 24 % 7 in (5, 6) else 0.9
            volume = (1.6 if hour >= self.days * 18 else 0.8) * weekend * (1 - 0.7 * math.cos((hour % 24 - 4) / 24 * 2 * math.pi))
            for _ in range(int(280 * volume)):
                language = self.language()
                tags = [self.chance.choices(self.steady[language], range(12, 0, -1))[0]] if self.chance.random() < 0.25 else []
                # Friday evenings are about what Friday evenings are about.
                weekly = hour // 24 % 7 == 4 and hour % 24 >= 17 and self.chance.random() < 0.08
                words = self.talk(language) + (["wochenende", "feierabend"] if weekly else [])
                self.post(begin + timedelta(seconds=self.chance.uniform(0, 3600)), self.author(language), language, words, tags)

    def named_game(self, name, begin, posts):
        """Other words every time, always the same players."""
        self.junk.add(name)
        for _ in range(posts):
            author = f"de-{self.chance.randint(1, 45) * 11}"
            self.post(begin + timedelta(minutes=self.chance.uniform(0, 180)), author, "de", self.talk("de", 3, 7), [name])

    def slow_flood(self, begin):
        """Six accounts, all day long."""
        language, consonants, vowels, _ = self.chance.choice(LANGUAGES)
        tag = self.word(consonants, vowels) + self.word(consonants, vowels)
        self.junk.add(tag)
        for number in range(300):
            self.post(begin + timedelta(hours=self.chance.uniform(0, 20)), f"{tag}-{number % 6}", language, self.talk(language), [tag])

    def campaign(self, begin, push_word):
        """Seventy accounts, a third of the words changed, no link; each says it twice."""
        language, consonants, vowels, _ = self.chance.choice(LANGUAGES)
        pushed = self.word(consonants, vowels) + self.word(consonants, vowels)
        self.junk.add(pushed)
        slogan = self.talk(language, 11, 13)
        for number in range(140):
            words = list(slogan)
            for place in self.chance.sample(range(len(words)), 3):
                words[place] = self.chance.choice(self.vocabulary[language])
            if push_word:
                words.insert(4, pushed)
            self.post(begin + timedelta(minutes=self.chance.uniform(0, 240)), f"{pushed}-{number % 70}", language, words,
                      [] if push_word else [pushed])

    def event(self, begin, number):
        kind = self.chance.choice(("usual", "small", "three"))
        if kind == "usual":
            return super().event(begin, number)
        names = {language: self.word(consonants, vowels) for language, consonants, vowels, _ in LANGUAGES}
        tag = self.word(LATIN, "aeiou") + self.word(LATIN, "aeiou")
        home = self.language()
        size = int(math.exp(self.chance.uniform(math.log(25), math.log(180))))
        for index in range(size):
            early = kind == "small" and index < 5
            at = self.chance.uniform(0, 4) if early else (4 if kind == "small" else 0) + self.chance.expovariate(1 / 2.5)
            language = home if kind == "small" else self.language()
            words = self.talk(language, 4, 10)
            words.insert(self.chance.randrange(len(words)), names[language])
            at = begin + timedelta(hours=at)
            tags = [tag] if kind == "three" and self.chance.random() < 0.5 else []
            self.post(at, self.author(language), language, words, tags)
            for _ in range(self.chance.choice((0, 0, 0, 0, 1, 2))):  # repeated by others, word for word
                again = self.posts[-1]
                self.posts.append((at + timedelta(minutes=self.chance.uniform(1, 60)), self.author(language), language,
                                   f"RT @{again[1]}: {again[3]}", tags))
        terms = [names[home]] if kind == "small" else [*names.values(), tag]
        self.events.append({"id": f"{kind}-{number}", "start": stamp(begin), "end": stamp(begin + timedelta(hours=24)),
                            "tags": [*terms, tag], "terms": terms, "tier": "must"})
        return None

    def fill(self):
        self.everyday()
        quiz, motto = "quizabend", "mondaymotto"
        self.junk.update((quiz, motto, "wochenende", "feierabend"))
        for day in range(self.days):
            morning = START + timedelta(days=day)
            self.game(quiz, morning + timedelta(hours=19), 90)
            if day % 7 == 0:
                self.game(motto, morning + timedelta(hours=8), 120)
            if day % 7 in (2, 5):
                self.named_game(f"challenge{day}", morning + timedelta(hours=17), 100)
            if day < 3:
                continue
            self.flood(morning + timedelta(hours=self.chance.uniform(0, 21)), 4, 200, self.chance.random() < 0.5)
            self.slow_flood(morning)
            self.campaign(morning + timedelta(hours=self.chance.uniform(0, 20)), day % 2 == 0)
            for part in range(2):
                self.event(morning + timedelta(hours=12 * part + self.chance.uniform(0, 9)), 2 * day + part)
        self.posts.sort(key=lambda post: post[0])


def stamp(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def write(folder: pathlib.Path, seed: int = 11, harder: bool = False) -> tuple[pathlib.Path, pathlib.Path]:
    """The stream and its events, as replay and tools/score_events.py read them."""
    stream = Harder(seed) if harder else Stream(seed)
    stream.fill()
    name = f"{'harder' if harder else 'hostile'}-{seed}"
    posts, events = folder / f"{name}.jsonl", folder / f"{name}.json"
    with posts.open("w", encoding="utf-8") as out:
        for number, (at, author, language, text, tags) in enumerate(stream.posts):
            out.write(json.dumps({"id": str(number), "created_at": stamp(at), "author": author, "text": text,
                                  "lang": language, "tags": tags}, ensure_ascii=False) + "\n")
    events.write_text(json.dumps({"events": stream.events, "junk": sorted(stream.junk), "junk_from": stamp(START + timedelta(days=2))}, ensure_ascii=False), encoding="utf-8")
    return posts, events
