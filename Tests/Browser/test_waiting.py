"""Waiting: nothing but an answer ends it, and the server's clock is the one that counts.

The page's timers are moved on by the test, so that no back-off is sat through.
"""

import json
import re
import time

import pytest
from pages import card, choose, create_button, write_prompt
from playwright.sync_api import expect

UNFINISHED = {"status": "processing", "statusDetail": "rendering", "videoUrl": None, "posterUrl": None, "completedAt": None}
MADE = 60_000


class Wire:
    """Stands between a page and one path of the API, and decides what becomes of each answer."""

    def __init__(self, page, pattern, first):
        self.first, self.asked, self.held, self.next, self.others = first, 0, [], None, []
        page.route(re.compile(pattern), self.on_request)

    def on_request(self, route):
        if route.request.method != "GET":
            return route.fallback()
        self.asked += 1
        fate = self.next
        if self.asked == 1 or fate == "unfinished":
            answer = route.fetch()
            route.fulfill(response=answer, json=self.first(answer.json()))
        elif fate == "lost":
            route.abort("connectionreset")
        elif fate == "never":
            self.held.append(route)
        elif fate == "cut off":
            route.fulfill(status=200, content_type="application/json", body='{"items": [')
        elif isinstance(fate, int):
            body = {"error": {"code": "API_ERROR", "message": "Busy.", "action": "retry"}, "requestId": "x"}
            route.fulfill(status=fate, json=body, headers={"Retry-After": "1"})
        else:
            route.continue_()

    def let_through(self):
        for wire in [self, *self.others]:
            wire.next = None

    def answer_with(self, page, fate):
        """The fate of all answers from now on; returns when the page has met it."""
        self.next = fate
        before = self.asked
        for _ in range(200):
            page.clock.fast_forward(35_000)
            page.wait_for_timeout(25)
            if self.asked > before:
                return
        raise AssertionError(f"not asked again before {fate}")


def waiting_page(page, name, buyer, videos):
    """Opens a page that waits for something that is really over. Gives its wire and what it shows at the end."""
    path = {"purchase": buyer.purchase, "video": videos["ready"], "videos": "/videos", "create": "/create"}[name]
    identifier = videos["ready"].split("/")[-1]
    if name == "purchase":
        wire = Wire(page, rf"/api/credits{path}$", lambda purchase: {**purchase, "status": "pending"})
        end = page.get_by_role("heading", name=re.compile("^Paid"))
    elif name == "video":
        wire = Wire(page, rf"/api{path}$", lambda job: {**job, **UNFINISHED})
        end = page.locator("video")
    else:
        # Both lists tell the finished video as unfinished once; that it is over is read from the video itself.
        job = json.loads(page.request.get(f"/api/videos/{identifier}").text())

        def first_list(answer):
            return {**answer, "items": [{**job, **UNFINISHED}]}

        pattern = r"/api/videos\?status=active&limit=20$" if name == "create" else r"/api/videos\?limit=12$"
        shown = Wire(page, pattern, first_list)
        # The gallery asks for its list again and again.
        shown.next = "unfinished" if name == "videos" else None
        wire = Wire(page, r"/api/videos\?status=active&limit=100$", lambda answer: {**answer, "items": [{**job, **UNFINISHED}]})
        wire.others.append(shown)
        end = page.locator(f'[data-job="{identifier}"][data-status=completed]')
    page.goto(path)
    # What is only loaded is not waited for: it has a button to try again.
    expect(page.locator("progress:visible").first).to_be_visible()
    if name != "purchase":
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
    return wire, end


PAGES = ["purchase", "video", "videos", "create"]


@pytest.mark.lost_answers
@pytest.mark.refusals(500, 503, 429)
@pytest.mark.parametrize("name", PAGES)
def test_a_wait_outlives_whatever_becomes_of_an_answer(open_as, buyer, videos, name):
    page = open_as(buyer)
    page.clock.install()
    wire, end = waiting_page(page, name, buyer, videos)
    wire.answer_with(page, "unfinished")
    expect(end).to_have_count(0)
    for fate in ["lost", "lost", "cut off", 500, 503, 429]:
        wire.answer_with(page, fate)
        expect(end).to_have_count(0)
    expect(page.locator("[data-outage]")).to_contain_text("Nothing is lost; we keep asking.")
    wire.let_through()
    page.clock.fast_forward(60_000)
    expect(end.first).to_be_visible()
    expect(page.locator("[data-outage]")).to_have_count(0)


