"""The gallery and the page of a video: found, marked, named, and in step with other tabs."""

import re
import time

import pytest
from pages import ready
from playwright.sync_api import expect
from test_pages import CUT_OFF, check


def order(page, prompt, **more):
    """Orders a video as another device of the same person would, and gives its id."""
    answer = page.request.post(
        "/api/videos/generate",
        data={"tier": "economy", "duration": 5, "prompt": prompt, **more},
        headers={"Origin": page.evaluate("location.origin")},
    )
    assert answer.status == 202, answer.text()
    return answer.json()["jobId"]


def many(job, count):
    """As many videos as are wanted, like this one, each with an id of its own, newest first."""
    return [
        {**job, "jobId": f"00000000-0000-7000-8000-{number:012x}", "prompt": f"Shot {number}"}
        for number in range(count, 0, -1)
    ]


@pytest.fixture
def crowd(open_as, buyer, videos):
    """The gallery of somebody with 60 videos, by an answer of the test's own."""
    page = open_as(buyer)
    job = page.request.get(f"/api{videos['ready']}").json()
    all_videos = many(job, 60)

    def answer(route):
        asked = dict(part.split("=") for part in route.request.url.split("?")[1].split("&"))
        if asked.get("status") == "active":
            return route.fulfill(json={"items": [], "nextCursor": None})
        limit = int(asked["limit"])
        rest = [video for video in all_videos if video["jobId"] < asked.get("cursor", "~")]
        part = rest[:limit]
        return route.fulfill(json={"items": part, "nextCursor": part[-1]["jobId"] if len(rest) > limit else None})

    page.route(re.compile(r"/api/videos\?"), answer)
    page.route(
        re.compile(r"/api/videos/0{8}-[0-9a-f-]{27}$"),
        lambda route: route.fulfill(json=next(v for v in all_videos if v["jobId"] in route.request.url)),
    )
    page.route(
        re.compile(r"/api/videos/0{8}-[0-9a-f-]{27}/stages$"), lambda route: route.fulfill(json={"items": []})
    )
    page.goto("/videos")
    ready(page)
    return page


def test_back_keeps_place_and_scroll(crowd):
    page = crowd
    for count in [24, 36]:
        page.get_by_role("button", name="Load more").click()
        expect(page.locator("[data-job]")).to_have_count(count)
    shot = page.locator("[data-job]").nth(29)
    shot.scroll_into_view_if_needed()
    identifier = shot.get_attribute("data-job")
    before = shot.bounding_box()["y"]
    shot.locator("a.frame").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/videos/{identifier}$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Shot")
    page.go_back()
    ready(page)
    expect(page.locator("[data-job]")).to_have_count(36)
    expect(page.locator(f'[data-job="{identifier}"] a.frame')).to_be_focused()
    assert abs(page.locator(f'[data-job="{identifier}"]').bounding_box()["y"] - before) < 4


