"""A video that is shown to people without an account, by its link."""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pages import ready
from playwright.sync_api import expect
from test_pages import CUT_OFF, check

PLAY = """async () => {
    const video = document.querySelector("video");
    video.muted = true;
    await video.play();
    while (video.currentTime <= 0.2) await new Promise((resolve) => setTimeout(resolve, 50));
    return { size: video.videoWidth, error: video.error };
}"""


@pytest.fixture
def panel(open_as, buyer, videos):
    """The panel of a video that has no link."""
    page = open_as(buyer)
    page.request.delete(f"/api{videos['ready']}/share", headers={"Origin": os.environ["RUSHES_BASE_URL"]})
    page.goto(videos["ready"])
    ready(page)
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_role("button", name="Make a link")).to_be_visible()
    return page


def make_link(page, prompt=False, download=True):
    page.get_by_label("Show title and prompt").set_checked(prompt)
    page.get_by_label("Let people download the file").set_checked(download)
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link", exact=True)
    expect(link).to_be_focused()
    return urlsplit(link.input_value()).path


def test_a_link_shows_the_video_to_somebody_without_account_or_script(panel, open_as):
    path = make_link(panel, prompt=True)
    page = open_as(java_script_enabled=False)
    answer = page.goto(path)
    assert answer.status == 200
    expect(page.get_by_role("heading", level=1)).to_have_text("A shared video")
    expect(page.get_by_text("A glass of tea on a windowsill")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "video.mp4"
    other = open_as()
    other.goto(path)
    played = other.evaluate(PLAY)
    assert played["size"] > 0 and played["error"] is None
    check(other)


def test_what_a_browser_is_told_keeps_the_link_to_itself(panel, open_as):
    path = make_link(panel, download=False)
    request = open_as().request
    answer = request.get(path)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy
    page = answer.text()
    assert "A glass of tea" not in page and "download=1" not in page
    [file] = set(re.findall(r'property="og:video" content="([^"]+)"', page))
    part = request.get(urlsplit(file).path, headers={"Range": "bytes=0-99"})
    assert part.status == 206 and len(part.body()) == 100 and part.headers["content-type"] == "video/mp4"
    [poster] = re.findall(r'property="og:image" content="([^"]+)"', page)
    assert request.get(urlsplit(poster).path).body()[:3] == b"\xff\xd8\xff"
    assert request.get(urlsplit(file).path + "?download=1").status == 404
    token = path.split("/")[-1]
    for log in (Path(os.environ["RUSHES_STATE_DIR"]) / "log").glob("*"):
        assert token not in log.read_text(errors="replace"), log


def test_another_link_and_an_end_are_one_press_each(panel, open_as):
    request = open_as().request

    def shown(path):
        """The page without the id of the request, which is in a header alone."""
        answer = request.get(path)
        return answer.status, answer.text()

    missing = shown("/s/" + "A" * 43)
    assert missing[0] == 404 and "This page is not on the reel" in missing[1]
    first = make_link(panel)
    panel.get_by_role("button", name="New link").click()
    expect(panel.get_by_text("The link before leads nowhere now.")).to_be_visible()
    second = urlsplit(panel.get_by_label("Link", exact=True).input_value()).path
    assert shown(second)[0] == 200 and shown(first) == missing
    panel.get_by_label("Show title and prompt").check()
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_text("Saved. The link is the same.")).to_be_visible()
    assert "A glass of tea" in shown(second)[1]
    panel.get_by_role("button", name="End the link").click()
    expect(panel.get_by_role("button", name="Make a link")).to_be_visible()
    assert shown(second) == missing
    assert request.get(f"/api/shared/{second.split('/')[-1]}/file").status == 404


def test_the_panel_is_accessible_and_whole(panel):
    make_link(panel)
    # It lies over what is below it for a moment.
    expect(panel.locator(".toast")).to_have_count(0, timeout=9000)
    check(panel)


@pytest.mark.parametrize("width", [1280, 320])
def test_a_long_prompt_breaks_no_page(panel, open_as, width):
    path = make_link(panel, prompt=True)
    page = open_as(viewport={"width": width, "height": 700})
    page.route("**/s/*", lambda route: lengthen(route))
    page.goto(path)
    assert page.evaluate(CUT_OFF) == []


def lengthen(route):
    answer = route.fetch()
    long = answer.text().replace("on a windowsill", "on_a_windowsill_" * 40)
    route.fulfill(response=answer, body=long)
