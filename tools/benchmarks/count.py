"""The counting of `socialtrend replay` as one would write it in Python: authors of tags, words and pairs. For comparison."""
import collections
import json
import re
import sys

WORD = re.compile(r"[#$]?\w+")
authors = collections.defaultdict(set)
posts = 0
with open(sys.argv[1], encoding="utf-8") as lines:
    for line in lines:
        post = json.loads(line)
        words = WORD.findall(post["text"].lower())
        for key in {*words, *zip(words, words[1:])}:
            authors[key].add(post["author"])
        posts += 1
        if posts % 100_000 == 0:
            authors.clear()  # or memory would end it
print(posts)