def test_arrows_go_from_video_to_video_space_selects_and_enter_opens(crowd):
    page = crowd
    frames = page.locator("a.frame")
    frames.first.focus()
    tops = frames.evaluate_all("(all) => all.map((one) => Math.round(one.getBoundingClientRect().top))")
    columns = tops.count(tops[0])
    assert columns > 1
    for key, place in [("ArrowRight", 1), ("ArrowDown", 1 + columns), ("ArrowLeft", columns), ("ArrowUp", 0)]:
        page.keyboard.press(key)
        expect(frames.nth(place)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(frames.first).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("[data-select]").first).to_be_checked()
    expect(frames.first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Shot 60")


def test_another_device_is_seen_within_five_seconds(open_as, spender):
    here, there = open_as(spender), open_as(spender)
    here.goto("/videos")
    ready(here)
    there.goto("/create")
    ready(there)
    balance = here.locator("[data-balance]").inner_text()
    identifier = order(there, "A lighthouse in fog, seen from another device")
    began = time.monotonic()
    card = here.locator(f'[data-job="{identifier}"]')
    expect(card).to_be_visible(timeout=8000)
    assert time.monotonic() - began <= 5.5
    expect(here.locator("[data-job]").first).to_have_attribute("data-job", identifier)
    expect(here.locator("[data-balance]")).not_to_have_text(balance)
    expect(card).to_have_attribute("data-status", "completed", timeout=60_000)


def test_filters_stand_in_the_address_and_find_what_they_say(open_as, spender):
    page = open_as(spender)
    page.goto("/create")
    ready(page)
    words = f"kite{time.monotonic_ns()}"
    marked, other = order(page, f"A red {words} over dunes"), order(page, f"A blue {words} over dunes")
    page.goto("/videos")
    page.get_by_label("Search in titles and prompts").fill(f"dunes {words}")
    expect(page.locator("[data-job]")).to_have_count(2)
    page.locator(f'[data-job="{marked}"]').get_by_role("button", name="Favourite").click()
    expect(page.locator(f'[data-job="{marked}"] .star')).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Favourites only").check()
    expect(page.locator("[data-job]")).to_have_count(1)
    assert f"q=dunes+{words}&favorite=true" in page.url
    page.reload()
    expect(page.get_by_label("Favourites only")).to_be_checked()
    expect(page.locator("[data-job]")).to_have_attribute("data-job", marked)
    page.get_by_label("To", exact=True).fill("2020-01-01")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    page.go_back()
    expect(page.locator("[data-job]")).to_have_count(1)
    assert page.request.get(f"/api/videos/{other}").json()["favorite"] is False


@pytest.mark.refusals(500)
def test_a_mark_that_was_not_kept_is_taken_back(open_as, buyer, videos):
    page = open_as(buyer)
    page.goto(videos["ready"])
    ready(page)
    page.route(
        re.compile(f"/api{videos['ready']}$"),
        lambda route: route.fulfill(status=500, json={"error": {"code": "INTERNAL", "message": "Not now."}})
        if route.request.method == "PATCH" else route.continue_(),
    )
    star = page.get_by_role("button", name="Favourite")
    before = star.get_attribute("aria-pressed")
    star.click()
    expect(page.get_by_text("Not now.")).to_be_visible()
    expect(star).to_have_attribute("aria-pressed", before)


def test_a_preview_plays_on_hover_and_focus_for_who_wants_motion(open_as, buyer, videos):
    for motion, count in [("no-preference", 1), ("reduce", 0)]:
        page = open_as(buyer, reduced_motion=motion)
        page.goto("/videos")
        ready(page)
        card = page.locator(f'[data-job="{videos["ready"].split("/")[-1]}"]')
        for begin, end in [
            (lambda: card.locator("a.frame").hover(), lambda: page.mouse.move(0, 0)),
            (lambda: card.locator("a.frame").focus(), lambda: page.locator("#q").focus()),
        ]:
            begin()
            expect(card.locator("video")).to_have_count(count)
            if count:
                assert card.locator("video").evaluate("(video) => [video.muted, video.preload]") == [True, "metadata"]
            end()
            expect(card.locator("video")).to_have_count(0)


def test_a_video_is_named_where_it_stands(open_as, buyer, videos):
    page = open_as(buyer)
    page.goto(videos["ready"])
    ready(page)
    heading = page.get_by_role("heading", level=1)
    page.get_by_role("button", name="Give it a title").click()
    field = page.get_by_label("Title", exact=True)
    expect(field).to_be_focused()
    check(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    field.fill("Tea, second take \u0634\u0627\u064a")
    page.keyboard.press("Enter")
    expect(heading).to_have_text("Tea, second take \u0634\u0627\u064a")
    expect(page.get_by_role("button", name="Give it a title")).to_be_focused()
    expect(page).to_have_title(re.compile("Tea, second take"))
    page.goto("/videos?q=second+tea+glass")
    expect(page.locator("[data-job] .prompt")).to_have_text("Tea, second take \u0634\u0627\u064a")
    page.goto(videos["ready"])
    page.get_by_role("button", name="Give it a title").click()
    page.get_by_label("Title", exact=True).fill("")
    page.get_by_role("button", name="Save").click()
    expect(heading).to_have_text("A glass of tea on a windowsill")


def test_the_page_tells_how_long_each_stage_took(open_as, buyer, videos):
    page = open_as(buyer)
    page.goto(videos["ready"])
    facts = page.locator(".facts")
    for stage in ["Waited", "Rendering", "Saving"]:
        line = facts.locator("div").filter(has=page.get_by_text(stage, exact=True))
        expect(line.locator("dd")).to_have_text(re.compile(r"^\d+:\d\d$"))


def test_the_same_shot_on_another_tier_is_one_link(open_as, buyer, videos):
    page = open_as(buyer)
    page.goto(videos["ready"])
    ready(page)
    others = page.locator(".others li")
    expect(others.filter(has_text="On Pro")).to_contain_text("$0.86 more")
    expect(others.filter(has_text="On Basic")).to_contain_text("$0.55 more")
    expect(others.filter(has_text="Premium")).to_have_count(0)
    others.get_by_role("link", name="On Pro").click()
    expect(page).to_have_url(re.compile(r"/create$"))
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("A glass of tea on a windowsill")
    expect(page.locator('input[name="tier"]:checked')).to_have_value("pro")
    expect(page.locator("[data-submit]")).to_contain_text("$1.86")


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_the_longest_title_breaks_nothing(open_as, buyer, videos, width):
    page = open_as(buyer, viewport={"width": width, "height": 800})
    job = page.request.get(f"/api{videos['ready']}").json()
    long = {**job, "title": "Supercalifragilistic" * 10}
    page.route(re.compile(r"/api/videos\?"), lambda route: route.fulfill(json={"items": [long], "nextCursor": None}))
    page.route(re.compile(f"/api{videos['ready']}$"), lambda route: route.fulfill(json=long))
    for path in ["/videos", videos["ready"]]:
        page.goto(path)
        ready(page)
        assert page.evaluate(CUT_OFF) == []
