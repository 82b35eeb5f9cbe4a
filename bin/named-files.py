#!/usr/bin/env python3
"""Finds the comments and documents that name a file which is not in the repository.

    bin/named-files.py [FOLDER]   prints each as `place: name`; ends with 1 when there is one

A name is what ends like a file of ours (`Store/Purchases.swift`), or begins with one of our folders
(`bin/dev`). It may leave out the folders in front. Comments are read line by line, and of Python the
docstrings too; a comment behind code needs a space on both sides of its sign.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAME = re.compile(
    r"(?<![\w/.:@{}$*<-])("
    r"(?:[\w+-]+/)*[\w+-]+\.(?:swift|py|pl|js|sql|md|sh|conf|css|html|c|h|lua|txt|json|modulemap)"
    r"|(?:bin|docs|schema|nginx|Tests|Sources|\.ci)(?:/[\w+.-]+)+"
    r")(?![\w/*>-])"
)
COMMENTS = {
    ending: re.compile(rf"(?:^|\s)(?:{sign})\s(.*)")
    for endings, sign in [
        ("swift js css c h", r"//+|\*|/\*"),
        ("sql lua", "--"),
        ("html", "<!--"),
        ("", "#"),
    ]
    for ending in endings.split(" ")
}
READ = re.compile(r"\.(swift|py|pl|js|sh|sql|md|conf|css|html|c|h|lua)$|^bin/|^\.ci/")

# Files that are written or read elsewhere, by the names that comments give them.
ELSEWHERE = {"FOLDER/nginx.conf", "frequency_lists.py", "state.json"}

# The samples of our own tests.
SAMPLES = {"Tests/Integration/test_measures.py"}


def said_in(path: str, text: str) -> Iterator[tuple[int, str]]:
    """The lines of a document, or the comments of a program, with their numbers."""
    is_docstring = False
    comment_sign = COMMENTS.get(path.rpartition(".")[2], COMMENTS[""])
    for number, line in enumerate(text.splitlines(), 1):
        if path.endswith(".md"):
            yield number, line
            continue
        was_docstring = is_docstring
        if path.endswith(".py") and line.count('"""') % 2:
            is_docstring = not is_docstring
        if was_docstring or is_docstring:
            yield number, line
        elif comment := comment_sign.search(line):
            yield number, comment[1]


def endings(paths: list[str]) -> set[str]:
    """What each file, and each folder that holds one, may be called."""
    result = set()
    for path in paths:
        parts = path.split("/")
        for end in range(1, len(parts) + 1):
            result.update("/".join(parts[start:end]) for start in range(end))
    return result


def missing(files: dict[str, str], paths: list[str]) -> list[str]:
    known = endings(paths) | ELSEWHERE
    return [
        f"{path}:{number}: {name[1].rstrip('.')}"
        for path, text in files.items()
        for number, said in said_in(path, text)
        for name in NAME.finditer(said)
        if name[1].rstrip(".") not in known
    ]


def is_read(path: str) -> bool:
    return READ.search(path) is not None and path not in SAMPLES


def main(arguments: list[str]) -> int:
    top = Path(arguments[0]) if arguments else Path(__file__).parent.parent
    listed = subprocess.run(
        ["git", "-C", top, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    paths = [path for path in sorted(set(listed)) if path and (top / path).is_file()]
    files = {path: (top / path).read_text("utf-8") for path in paths if is_read(path)}
    found = missing(files, paths)
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
