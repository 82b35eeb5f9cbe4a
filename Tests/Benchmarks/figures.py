"""What a part of `bin/bench` has found: tables, and figures held to their targets.

    figures.py FOLDER FILE

prints the figures of all parts whose results lie in FOLDER, writes all of them into FILE as JSON, and
ends with 1 when one falls short;

    figures.py paste FILE DOCUMENT

puts the tables of FILE between the two lines of DOCUMENT that are for them.
"""

import json
import os
import platform
import re
import sys
import time
from pathlib import Path

RESULTS = Path(os.environ.get("BENCH_RESULTS", ".rushes/bench-results"))
# How often each contender has its turn.
ROUNDS = int(os.environ.get("ROUNDS", "7"))
# How long a turn lasts: whole seconds.
SECONDS = int(os.environ.get("TURN_SECONDS", "2"))


# Begins the note on what else the machine did.
FOREIGN = "Other programs took"


class Report:
    """Of one part. Prints what it is told, and keeps it in a file of the folder of results."""

    def __init__(self, part: str):
        self.part = part
        self.tables: list[dict] = []
        self.targets: list[dict] = []
        self.notes: list[str] = []

    def table(
        self, title: str, columns: list[str], rows: list[list[object]], *, is_detail: bool = False
    ) -> None:
        """Prints a table. Details are for who looks for a cause, and no part of a document."""
        self.tables.append(
            {"title": title, "columns": columns, "rows": rows, "isDetail": is_detail})
        print(f"\n{title}\n\n{markdown(columns, rows)}\n", flush=True)

    def target(
        self, figure: str, value: float | None, *, least: float | None = None,
        most: float | None = None, now: str = "",
    ) -> None:
        """Holds a figure to its target. None is a figure that could not be taken: short."""
        limit = f"≥ {least:g}" if least is not None else f"≤ {most:g}"
        is_met = value is not None and (
            (least is None or value >= least) and (most is None or value <= most))
        self.targets.append({
            "part": self.part, "figure": figure, "value": value, "target": limit,
            "verdict": "pass" if is_met else "short"})
        print(f"{'pass ' if is_met else 'short'} {figure}: {shown(value)}, {limit}"
              f"{f' ({now})' if now else ''}", flush=True)

    def holds(self, is_met: bool, words: str) -> None:
        """What has to be so, without a figure."""
        self.targets.append({
            "part": self.part, "figure": words, "value": None, "target": "holds",
            "verdict": "pass" if is_met else "short"})
        print(f"{'pass ' if is_met else 'short'} {words}", flush=True)

    def note(self, text: str) -> None:
        self.notes.append(text)
        print(f"      {text}", flush=True)

    def end(self) -> int:
        """Writes the file. Returns the exit status: 0 only if no figure falls short."""
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / f"{self.part}.json").write_text(json.dumps({
            "part": self.part, "tables": self.tables, "targets": self.targets,
            "notes": self.notes}, ensure_ascii=False, indent=1))
        return 0 if all(target["verdict"] == "pass" for target in self.targets) else 1


def shown(cell: object) -> str:
    """A cell of a table: of a figure three digits."""
    if cell is None:
        return "–"
    if isinstance(cell, float):
        return f"{cell:.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
    return str(cell)


def markdown(columns: list[str], rows: list[list[object]]) -> str:
    lines = [columns, ["---"] * len(columns), *([shown(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def machine() -> str:
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return f"{os.cpu_count()} × {model[1] if model else platform.machine()}, {platform.release()}"


def said(file: Path) -> dict:
    """Of a part whose programs keep no results but print: their verdicts and how they ended, and what
    is JSON of it."""
    lines = file.read_text(errors="replace").splitlines()
    targets = [
        {"part": file.stem, "figure": line[6:].strip(), "value": None, "target": "",
         "verdict": "pass" if line.startswith("pass") else "short"}
        for line in lines if re.match(r"(pass|FAIL|short)\b", line)]
    statuses = [int(line.split()[-1]) for line in lines if re.fullmatch(r"exit status \d+", line)]
    targets.append({
        "part": file.stem, "figure": f"{len(statuses)} programs end with 0", "value": None,
        "target": "holds", "verdict": "short" if any(statuses) else "pass"})
    return {
        "part": file.stem, "targets": targets, "tables": [], "notes": [],
        "details": [json.loads(line) for line in lines if line.startswith("{")]}


def verdicts(parts: list[dict]) -> str:
    """The table of all figures that have a target."""
    return markdown(
        ["part", "figure", "value", "target", "verdict"],
        [[target["part"], target["figure"],
          "" if target["value"] is None else target["value"], target["target"], target["verdict"]]
         for part in parts for target in part["targets"]])


def broken_off(folder: Path, parts: list[dict]) -> list[dict]:
    """The parts that failed without a figure that tells why: they did not come to their end."""
    file = folder / "failed"
    names = file.read_text().split() if file.exists() else []
    told = {target["part"] for part in parts for target in part["targets"]
            if target["verdict"] != "pass"}
    return [
        {"part": name, "tables": [], "notes": [], "targets": [
            {"part": name, "figure": "comes to its end", "value": None, "target": "holds",
             "verdict": "short"}]}
        for name in names if name not in told]


def gather(folder: Path, file: Path) -> int:
    parts = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    parts += [said(path) for path in sorted(folder.glob("*.txt"))]
    parts += broken_off(folder, parts)
    file.write_text(json.dumps(
        {"machine": machine(), "date": time.strftime("%d %B %Y, %H:%M UTC", time.gmtime()),
         "rounds": ROUNDS, "seconds": SECONDS, "parts": parts}, ensure_ascii=False, indent=1))
    targets = [target for part in parts for target in part["targets"]]
    short = sum(target["verdict"] != "pass" for target in targets)
    print(f"\n{verdicts(parts)}\n\n{len(targets) - short} pass, {short} short. All of it: {file}")
    return 1 if short else 0


BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


def picture(table: dict) -> str:
    """Where the CPU of one request goes, of the product's row of a contest with 32 clients; nothing of
    other tables."""
    columns, title = table["columns"], table["title"]
    if "app CPU µs" not in columns or not title.endswith("32 clients"):
        return ""
    row = table["rows"][0]
    slices = "".join(
        f'\n    "{name}" : {row[columns.index(column)]:.0f}'
        for name, column in (("serve", "app CPU µs"), ("nginx", "nginx"), ("MariaDB", "mariadbd"))
        if row[columns.index(column)] >= 0.5)
    return f"```mermaid\npie showData title {title}: CPU µs of one request{slices}\n```"


def paste(file: Path, document: Path) -> int:
    found = json.loads(file.read_text())
    pieces = [
        f"Measured on {found['date']}: {found['machine']}; {found['rounds']} rounds, turns of "
        f"{found['seconds']} s.", verdicts(found["parts"])]
    for part in found["parts"]:
        for table in part["tables"]:
            if not table["isDetail"]:
                title = table["title"][:1].upper() + table["title"][1:]
                pieces += [f"**{title}**", markdown(table["columns"], table["rows"])]
                pieces += filter(None, [picture(table)])
        pieces += [note for note in part["notes"] if note.startswith(FOREIGN)]
    text = document.read_text()
    before, rest = text.split(BEGIN)
    document.write_text(
        before + BEGIN + "\n\n" + "\n\n".join(pieces) + "\n\n" + END + rest.split(END)[1])
    return 0


def main() -> int:
    match sys.argv[1:]:
        case ["paste", file, document]: return paste(Path(file), Path(document))
        case [folder, file]: return gather(Path(folder), Path(file))
    sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(main())
