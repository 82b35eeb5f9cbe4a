"""bin/*: asked for help, they print it and do nothing else."""

import shutil
import subprocess
from pathlib import Path

import pytest
from stack import TOP

SCRIPTS = ["bench", "dev", "lint", "nginx-conf", "setup", "test"]


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_is_printed_and_nothing_is_installed(
    script: str, option: str, tmp_path: Path
) -> None:
    shutil.copytree(TOP / "bin", tmp_path / "bin")
    before = sorted(tmp_path.rglob("*"))
    # Whatever these scripts would install or build with ends the test.
    trap = tmp_path / "trap"
    trap.mkdir()
    for program in ("apt-get", "dpkg-query", "swift", "python3", "sudo"):
        (trap / program).write_text(f'#!/bin/sh\necho {program} >>"{tmp_path}/used"\nexit 1\n')
        (trap / program).chmod(0o755)
    result = subprocess.run(
        [tmp_path / "bin" / script, option], capture_output=True, text=True, timeout=20,
        cwd=tmp_path, env={"PATH": f"{trap}:/usr/bin:/bin", "HOME": str(tmp_path)})
    assert result.returncode == 0, result.stderr
    assert f"bin/{script}" in result.stdout and result.stderr == ""
    assert not (tmp_path / "used").exists()
    left = [path for path in sorted(tmp_path.rglob("*")) if trap not in [path, *path.parents]]
    assert left == before


def test_every_script_is_asked() -> None:
    names = {path.name for path in (TOP / "bin").iterdir() if path.is_file() and not path.suffix}
    assert names == set(SCRIPTS)


def test_an_argument_that_lint_does_not_know_is_refused() -> None:
    result = subprocess.run(
        [TOP / "bin/lint", "--fix"], capture_output=True, text=True, timeout=20)
    assert result.returncode == 1 and "takes no other arguments" in result.stderr
