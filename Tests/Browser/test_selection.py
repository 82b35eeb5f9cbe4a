"""Several videos at once: chosen, saved as one file, deleted, and brought back."""

import re
import time
import zipfile

import pytest
from pages import ready, see_the_end_of
from playwright.sync_api import expect
from test_pages import COVERED, CUT_OFF, check


@pytest.fixture(scope="module")
def three(browser, browser_context_args, spender):
    """The ids of three videos that are ready, and the word that finds them alone."""
    context = browser.new_context(**{**browser_context_args, "storage_state": spender.state})
    page = context.new_page()
    page.goto("/contact")
    word = f"regatta{time.monotonic_ns()}"
    ids = []
    for number in range(3):
        answer = page.request.post(
            "/api/videos/generate",
            data={"tier": "economy", "duration": 5, "prompt": f"Boat {number} of the {word}"},
            headers={"Origin": page.evaluate("location.origin")},
        )
        assert answer.status == 202, answer.text()
        ids.append(answer.json()["jobId"])
    for identifier in ids:
        see_the_end_of(page, f"/videos/{identifier}")
    context.close()
    return ids, word


@pytest.fixture
def gallery(open_as, spender, three):
    page = open_as(spender)
    page.goto(f"/videos?q={three[1]}")
    ready(page)
    expect(page.locator("[data-job]")).to_have_count(3)
    return page


def bar(page):
    return page.locator("[data-selection]")


def test_several_are_saved_as_one_file(gallery, three):
    page = gallery
    for box in page.get_by_role("checkbox", name=re.compile("^Select")).all()[:2]:
        box.check()
    expect(bar(page)).to_contain_text("2 selected")
    with page.expect_download(timeout=60_000) as download:
        bar(page).get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "rushes-videos.zip"
    with zipfile.ZipFile(download.value.path()) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        assert sorted(names) == sorted(f"rushes-{identifier}.mp4" for identifier in three[0][1:])
        assert all(b"ftyp" in archive.read(name)[:32] for name in names)
    expect(bar(page)).to_contain_text("2 selected")
    bar(page).get_by_role("button", name="Select none").click()
    expect(bar(page)).to_be_hidden()


def test_one_is_saved_as_it_is(gallery, three):
    gallery.get_by_role("checkbox", name=re.compile("^Select")).first.check()
    with gallery.expect_download() as download:
        bar(gallery).get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == f"rushes-{three[0][2]}.mp4"


def test_what_is_deleted_comes_back_by_undo_with_the_keyboard_alone(gallery, three):
    page = gallery
    order = page.locator("[data-job]").evaluate_all("(all) => all.map((one) => one.dataset.job)")
    page.locator("a.frame").nth(1).focus()
    page.keyboard.press("Space")
    expect(bar(page)).to_contain_text("1 selected")
    bar(page).get_by_role("button", name="Delete").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-job]")).to_have_count(2)
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    # Another answer of the server changes nothing of it.
    page.wait_for_timeout(5000)
    expect(page.locator("[data-job]")).to_have_count(2)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Back again.")).to_be_visible()
    assert page.locator("[data-job]").evaluate_all("(all) => all.map((one) => one.dataset.job)") == order
    assert page.request.get(f"/api/videos/{order[1]}").status == 200


@pytest.mark.refusals(404)
def test_a_video_is_deleted_on_its_page_and_the_files_go(open_as, spender):
    page = open_as(spender)
    page.goto("/contact")
    origin = page.evaluate("location.origin")
    answer = page.request.post(
        "/api/videos/generate",
        data={"tier": "economy", "duration": 5, "prompt": "A sandcastle before the tide"},
        headers={"Origin": origin},
    )
    identifier = answer.json()["jobId"]
    path = f"/videos/{identifier}"
    see_the_end_of(page, path)
    ready(page)
    page.get_by_role("button", name="Delete").click()
    expect(page).to_have_url(re.compile(r"/videos$"))
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(f'[data-job="{identifier}"]')).to_be_visible()
    page.goto(path)
    ready(page)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    expect(page.locator("[data-deleted]")).to_have_count(0, timeout=9000)
    page.goto(path)
    expect(page.get_by_role("heading", name="There is no such video")).to_be_visible()


def test_another_tab_sees_what_is_deleted(gallery, open_as, spender, three):
    other = open_as(spender)
    other.goto(f"/videos?q={three[1]}")
    expect(other.locator("[data-job]")).to_have_count(3)
    gallery.get_by_role("checkbox", name=re.compile("^Select")).first.check()
    bar(gallery).get_by_role("button", name="Delete").click()
    expect(other.locator("[data-job]")).to_have_count(2, timeout=6000)
    gallery.get_by_role("button", name="Undo").click()
    expect(other.locator("[data-job]")).to_have_count(3, timeout=6000)


@pytest.mark.refusals(503)
def test_what_was_not_deleted_is_shown_again(gallery):
    page = gallery
    page.route(
        re.compile("/api/videos/deletion$"),
        lambda route: route.fulfill(status=503, json={"error": {"code": "API_ERROR", "message": "Not now."}}),
    )
    page.get_by_role("checkbox", name=re.compile("^Select")).first.check()
    bar(page).get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Not now.")).to_be_visible()
    expect(page.locator("[data-job]")).to_have_count(3)


def test_the_bar_is_accessible_and_covers_nothing_that_has_the_focus(gallery):
    page = gallery
    page.get_by_role("checkbox", name=re.compile("^Select")).first.check()
    check(page)
    covered = COVERED.replace(".bar, .act, .nav", ".bar, .act, .nav, .selection").replace(
        'element.closest(".act")', 'element.closest(".act, .selection")'
    )
    for width, height in [(390, 664), (320, 568), (664, 390), (1280, 600)]:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(covered, "main a, main button, main input, main select") == []
        assert page.evaluate(CUT_OFF) == []
