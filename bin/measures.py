#!/usr/bin/env python3
"""Prints how large the code is, against the limits that it keeps.

    bin/lint --report        or: bin/measures.py [FOLDER]
    bin/measures.py --check  prints only what is over a limit that is kept, and fails for it

What is measured, in the files that git knows or would take: the lengths of Swift files and of their
functions, Sandbox apart; the lines of Web; lines of Swift and of the pages that are too wide; and
lines of any code that stand twice.

A function is a `func`, `init`, `deinit`, `subscript` or computed property with a body; its lines are
all from the keyword to the closing brace. A function inside another counts by itself too, a closure
does not. Its reader knows comments, strings (raw, of many lines, with interpolations) and names in
backticks; it does not know regex literals, nor the code that a macro or an `#if` leaves out.

A duplicate is a run of lines that stands in two places, white space folded. Blank lines, comments,
imports and lines of punctuation alone are passed over; code of the same shape with other names is
not seen.
"""

import re
import subprocess
import sys
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

# The limits, in one place. A measure whose limit is `kept` fails bin/lint from then on.
LIMITS = {
    "file median": (80, True),
    "file p95": (300, True),
    "function median": (8, True),
    "function p95": (30, True),
    "function longest": (60, True),
    "lines of Sources/Web": (3000, True),
    "lines over 110 columns": (0, True),
    "duplicates": (0, False),
}
COLUMNS = 110
DUPLICATE_LINES = 10

# Lists of data, which have the length of what they hold.
DATA = {"Sources/Domain/CommonPasswords+List.swift"}
WIDE = re.compile(r"\.swift$|^nginx/html/.*\.(js|css|html)$")
CODE = re.compile(r"\.(swift|py|js|css|html|sh|bash)$|^bin/[a-z-]+$|^\.ci/")


@dataclass(frozen=True)
class Function:
    """A function with a body: its name, its first line and how many there are."""

    name: str
    line: int
    lines: int


@dataclass
class Lengths:
    """Numbers of lines, each with its place."""

    places: list[tuple[int, str]] = field(default_factory=list)

    def add(self, lines: int, place: str) -> None:
        self.places.append((lines, place))

    def quantile(self, share: float) -> int:
        """The smallest number that at least `share` of all do not exceed."""
        numbers = sorted(lines for lines, _ in self.places)
        return numbers[max(0, ceil(len(numbers) * share) - 1)] if numbers else 0

    def longest(self, most: int) -> list[tuple[int, str]]:
        return sorted(self.places, key=lambda item: (-item[0], item[1]))[:most]


def blank(text: str) -> str:
    """The text with every character but line ends replaced by a space."""
    return re.sub(r"[^\n]", " ", text)


NEXT_TOKEN = re.compile(r'//|/\*|`|#*"')
COMMENT_EDGE = re.compile(r"/\*|\*/")


def end_of_comment(text: str, start: int) -> int:
    """Where the comment that begins with `/*` at `start` ends; they nest."""
    depth, at = 1, start + 2
    while depth and (edge := COMMENT_EDGE.search(text, at)):
        depth += 1 if edge[0] == "/*" else -1
        at = edge.end()
    return at if depth == 0 else len(text)


def end_of_string(text: str, start: int) -> int:
    """Where the string ends whose `#`s and quotes begin at `start`."""
    hashes = re.compile("#*").match(text, start)[0]
    at = start + len(hashes)
    quotes = '"""' if text.startswith('"""', at) else '"'
    edge = re.compile(re.escape("\\" + hashes) + r"(\(|.)|" + re.escape(quotes + hashes), re.DOTALL)
    at += len(quotes)
    while found := edge.search(text, at):
        if found[1] is None:
            return found.end()
        at = end_of_interpolation(text, found.end()) if found[1] == "(" else found.end()
    return len(text)


PARENTHESIS = re.compile(r'[()]|//|/\*|#*"')


def end_of_interpolation(text: str, start: int) -> int:
    """Where the interpolation ends whose first character is at `start`."""
    depth, at = 1, start
    while depth and (found := PARENTHESIS.search(text, at)):
        at = found.end()
        if found[0] in "()":
            depth += 1 if found[0] == "(" else -1
        elif found[0] == "//":
            at = text.find("\n", at) if "\n" in text[at:] else len(text)
        elif found[0] == "/*":
            at = end_of_comment(text, found.start())
        else:
            at = end_of_string(text, found.start())
    return at


def code_of(text: str) -> str:
    """Swift without its comments, and with strings and names in backticks blanked: the same length."""
    parts, at = [], 0
    while found := NEXT_TOKEN.search(text, at):
        start = found.start()
        if found[0] == "//":
            end = text.find("\n", start)
            end = len(text) if end < 0 else end
        elif found[0] == "/*":
            end = end_of_comment(text, start)
        elif found[0] == "`":
            end = text.find("`", start + 1) + 1 or len(text)
        else:
            end = end_of_string(text, start)
        parts.append(text[at:start])
        if found[0] in ("//", "/*"):
            parts.append(blank(text[start:end]))
        else:
            # Something stands there: `_` keeps a line of a string apart from an empty one.
            parts.append(re.sub(r"[^\n]", "_", text[start:end]))
        at = end
    parts.append(text[at:])
    return "".join(parts)


