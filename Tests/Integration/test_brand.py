"""The operator's brand folder: what of it comes into the pages, and what is refused; and maintenance."""

import json
import re
import subprocess
import time
from pathlib import Path

import pytest
from edge import TOP, Edge, poll

HOSTILE = """
## Our <script>alert(1)</script> terms

We **mean** it. <!--#include virtual="/_/header.html" --> <img src=x onerror=alert(1)>

- [Fine](https://law.example/terms)
- [Mail](mailto:law@example.org)
- [Bad](javascript:alert(1))
- [Elsewhere](//evil.example/)
- [Quote](https://x.example/"onmouseover=alert(1))
"""


def brand(folder: Path, **files: str | bytes) -> Path:
    own = folder / "brand"
    (own / "samples").mkdir(parents=True)
    for name, content in files.items():
        path = own / name.replace("__", ".").replace("samples_", "samples/")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return own


def run(folder: Path, own: Path) -> subprocess.CompletedProcess[str]:
    edge = Edge(folder / "edge")
    return subprocess.run(
        [TOP / "bin/nginx-conf", "development", folder / "conf"],
        env={**edge.environment, "BRAND_DIR": str(own)},
        capture_output=True,
        text=True,
    )


def test_a_brand_has_its_name_colour_logo_texts_and_samples_on_every_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = b"\0\0\0\x18ftypmp42 of our own"
    own = brand(
        tmp_path,
        brand__conf="name = Northlight Films\naccent = #2244cc\ncontact = help@north.example\n",
        terms__md=HOSTILE,
        logo__svg="<svg xmlns='http://www.w3.org/2000/svg'><circle r='9'/></svg>",
        **{"samples_pro-1__mp4": film},
    )
    monkeypatch.setenv("BRAND_DIR", str(own))
    with Edge(tmp_path / "edge") as edge:
        home = edge.request("/").body.decode()
        assert re.search("<title>(.*?)</title>", home)[1].startswith("Northlight Films: AI video")
        assert re.findall(".*Rushes.*", home) == []
        logo = re.search(r'class="mark-logo" src="([^"]+)"', home)[1]
        assert edge.request(logo).headers["content-type"].startswith("image/svg+xml")
        assert edge.request(logo).headers["content-security-policy"].startswith("default-src 'none'")
        sheet = re.search(r'href="(/assets/[^"]+site.css)"', home)[1]
        assert b"--tungsten: #2244cc" in edge.request(sheet).body
        assert edge.request(sheet.replace("css/site.css", "media/pro-1.mp4")).body == film
        assert len(edge.request(sheet.replace("css/site.css", "media/pro-2.mp4")).body) > 10_000
        assert 'href="mailto:help@north.example"' in edge.request("/contact").body.decode()
        assert "until they delete" not in edge.request("/privacy").body.decode()
        main = edge.request("/terms").body.decode()
        main = main[main.index("<main") : main.index("</main>")]
        assert "<strong>mean</strong>" in main and "&lt;script&gt;" in main
        assert main.count("<header") == 0 and "<script" not in main and "<img" not in main
        links = re.findall('href="([^"]*)"', main)
        assert links == ["https://law.example/terms", "mailto:law@example.org", "/contact"]


