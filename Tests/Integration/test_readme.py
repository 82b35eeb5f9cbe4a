"""The README's walk with curl does what it says, as it stands there."""

import os
import re
import subprocess

import pytest
from edge import TOP


@pytest.fixture
def walk(tmp_path):
    """Runs the walk, with a change or two, and gives its output."""
    if "RUSHES_BASE_URL" not in os.environ:
        pytest.skip("needs the stack of bin/test")
    block = re.search(r"```sh\n(api=.*?)```", (TOP / "README.md").read_text(), re.DOTALL)[1]
    block = block.replace("https://localhost:8443", os.environ["RUSHES_BASE_URL"])
    block = block.replace(".rushes/tls/ca.crt", os.environ["RUSHES_CA_FILE"])

    def run(times: int = 1, **changes: str) -> list[str]:
        text = block
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        # Pasted again into the same shell.
        shell = subprocess.run(
            ["bash"], input=text * times, capture_output=True, text=True, cwd=tmp_path, timeout=120
        )
        assert shell.stderr == ""
        return shell.stdout.split()

    run.folder = tmp_path
    return run


def test_the_walk_ends_with_a_video_also_when_it_is_pasted_twice(walk) -> None:
    assert walk(times=2) == ['"paid"', "completed"] * 2
    assert (walk.folder / "fox.mp4").read_bytes()[4:8] == b"ftyp"


def test_the_walk_ends_with_a_failed_video_too(walk) -> None:
    assert walk(**{"A red fox": "!fail A red fox"}) == ['"paid"', "failed"]
    assert not (walk.folder / "fox.mp4").exists()


def test_every_magic_word_is_told() -> None:
    words = re.findall(r'= "(!\w+)"', (TOP / "Sources/Sandbox/PolloState.swift").read_text())
    readme = (TOP / "README.md").read_text()
    assert len(words) >= 8 and all(f"`{word}`" in readme for word in words)


def test_the_environment_of_development_finds_rushes() -> None:
    if "RUSHES_STATE_DIR" not in os.environ:
        pytest.skip("needs the stack of bin/test")
    script = '. "$RUSHES_STATE_DIR/env"; . "$RUSHES_STATE_DIR/env"; command -v rushes; echo "$PATH"'
    for shell in ("bash", "sh"):
        found = subprocess.run(
            [shell, "-c", script], env=os.environ, capture_output=True, text=True, check=True
        ).stdout.splitlines()
        folder = os.path.dirname(found[0])
        assert found[1].split(":").count(folder) == 1
