"""The tables of docs/benchmarks.md, each between its two marks; the words around them are people's."""
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


def table(results: list[dict], options) -> list[str]:
    today = datetime.datetime.now(datetime.timezone.utc).date()
    return ["", f"{today}, {options.runs} runs of each; {machine()}.", "", "| measured | median | unit | of all runs |", "|---|---|---|---|",
            *map(row, results), ""]


def replace_between(begin: str, end: str, lines: list[str]) -> None:
    before, rest = PAGE.read_text().split(begin)
    after = rest.split(end)[1]
    PAGE.write_text("\n".join([before + begin, *lines, end + after]))


def write_report(results: list[dict], options) -> None:
    histograms = [histogram(result) for result in results if "histogram" in result]
    replace_between(BEGIN, END, [*table(results, options), "Lateness, of the middle run:", "", *histograms, ""])


def write_trends(results: list[dict], options) -> None:
    replace_between("<!-- trends: begin -->", "<!-- trends: end -->", table(results, options))