@pytest.mark.parametrize("is_away", [False, True])
@pytest.mark.parametrize("name", ["video", "videos", "create"])
def test_who_sees_a_video_end_says_so(open_as, buyer, videos, name, is_away):
    """So that no mail is sent about it; whoever is in another tab gets one."""
    page = open_as(buyer)
    page.clock.install()
    page.add_init_script("Object.defineProperty(document, 'hidden', { get: () => globalThis.isAway === true })")
    said = []
    page.on("request", lambda request: request.url.endswith("/seen") and said.append(request.method + request.url[-len("/seen") :]))
    wire, end = waiting_page(page, name, buyer, videos)
    wire.answer_with(page, "unfinished")
    page.evaluate("(isAway) => { globalThis.isAway = isAway; }", is_away)
    assert said == []
    wire.let_through()
    # An answer from before may still be on its way, and a hidden page asks rarely.
    for _ in range(20):
        page.clock.fast_forward(20_000)
        page.wait_for_timeout(100)
        if end.count():
            break
    expect(end.first).to_be_visible()
    expect(page.locator("[data-live]")).not_to_be_empty()
    page.wait_for_timeout(200)
    assert said == ([] if is_away else ["POST/seen"])


@pytest.mark.lost_answers
@pytest.mark.parametrize("name", PAGES)
def test_being_offline_is_said_and_the_wait_goes_on_with_the_network(open_as, buyer, videos, name):
    page = open_as(buyer)
    wire, end = waiting_page(page, name, buyer, videos)
    wire.next = "lost"
    page.context.set_offline(True)
    expect(page.locator("[data-outage]")).to_contain_text("You are offline.")
    wire.let_through()
    page.context.set_offline(False)
    expect(end.first).to_be_visible()
    expect(page.locator("[data-outage]")).to_have_count(0)


@pytest.mark.parametrize("event", ["online", "visibilitychange", "pageshow"])
@pytest.mark.parametrize("name", PAGES)
def test_a_question_that_is_never_answered_is_asked_anew(open_as, buyer, videos, name, event):
    page = open_as(buyer)
    page.clock.install()
    wire, end = waiting_page(page, name, buyer, videos)
    wire.answer_with(page, "never")
    wire.let_through()
    page.evaluate(
        """(event) => event === "visibilitychange"
            ? document.dispatchEvent(new Event(event))
            : dispatchEvent(event === "pageshow" ? new PageTransitionEvent(event, { persisted: true }) : new Event(event))""",
        event,
    )
    expect(end.first).to_be_visible()


@pytest.mark.refusals(404)
def test_a_purchase_that_is_not_there_ends_the_wait(open_as, buyer):
    page = open_as(buyer)
    page.goto("/purchases/0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b")
    expect(page.get_by_text("There is no such purchase")).to_be_visible()


@pytest.mark.lost_answers
def test_an_order_is_followed_although_the_list_did_not_load(open_as, spender):
    page = open_as(spender)
    page.route(re.compile(r"/api/videos\?status=active&limit=20$"), lambda route: route.abort())
    page.goto("/create")
    choose(page, "economy", 5)
    expect(page.locator("#running").get_by_text("This did not load")).to_be_visible()
    prompt = write_prompt(page, "A kettle on a stove")
    create_button(page).click()
    expect(card(page, prompt)).to_have_attribute("data-status", "completed", timeout=MADE)


@pytest.mark.parametrize("year", [2001, 2093])
@pytest.mark.parametrize("name", ["video", "videos", "create"])
def test_the_progress_bar_counts_by_the_clock_of_the_server(open_as, buyer, videos, name, year):
    page = open_as(buyer)
    page.clock.install(time=f"{year}-01-01T00:00:00Z")
    half = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - 500))
    state = {**UNFINISHED, "createdAt": half, "estimate": {"p50Seconds": 900, "p90Seconds": 1000}}

    def earlier(route):
        answer = route.fetch()
        body = answer.json()
        if "items" in body:
            body = {**body, "items": [{**job, **state} for job in body["items"][:1]]}
        else:
            body = {**body, **state}
        route.fulfill(response=answer, json=body)

    if name == "create":
        # It lists what is on the way, so the list of all videos stands in for that.
        identifier = videos["ready"].split("/")[-1]
        job = page.request.get(f"/api/videos/{identifier}").json()

        def on_the_way(route):
            answer = route.fetch()
            route.fulfill(response=answer, json={"items": [{**job, **state}], "nextCursor": None})

        page.route(re.compile(r"/api/videos\?status=active"), on_the_way)
        page.goto("/create")
    else:
        page.route(re.compile(r"/api/videos\?limit=12$|/api/videos\?status=active|/api" + videos["ready"] + "$"), earlier)
        page.goto(videos["ready"] if name == "video" else "/videos")
    bar = page.locator("progress:visible").first
    expect(bar).to_be_visible()
    assert 49 <= float(bar.get_attribute("value")) <= 53
    expect(page.get_by_text("Usually 15:00 to 16:40").first).to_be_visible()
    if name != "video":
        expect(page.locator("[data-job] time").first).to_have_text("8 minutes ago")
