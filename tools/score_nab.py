#!/usr/bin/env python3
"""Scores anomaly scores by the rules of the Numenta Anomaly Benchmark, written from their definition.

    tools/score_nab.py windows.json profiles.json NAME=scores.csv... [--threshold T]

Each scores.csv has the columns timestamp, value, anomaly_score; NAME selects its windows by the end of their key
("Twitter_volume_AAPL" or "Twitter_volume_AAPL.csv"). One threshold per profile for all files together: the one that
gives the highest raw score, unless --threshold fixes it. Shares nothing with the detector but the file format.
"""
import argparse
import csv
import json
import math
import sys

PROFILES = (("standard", "standard"), ("low_FP", "reward_low_FP_rate"), ("low_FN", "reward_low_FN_rate"))


def sigma(y):
    return -1.0 if y > 3 else 2 / (1 + math.exp(5 * y)) - 1


def plain(timestamp):
    return timestamp.replace("T", " ").rstrip("Z").split(".")[0]


class Series:
    """One file: its scores, and for each row what a detection there is worth."""

    def __init__(self, name, path, pairs):
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.name = name
        self.scores = [float(row["anomaly_score"]) for row in rows]
        place = {plain(row["timestamp"]): i for i, row in enumerate(rows)}
        self.windows = [(place[plain(a)], place[plain(b)]) for a, b in pairs]
        self.probation = min(math.floor(0.15 * len(rows)), 750)

    def window_of(self, row):
        return next((w for w, (a, b) in enumerate(self.windows) if a <= row <= b), None)

    def value_inside(self, row, window):
        a, b = self.windows[window]
        return sigma(-(b - row + 1) / (b - a + 1)) / sigma(-1)

    def value_outside(self, row):
        finished = [(a, b) for a, b in self.windows if b < row]
        if not finished:
            return -1.0
        a, b = finished[-1]
        return sigma((row - b) / (b - a))


def events_of(series):
    """(score, file, window or None, value) of every row that counts."""
    for number, one in enumerate(series):
        for row in range(one.probation, len(one.scores)):
            window = one.window_of(row)
            value = one.value_outside(row) if window is None else one.value_inside(row, window)
            yield one.scores[row], number, window, value


def sweep(series, cost, fixed=None):
    """(raw score, threshold, windows hit, false rows) at the best threshold, or at the fixed one."""
    events = sorted(events_of(series), key=lambda event: -event[0])
    countable = [(n, w) for n, one in enumerate(series) for w, (_, b) in enumerate(one.windows) if b >= one.probation]
    raw = -cost["fnWeight"] * len(countable)
    best = (raw, math.inf, 0, 0)
    hit = {}
    false_rows = 0
    i = 0
    while i < len(events):
        threshold = events[i][0]
        if fixed is not None and threshold < fixed:
            break
        while i < len(events) and events[i][0] == threshold:
            _, number, window, value = events[i]
            i += 1
            if window is None:
                raw += cost["fpWeight"] * value
                false_rows += 1
                continue
            gain = cost["tpWeight"] * value
            before = hit.get((number, window))
            if before is None:
                raw += cost["fnWeight"] + gain
                hit[number, window] = gain
            elif gain > before:
                raw += gain - before
                hit[number, window] = gain
        if fixed is not None or raw > best[0]:
            best = (raw, threshold, len(hit), false_rows)
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("windows")
    parser.add_argument("profiles")
    parser.add_argument("scores", nargs="+", help="NAME=scores.csv")
    parser.add_argument("--threshold", type=float, help="instead of the best one")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()

    with open(arguments.windows, encoding="utf-8") as file:
        windows = json.load(file)
    with open(arguments.profiles, encoding="utf-8") as file:
        profiles = json.load(file)
    series = []
    for item in arguments.scores:
        name, _, path = item.partition("=")
        key = next((key for key in windows if key.endswith(name) or key.endswith(name + ".csv")), None)
        if key is None:
            sys.exit(f"no windows for {name}")
        series.append(Series(name, path, windows[key]))

    total = sum(len(one.windows) for one in series)
    result = {}
    for label, profile in PROFILES:
        cost = profiles[profile]["CostMatrix"]
        raw, threshold, hit, false_rows = sweep(series, cost, arguments.threshold)
        null = -cost["fnWeight"] * total
        normalised = 100 * (raw - null) / (total * cost["tpWeight"] - null)
        result[label] = {"score": round(normalised, 2), "threshold": threshold, "hit": hit, "false_rows": false_rows}
        if not arguments.json:
            print(f"{label:9} {normalised:6.2f}   hit {hit} of {total}, {false_rows} false rows, threshold {threshold:.4f}")
    if arguments.json:
        print(json.dumps(result))


if __name__ == "__main__":
    main()
