#!/usr/bin/env python3
"""Scores the output of `socialtrend replay` against dated events.

    socialtrend replay --input posts.jsonl.gz --every 1h --top 10 --output out.jsonl
    tools/score_events.py out.jsonl events.json [--tier must] [--details] [--json]

An event is found at rank k when, at some tick within its window, one of the first k trends names it: the topic or an
alias equals one of its tags ('#' and '$' and case aside) or contains one of its terms. Latency is from the start of the
window (and from the first post that could have told, where the file has it) to the first such tick. Shares nothing with
the detector but the two file formats. Where the events file lists "junk" (floods, tags that are always there), ticks that
show any of it among the first k are counted too.
"""
import argparse
import json
import statistics
import sys
from datetime import datetime


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def bare(topic):
    return topic.lower().lstrip("#$")


def names_of(trend):
    return [trend["topic"].lower(), *(alias.lower() for alias in trend.get("aliases", []))]


def matches(trend, event):
    tags = {bare(tag) for tag in event.get("tags", [])}
    terms = [term.lower() for term in event.get("terms", [])]
    return any(bare(name) in tags or any(term in name for term in terms) for name in names_of(trend))


def shows_junk(trends, junk):
    return any(bare(name) in junk for trend in trends for name in names_of(trend))


def read_ticks(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            tick = json.loads(line)
            yield instant(tick["at"]), tick["trends"]


def first_hits(event, ticks, ranks):
    """For each rank limit the first tick in the window at which the event is named, or None."""
    start, end = instant(event["start"]), instant(event["end"])
    hits = {}
    for at, trends in ticks:
        if at < start or at > end:
            continue
        for limit in ranks:
            if limit not in hits and any(matches(trend, event) for trend in trends[:limit]):
                hits[limit] = at
    return hits


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", help="what replay wrote")
    parser.add_argument("events", help="events.json")
    parser.add_argument("--tier", help="only events of this tier")
    parser.add_argument("--details", action="store_true", help="one line per event")
    parser.add_argument("--json", action="store_true", help="machine-readable summary")
    parser.add_argument("--require", type=int, default=0, help="exit 1 with fewer events in the top 10")
    arguments = parser.parse_args()

    ranks = (1, 3, 10)
    ticks = list(read_ticks(arguments.output))
    with open(arguments.events, encoding="utf-8") as file:
        expected = json.load(file)
    events = expected["events"]
    junk = set(expected.get("junk", []))
    if arguments.tier:
        events = [event for event in events if event.get("tier") == arguments.tier]

    topics_of_day = {}
    shown = 0
    for at, trends in ticks:
        topics_of_day.setdefault(at.date(), set()).update(trend["topic"] for trend in trends)
        shown += len(trends)
    results = [(event, first_hits(event, ticks, ranks)) for event in events]
    latencies = [(hits[10] - instant(event["start"])).total_seconds() / 3600 for event, hits in results if 10 in hits]
    summary = {
        "events": len(events),
        **{f"recall_at_{k}": sum(k in hits for _, hits in results) for k in ranks},
        "latency_median_hours": round(statistics.median(latencies), 2) if latencies else None,
        "latency_p90_hours": round(percentile(latencies, 0.9), 2) if latencies else None,
        "topics_per_day": round(sum(map(len, topics_of_day.values())) / max(1, len(topics_of_day)), 1),
        "shown_per_tick": round(shown / max(1, len(ticks)), 2),
        "ticks": len(ticks),
    }
    if junk:  # once there is a past to know it by
        settled = instant(expected["junk_from"])
        for k in ranks:
            summary[f"junk_ticks_at_{k}"] = sum(shows_junk(trends[:k], junk) for at, trends in ticks if at >= settled)
    if arguments.json:
        print(json.dumps(summary))
    else:
        for event, hits in results if arguments.details else []:
            start = instant(event["start"])
            found = ", ".join(f"@{k} {(hits[k] - start).total_seconds() / 3600:.1f} h" for k in ranks if k in hits)
            print(f"{event['id']:20} {event.get('tier', ''):8} {found or 'missed'}")
        for name, value in summary.items():
            print(f"{name:22} {value}")
    return 1 if summary["recall_at_10"] < arguments.require else 0


if __name__ == "__main__":
    sys.exit(main())