DECLARATION = re.compile(
    r"(?<![\w.])(?:(func)\s+([^\s(<]+|[<>=!+*/%&|^~.-]+)|(init)\s*[?!]?\s*(?=[(<])|(deinit)\b"
    r"|(subscript)\s*(?=[(<])|(var)\s+(\w+)\s*(?=:))"
)
BODY_EDGE = re.compile(r"[{}()\[\]\n=;]|\b(?:func|var|let|init|case|static|struct|enum|in)\b")
BRACE = re.compile(r"[{}]")


def body_of(code: str, start: int, is_property: bool) -> int | None:
    """Where the body begins of what is declared at `start`; none of a requirement or a stored value."""
    depth, at = 0, start
    while found := BODY_EDGE.search(code, at):
        at, edge = found.end(), found[0]
        if edge in "([":
            depth += 1
        elif edge in ")]":
            depth -= 1
            if depth < 0:
                return None
        elif depth > 0:
            continue
        elif edge == "{":
            return found.start()
        elif edge == "\n":
            if is_property:
                return None
        elif not (edge == "=" and not is_property):
            return None
    return None


def end_of_body(code: str, start: int) -> int:
    depth, at = 0, start
    while found := BRACE.search(code, at):
        depth += 1 if found[0] == "{" else -1
        at = found.end()
        if depth == 0:
            return at
    return len(code)


def functions(text: str) -> list[Function]:
    """The functions of a Swift file that have a body."""
    code = code_of(text)
    line_starts = [0] + [found.end() for found in re.finditer("\n", text)]
    result = []
    for found in DECLARATION.finditer(code):
        is_property = found[6] is not None
        body = body_of(code, found.end(), is_property)
        if body is None:
            continue
        end = end_of_body(code, body)
        if is_property and is_no_function(code[body + 1 : end - 1]):
            continue
        name = next(name for name in (found[2], *found.group(3, 4, 5, 7)) if name)
        if found[2]:
            name = text[found.start(2) : found.end(2)].strip("`")
        first = bisect_right(line_starts, found.start())
        result.append(Function(name, first, bisect_right(line_starts, end - 1) - first + 1))
    return result


def is_no_function(body: str) -> bool:
    """Whether a property's braces hold a protocol's `get set`, or watch a stored value."""
    return re.fullmatch(r"\s*(get|set|throws|\s)+\s*", body) is not None or re.match(
        r"\s*(didSet|willSet)\b", body
    ) is not None


NOISE = re.compile(r"^(\W*|import .*|(private |internal |package )import .*|from .* import .*)$")
PROSE = re.compile(r"^(//|#(?! *(if|else|end))|\*|/\*)")


def counted_lines(text: str) -> list[tuple[int, str]]:
    """The lines that a duplicate is made of, folded, each with its number."""
    result = []
    for number, line in enumerate(text.splitlines(), 1):
        folded = " ".join(line.split())
        if not NOISE.match(folded) and not PROSE.match(folded):
            result.append((number, folded))
    return result


def duplicates(files: dict[str, str], least: int = DUPLICATE_LINES) -> list[str]:
    """The runs of at least `least` equal lines, as `a:1-12 = b:5-16 (12)`, longest first."""
    lines = {path: counted_lines(text) for path, text in files.items()}
    places = defaultdict(list)
    for path, counted in lines.items():
        for start in range(len(counted) - least + 1):
            key = tuple(line for _, line in counted[start : start + least])
            places[key].append((path, start))
    found = []
    seen = set()
    for places_of_run in places.values():
        for index, (path, start) in enumerate(places_of_run):
            for other, other_start in places_of_run[index + 1 :]:
                if (path, start, other, other_start) in seen:
                    continue
                length = 0
                mine, theirs = lines[path], lines[other]
                while (
                    start + length < len(mine)
                    and other_start + length < len(theirs)
                    and mine[start + length][1] == theirs[other_start + length][1]
                    and (path != other or start + length < other_start)
                ):
                    seen.add((path, start + length, other, other_start + length))
                    length += 1
                if length >= least:
                    here = f"{path}:{mine[start][0]}-{mine[start + length - 1][0]}"
                    there = (
                        f"{other}:{theirs[other_start][0]}-{theirs[other_start + length - 1][0]}"
                    )
                    found.append((length, f"{here} = {there} ({length})"))
    return [text for _, text in sorted(found, key=lambda item: (-item[0], item[1]))]


