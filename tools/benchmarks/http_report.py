"""The table of docs/operating/capacity.md, between its two marks: one line for each kind of request."""
import datetime

from benchmarks.results import ROOT, machine

PAGE = ROOT / "docs/operating/capacity.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
COLUMNS = (("rate", "answers/s", ",.0f"), ("p99", "p99 then, ms", ",.1f"), ("program", "program, us each", ",.0f"),
           ("database", "database, us each", ",.0f"), ("calm p50", "p50 at half the rate, ms", ",.2f"), ("calm p99", "p99 there, ms", ",.1f"))


def row(kind: str, cells: dict[str, float]) -> str:
    return f"| {kind} | " + " | ".join(format(cells[column], style) if column in cells else "" for column, _, style in COLUMNS) + " |"


def write_capacity(results: list[dict], options) -> None:
    before, rest = PAGE.read_text().split(BEGIN)
    after = rest.split(END)[1]
    kinds: dict[str, dict[str, float]] = {}
    for result in results:
        if "kind" in result:
            kinds.setdefault(result["kind"], {})[result["column"]] = result["value"]
    table = ["| asked | " + " | ".join(title for _, title, _ in COLUMNS) + " |", "|---" * (len(COLUMNS) + 1) + "|",
             *[row(kind, cells) for kind, cells in kinds.items()]]
    others = [f"| {result['name']} | {result['value']:,.1f} {result['unit']} |" for result in results if "kind" not in result]
    today = datetime.datetime.now(datetime.timezone.utc).date()
    body = [BEGIN, "", f"{today}, medians of {options.runs} runs of each; {machine()}.", "", *table, "", "| memory, pages | |", "|---|---|", *others,
            "", END]
    PAGE.write_text(before + "\n".join(body) + after)
