"""The table of docs/benchmarks.md, between its two marks; the words around it are people's."""
import datetime

from benchmarks.results import ROOT, machine

PAGE = ROOT / "docs/benchmarks.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def row(result: dict) -> str:
    runs = result["runs"]
    spread = f"{min(runs):,.1f} to {max(runs):,.1f}" if len(runs) > 1 else "one run"
    return f"| {result['name']} | {result['value']:,.1f} | {result['unit']} | {spread} |"


def histogram(result: dict) -> str:
    cells = ", ".join(f"{bound:,} ms: {count:,}" for bound, count in result["histogram"])
    return f"- {result['name'].removesuffix(', p99')}, sent within: {cells}"


def write_report(results: list[dict], options) -> None:
    text = PAGE.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    table = ["| measured | median | unit | of all runs |", "|---|---|---|---|", *map(row, results)]
    today = datetime.datetime.now(datetime.timezone.utc).date()
    histograms = [histogram(result) for result in results if "histogram" in result]
    body = "\n".join([BEGIN, "", f"{today}, {options.runs} runs of each; {machine()}.", "", *table, "", "Lateness, of the middle run:", "",
                      *histograms, "", END])
    PAGE.write_text(before + body + after)