def tracked_files(top: Path) -> dict[str, str]:
    """The code that git knows or would take, by path."""
    names = subprocess.run(
        ["git", "-C", top, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    paths = (name for name in sorted(set(names)) if CODE.search(name) and (top / name).is_file())
    return {path: (top / path).read_text(encoding="utf-8") for path in paths}


def is_sandbox(path: str) -> bool:
    return path.startswith(
        ("Sources/Sandbox/", "Sources/RushesSandbox/", "Tests/SandboxTests/")
    )


class Report:
    """What is printed, and what is over its limit."""

    def __init__(self, is_check: bool) -> None:
        self.is_check = is_check
        self.failed = False

    def say(self, text: str) -> None:
        if not self.is_check:
            print(text)

    def measure(self, name: str, value: int, said: str, places: list[str]) -> None:
        """One line for a measure with a limit, and the places that it is about."""
        limit, is_kept = LIMITS[name]
        is_over = value > limit
        self.failed = self.failed or (is_over and is_kept)
        if self.is_check and not (is_over and is_kept):
            return
        mark = "OVER" if is_over else "ok"
        print(f"{said}: {value} (limit {limit}, {mark}{'' if is_kept else ', not yet kept'})")
        for place in places:
            print(f"    {place}")


def places(lengths: Lengths, most: int) -> list[str]:
    return [f"{lines:5} {place}" for lines, place in lengths.longest(most)]


def measure_lengths(
    report: Report, what: str, share: tuple[str, float], sources: Lengths, everything: Lengths,
    listed: list[str],
) -> None:
    """Holds the lengths in Sources to the limit, and tells those with the tests beside."""
    name, quantile = share
    beside = everything.quantile(quantile)
    report.measure(
        f"{what} {name}", sources.quantile(quantile),
        f"lines of a {what} of Sources, {name} (with the tests: {beside})", listed)


def measure_files(report: Report, swift: dict[str, str]) -> None:
    all_of_them, sources = Lengths(), Lengths()
    for path, text in swift.items():
        if path not in DATA:
            all_of_them.add(text.count("\n"), path)
            if path.startswith("Sources/"):
                sources.add(text.count("\n"), path)
    report.say(f"{len(all_of_them.places)} Swift files, {len(sources.places)} of them in Sources")
    measure_lengths(report, "file", ("median", 0.5), sources, all_of_them, [])
    measure_lengths(report, "file", ("p95", 0.95), sources, all_of_them, places(sources, 12))


def measure_functions(report: Report, swift: dict[str, str]) -> None:
    """The longest may stand in no test either."""
    all_of_them, sources = Lengths(), Lengths()
    for path, text in swift.items():
        for function in functions(text):
            place = f"{path}:{function.line} {function.name}"
            all_of_them.add(function.lines, place)
            if path.startswith("Sources/"):
                sources.add(function.lines, place)
    report.say(f"{len(all_of_them.places)} functions, {len(sources.places)} of them in Sources")
    measure_lengths(report, "function", ("median", 0.5), sources, all_of_them, [])
    measure_lengths(report, "function", ("p95", 0.95), sources, all_of_them, [])
    report.measure(
        "function longest", all_of_them.quantile(1), "lines of a function, longest",
        places(all_of_them, 20))


def measure_web(report: Report, swift: dict[str, str]) -> None:
    count = sum(text.count("\n") for path, text in swift.items() if path.startswith("Sources/Web/"))
    report.measure("lines of Sources/Web", count, "lines of Sources/Web", [])


def wide_lines(path: str, text: str) -> list[tuple[int, int]]:
    """The lines of more columns than fit, with these; in Swift not those that are a string and no more."""
    code = code_of(text) if path.endswith(".swift") else text
    return [
        (number, len(line))
        for number, (line, judged) in enumerate(zip(text.split("\n"), code.split("\n")), 1)
        if len(line) > COLUMNS and not re.fullmatch(r" *\+? *_+[ ,]*", judged)
    ]


def measure_width(report: Report, files: dict[str, str]) -> None:
    wide = [
        f"{path}:{number} ({columns})"
        for path, text in files.items()
        if WIDE.search(path) and path not in DATA
        for number, columns in wide_lines(path, text)
    ]
    report.measure("lines over 110 columns", len(wide), f"lines over {COLUMNS} columns", wide[:20])


def measure_duplicates(report: Report, files: dict[str, str]) -> None:
    found = duplicates({path: text for path, text in files.items() if not is_sandbox(path)})
    said = f"runs of {DUPLICATE_LINES} lines and more that stand twice"
    report.measure("duplicates", len(found), said, found[:40])


def main(arguments: list[str]) -> int:
    report = Report(is_check="--check" in arguments)
    folders = [argument for argument in arguments if not argument.startswith("--")]
    files = tracked_files(Path(folders[0] if folders else Path(__file__).parent.parent))
    swift = {path: text for path, text in files.items() if path.endswith(".swift")}
    swift = {path: text for path, text in swift.items() if not is_sandbox(path)}
    measure_files(report, swift)
    measure_functions(report, swift)
    measure_web(report, swift)
    measure_width(report, files)
    measure_duplicates(report, files)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
