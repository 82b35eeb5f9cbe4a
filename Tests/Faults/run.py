#!/usr/bin/env python3
"""Provokes what can break and checks what is left: one line for each row, with its counts.

    Tests/Faults/run.py              all of it, in the sizes of a full run (50 minutes on 2 cores)
    Tests/Faults/run.py --short      the part that bin/test runs (14 minutes)
    Tests/Faults/run.py COMMIT …     the rows whose names contain one of these words
    Tests/Faults/run.py --list       the names, and the numbers of the faults that each provokes

    --junit FILE        writes the results in that form, too
    RUSHES_BIN_DIR      the folder of `rushes` and `rushes-sandbox`   (.build/release)
    SEED                repeats the random choices of an earlier run

Needs root's rights for none but the rows that say so. It starts stacks of its own with `bin/dev`
and leaves nothing behind; the folder of a run that failed is kept, and named.
"""

import argparse
import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path
from xml.sax.saxutils import quoteattr

import rows
from shop import Shop
from stack import TOP, Failed, Skipped, Stack


def main() -> int:
    arguments = parse()
    chosen = [
        row for row in rows.ROWS
        if (not arguments.words or any(word in row.name for word in arguments.words))
        and (not arguments.short or row.is_short)
    ]
    if arguments.list:
        for row in chosen:
            print(row.title)
        for number, test in sorted(rows.ELSEWHERE.items()):
            print(f"[{number}] {test}")
        return 0
    if not chosen:
        sys.exit("run.py: no row has such a name (see --list)")
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))
    programs = Path(os.environ.get("RUSHES_BIN_DIR") or TOP / ".build/release").resolve()
    for name in ("rushes", "rushes-probe", "rushes-sandbox"):
        if not (programs / name).exists():
            sys.exit(f"run.py: no {name} in {programs}: build it, or set RUSHES_BIN_DIR")
    # So that Ctrl-C and a polite kill end what was started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(f"seed {seed}", flush=True)
    results = run(chosen, seed, programs, rows.Size(arguments.short))
    if chosen == rows.ROWS and (missing := rows.provoked_nowhere()):
        error = f"provoked by no row and no test: {' '.join(map(str, missing))}"
        print(f"FAILED  every fault: {error}")
        results.append(("every fault", error, 0.0))
    if arguments.junit:
        write_junit(arguments.junit, results)
    failed = [name for name, error, _ in results if error]
    print(f"seed {seed}")
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--junit", type=Path)
    return parser.parse_args()


def run(chosen, seed: int, programs: Path, size: "rows.Size") -> list[tuple[str, str, float]]:
    """Runs the rows on one stack; after a failed one, whose wreck would fail the others, on a new
    one. Returns name, error and seconds of each that was not skipped."""
    results = []
    left = list(chosen)
    while left:
        try:
            with Stack(programs) as stack:
                shop = Shop(stack)
                while left:
                    row = left.pop(0)
                    error, seconds = run_row(row, shop, seed, size)
                    if error is not None:
                        results.append((row.name, error, seconds))
                    if error:
                        raise Wrecked(stack.folder)
        except Wrecked as wreck:
            print(f"        kept: {wreck}", flush=True)
    return results


class Wrecked(Exception):
    """A row has failed; the stack is given up and its folder kept."""


def run_row(row, shop: Shop, seed: int, size) -> tuple[str | None, float]:
    """An empty text when the row held, None when it was skipped."""
    started = time.monotonic()
    error: str | None = ""
    try:
        # Each row has its own numbers, whatever ran before it.
        counts = row.run(shop, random.Random(f"{seed} {row.name}"), size)
        shop.check()
        word = "ok"
    except Skipped as skip:
        counts, word, error = str(skip), "SKIPPED", None
    except Failed as failure:
        counts, word, error = str(failure), "FAILED", str(failure)
    except Exception:  # noqa: BLE001 - one broken row must not hide the others
        counts, word = traceback.format_exc(), "FAILED"
        error = counts
    seconds = time.monotonic() - started
    print(f"{word:<7} {row.title}: {counts} ({seconds:.0f} s)", flush=True)
    return error, seconds


def write_junit(path: Path, results: list[tuple[str, str, float]]) -> None:
    lines = ['<testsuite name="faults">']
    for name, error, seconds in results:
        head = f'  <testcase classname="faults" name={quoteattr(name)} time="{seconds:.1f}"'
        lines.append(f"{head}><failure message={quoteattr(error)}/></testcase>" if error
                     else f"{head}/>")
    path.write_text("\n".join([*lines, "</testsuite>", ""]))


if __name__ == "__main__":
    sys.exit(main())
