"""bin/lib/join.pl: many small sources, and few files that a browser asks for."""

import re
import subprocess
from pathlib import Path

import pytest
from stack import TOP

ASSETS = TOP / "nginx/html/assets"
PAGE = 'import { el } from "./parts/element.js";\nimport { text } from "../text/en.js";\nel(text);\n'


def join(assets: Path, folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["perl", TOP / "bin/lib/join.pl", assets, folder], capture_output=True, text=True, timeout=20)


def write(folder: Path, **files: str) -> Path:
    """A folder of scripts, their names with `_` for `/`."""
    files = {"site.js": 'export * from "./parts/element.js";\n', **files}
    files.setdefault("parts_element.js", "export function el() {}\n")
    for name, text in files.items():
        path = folder / "js" / name.replace("_", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("joined")
    result = join(ASSETS, folder)
    assert (result.returncode, result.stderr) == (0, "")
    return folder


def test_each_page_asks_for_files_that_are_there(joined: Path) -> None:
    pages = "".join(page.read_text() for page in ASSETS.parent.rglob("*.html"))
    asked = set(re.findall(r'-->/((?:js|css)/[^"]+)"', pages))
    assert len(asked) > 10
    assert [name for name in asked if not (joined / name).is_file()] == []


def test_a_joined_script_asks_for_the_common_one_and_texts_alone(joined: Path) -> None:
    for script in (joined / "js").glob("*.js"):
        asked = re.findall(r'(?:from |^import |import\()"([^"]+)"', script.read_text(), re.M)
        texts = {"../text/en.js", "../text/console.js"}
        assert set(asked) <= {"./site.js", "./keys.js"} | texts, script.name
        assert len(asked) == len(set(asked))


def test_nothing_is_lost_but_comments(joined: Path) -> None:
    everything = "".join(file.read_text() for file in (joined / "js").glob("*.js"))
    for source in (ASSETS / "js").rglob("*.js"):
        for name in re.findall(r"^(?:export )?(?:async )?(?:function|const|class|let) (\w+)", source.read_text(), re.M):
            assert re.search(rf"\b(?:function|const|class|let) {name}\b", everything), (source, name)
    styles = (joined / "css/site.css").read_text()
    for source in (ASSETS / "css/parts").glob("*.css"):
        for rule in re.findall(r"^[.#\w][^{}\n]*\{", source.read_text(), re.M):
            assert rule in styles, (source, rule)
    assert "/*" not in styles and "@import" not in styles


def test_what_the_common_script_has_is_taken_from_there(tmp_path: Path) -> None:
    result = join(write(tmp_path / "a", **{"page.js": PAGE}), tmp_path)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "js/page.js").read_text() == (
        'import { el } from "./site.js";\nimport { text } from "../text/en.js";\nel(text);\n')


def test_a_module_stands_once_and_before_who_needs_it(tmp_path: Path) -> None:
    sources = write(tmp_path / "a", **{
        "page.js": 'import { two } from "./parts/two.js";\nimport { one } from "./parts/one.js";\nuse(one, two);\n',
        "parts_two.js": 'import { one } from "./one.js";\nexport const two = one + 1;\n',
        "parts_one.js": "/** Words. */\nexport const one = 1; // here\n",
    })  # fmt: skip
    result = join(sources, tmp_path)
    assert result.returncode == 0, result.stderr
    lines = (tmp_path / "js/page.js").read_text().splitlines()
    assert [line for line in lines if not line.startswith("//")] == [
        "export const one = 1; // here", "export const two = one + 1;", "use(one, two);"]


def test_what_an_earlier_release_had_is_gone(tmp_path: Path) -> None:
    sources = write(tmp_path / "a", **{"page.js": PAGE, "old.js": PAGE})
    assert join(sources, tmp_path).returncode == 0
    (sources / "js/old.js").unlink()
    assert join(sources, tmp_path).returncode == 0
    assert sorted(file.name for file in (tmp_path / "js").iterdir()) == ["page.js", "site.js"]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"page.js": PAGE + "function el() {}\n"}, "have a el of their own"),
        ({"page.js": 'import { el as make } from "./parts/element.js";\n'}, "joins no import"),
        ({"page.js": 'import all from "./parts/element.js";\n'}, "joins no import"),
        ({"page.js": 'import { el } from "https://example.org/x.js";\n'}, "not on lines of its own"),
        ({"page.js": 'import { el } from "./parts/none.js";\n'}, "none.js"),
        (
            {
                "page.js": 'import "./parts/a.js";\nimport "./parts/b.js";\n',
                "parts_a.js": "const { x, y } = z;\n",
                "parts_b.js": "let y = 1;\n",
            },
            "a y of their own",
        ),
    ],
)
def test_what_cannot_be_joined_is_an_error(tmp_path: Path, files: dict[str, str], told: str) -> None:
    result = join(write(tmp_path / "a", **files), tmp_path)
    assert result.returncode != 0
    assert told in result.stderr