def test_the_version_of_the_terms_is_of_terms_and_privacy_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = []
    for number, texts in enumerate(
        [
            {"terms__md": "one"},
            {"terms__md": "one", "contact__md": "elsewhere"},
            {"terms__md": "two"},
            {"terms__md": "two", "privacy__md": "other"},
        ]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.setenv("BRAND_DIR", str(brand(folder, **texts)))
        with Edge(folder / "edge") as edge:
            pages = {page: edge.request(f"/{page}").body.decode() for page in ["terms", "privacy", "signup", "credits"]}
        found = {re.search('(?:notice: <code>|name="terms" type="hidden" value="|data-terms=")(\\w*)', page)[1] for page in pages.values()}
        assert len(found) == 1, found
        versions += found
    assert all(re.fullmatch("[0-9a-f]{12}", version) for version in versions)
    assert versions[0] == versions[1] and len(set(versions)) == 3


def test_without_a_brand_the_texts_say_what_is_missing(tmp_path: Path) -> None:
    with Edge(tmp_path / "edge") as edge:
        assert "<title>Rushes: AI video" in edge.request("/").body.decode()
        for page in ["terms", "privacy", "refunds", "imprint", "contact"]:
            assert re.search(r"has not (?:said|written)", edge.request(f"/{page}").body.decode()), page


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"brand__conf": 'name = "Quoted"'}, "name is 1 to 40 characters"),
        ({"brand__conf": "name = a$b"}, "name is 1 to 40 characters"),
        ({"brand__conf": "accent = red"}, "accent is a colour"),
        ({"brand__conf": "contact = nobody"}, "contact is a mail address"),
        ({"brand__conf": "contact = javascript:alert(1)"}, "contact is a mail address"),
        ({"brand__conf": "colour = #000000"}, "there is no colour"),
        ({"brand__conf": "nonsense"}, "line 1 is not `key = value`"),
        ({"terms__md": b"\xff\xfe"}, "terms.md is no text in UTF-8"),
        ({"terms__md": "x" * 200_001}, "terms.md is longer than 200 kB"),
        ({"logo__png": "not a picture"}, "logo.png is not what its name says"),
        ({"logo__svg": "<svg/>", "logo__png": b"\x89PNG"}, "keep one"),
        ({"samples_pro-1__mp4": "no film"}, "samples/pro-1.mp4 is not what its name says"),
        ({"samples_other__mp4": "x"}, "samples/other.mp4 stands for no sample"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(tmp_path: Path, files: dict, words: str) -> None:
    done = run(tmp_path, brand(tmp_path, **files))
    assert done.returncode != 0
    assert words in done.stderr and "BRAND_DIR" in done.stderr
    assert not (tmp_path / "conf/nginx.conf").exists()


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    done = run(tmp_path, brand(tmp_path, brand__conf="accent = x\ncontact = x\nname =", terms__md=b"\xff"))
    for words in ["accent", "contact", "name", "terms.md"]:
        assert words in done.stderr


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "is not a folder" in run(tmp_path, tmp_path / "none").stderr


def test_a_page_says_its_own_words_where_the_application_does_not_answer(tmp_path: Path) -> None:
    with Edge(tmp_path / "edge", responder=False) as edge:
        for path, words in [("/status", b"answer</span>"), ("/pricing", b"cannot be read now"), ("/", b"cannot be read now")]:
            answer = edge.request(path)
            assert answer.status == 200 and words in answer.body, path
            assert b"API_ERROR" not in answer.body
        assert edge.request("/_/live/api/tiers").status == 404


def test_while_it_is_maintained_people_are_told_and_the_api_and_the_status_go_on(tmp_path: Path) -> None:
    with Edge(tmp_path / "edge") as edge:
        flag = edge.folder / "run/maintenance"
        flag.touch()
        for path in ["/", "/create", "/docs", "/no-such-page"]:
            answer = edge.request(path)
            assert answer.status == 503, path
            assert b"Please come back in ten minutes" in answer.body
        for path in ["/status", "/contact", "/admin/attention", "/api/tiers"]:
            assert edge.request(path).status == 200, path
        flag.unlink()
        assert edge.request("/").status == 200


def test_the_words_above_every_page_are_asked_for_once_in_two_seconds(tmp_path: Path) -> None:
    def bar(path: str, method: str = "GET") -> bytes:
        answer = edge.request(path, method)
        assert answer.status in (200, 404), path
        found = re.search(rb'{"[^\n]*/api/announcements/page[^\n]*}', answer.body)
        return found[0] if found else b""

    with Edge(tmp_path / "edge") as edge:
        # A page asked for by HEAD leaves no empty words behind for those that are shown.
        edge.request("/contact", "HEAD")
        first = bar("/contact")
        assert json.loads(first)["DOCUMENT_URI"] == "/api/announcements/page"
        for path in ["/", "/create", "/docs", "/login", "/status", "/admin/health", "/no-such-page"]:
            # The application would tell another request's id.
            assert bar(path) == first, path
        poll(lambda: bar("/contact") not in (first, b""))
        assert edge.request("/_/live/api/announcements/page").status == 404


def test_the_last_words_above_a_page_stay_while_the_application_does_not_answer(tmp_path: Path) -> None:
    with Edge(tmp_path / "edge") as edge:
        before = edge.request("/contact").body
        assert b"/api/announcements/page" in before
        edge.responder.shutdown()
        edge.responder.server_close()
        # What nginx has kept open to it is closed by then, and its copy is older than two seconds.
        time.sleep(2.5)
        for _ in range(2):
            answer = edge.request("/contact")
            assert answer.status == 200 and answer.body == before
    with Edge(tmp_path / "other", responder=False) as edge:
        answer = edge.request("/contact")
        assert answer.status == 200 and b"announcements" not in answer.body
