"""Signing out: a failure is told, and nothing of the session outlives it."""

import re

import pytest
from pages import log_in, ready, see_the_end_of, write_prompt
from playwright.sync_api import expect


@pytest.fixture
def leaver(open_as, spender):
    """A page of somebody with a session of this test's own: the shared one is not to be ended."""

    def open_page(page=None):
        page = page or open_as()
        page.goto("/login")
        log_in(page, spender)
        expect(page).to_have_url(re.compile(r"/create$"))
        return page

    return open_page


@pytest.fixture(scope="module")
def film(spender, playwright, browser, browser_context_args, base_url):
    """The path of a finished video of the spender's."""
    api = playwright.request.new_context(
        base_url=base_url, ignore_https_errors=True, storage_state=spender.state, extra_http_headers={"Origin": base_url}
    )
    order = {"tier": "economy", "duration": 5, "prompt": "A candle in a window"}
    identifier = api.post("/api/videos/generate", data=order).json()["jobId"]
    context = browser.new_context(**{**browser_context_args, "storage_state": spender.state})
    see_the_end_of(context.new_page(), f"/videos/{identifier}")
    context.close()
    assert api.get(f"/api/videos/{identifier}").json()["status"] == "completed"
    api.dispose()
    return f"/videos/{identifier}"


def sign_out(page):
    page.get_by_role("button", name="Account").click()
    page.get_by_role("button", name="Sign out", exact=True).click()


def is_signed_in(page):
    return page.evaluate("fetch('/api/me').then((answer) => answer.status)") == 200


@pytest.mark.lost_answers
@pytest.mark.refusals(429, 500, 503)
@pytest.mark.parametrize("fate", [429, 500, 503, "not sent", "answer lost"])
def test_a_sign_out_that_failed_is_told_and_offered_again(leaver, fate):
    page = leaver()

    def fail(route):
        if fate == "answer lost":
            route.fetch()
            route.abort("connectionreset")
        elif fate == "not sent":
            route.abort("internetdisconnected")
        else:
            body = {"error": {"code": "RATE_LIMITED", "message": "Too many requests.", "action": "retry"}, "requestId": "x"}
            route.fulfill(status=fate, json=body)

    page.route("**/api/auth/logout", fail)
    sign_out(page)
    dialog = page.get_by_role("dialog", name="You are still signed in")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("Too many requests." if isinstance(fate, int) else "The server did not answer.")
    expect(page.get_by_role("link", name="Log in")).to_have_count(0)
    expect(page.locator("html")).to_have_attribute("data-session", "in")
    if fate != "answer lost":
        assert is_signed_in(page)
    # Again without success: it says so again.
    dialog.get_by_role("button", name="Sign out again").click()
    expect(dialog).to_be_visible()
    page.unroute("**/api/auth/logout")
    dialog.get_by_role("button", name="Sign out again").click()
    page.wait_for_url("/")
    expect(page.get_by_role("link", name="Log in")).to_be_visible()


@pytest.mark.refusals(429)
def test_who_does_not_sign_out_after_all_stays_signed_in(leaver):
    page = leaver()
    page.route("**/api/auth/logout", lambda route: route.fulfill(status=429, json={}))
    sign_out(page)
    page.get_by_role("button", name="Stay signed in").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.unroute("**/api/auth/logout")
    page.goto("/videos")
    ready(page)
    assert is_signed_in(page)


@pytest.mark.refusals(401)
def test_nothing_comes_from_the_cache_after_a_sign_out(leaver, film):
    page = leaver()
    page.goto(film)
    expect(page.locator("video")).to_have_js_property("error", None)
    paths = [f"/api{film}/poster", f"/api{film}/file", f"/api{film}", "/api/me"]
    fetched = """(paths) => Promise.all(paths.map((path) => fetch(path, { cache: "force-cache" }).then((answer) => answer.status)))"""
    assert page.evaluate(fetched, paths) == [200] * 4
    page.goto("/create")
    prompt = write_prompt(page, "A draft of mine")
    assert prompt in page.evaluate("JSON.stringify({ ...sessionStorage })")
    page.get_by_label("Dark").check(force=True)
    sign_out(page)
    page.wait_for_url("/")
    assert page.evaluate(fetched, paths) == [401] * 4
    assert page.evaluate("[{ ...sessionStorage }, { ...localStorage }]") == [{}, {"rushes.signedIn": "no", "rushes.theme": "dark"}]
    # The next visitor starts with an empty form.
    page.goto("/signup")
    ready(page)
    expect(page.locator("[data-kept]")).to_be_hidden()


def test_a_picture_is_asked_for_each_time_and_sent_once(leaver, film):
    page = leaver()
    for path in [f"/api{film}/poster", f"/api{film}/file"]:
        first = page.request.get(path)
        assert (first.status, first.headers["cache-control"]) == (200, "private, no-cache")
        again = page.request.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status, again.headers["cache-control"]) == (304, "private, no-cache")
        assert again.body() == b""


@pytest.mark.refusals(401)
@pytest.mark.parametrize("path", ["/videos", "/create", "/credits", "/account", "film"])
def test_back_shows_nothing_of_a_session_that_is_over(leaver, film, base_url, path):
    page = leaver()
    page.goto(film if path == "film" else path)
    ready(page)
    held = []
    page.route("**/api/me", lambda route: held.append(route))
    # Another tab, or another program with the same cookie.
    assert page.request.post("/api/auth/logout", data={}, headers={"Origin": base_url}).status == 204
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    # Before anything was answered.
    expect(page.locator("main")).to_be_hidden()
    for route in held:
        route.continue_()
    page.unroute("**/api/me")
    expect(page).to_have_url(re.compile(r"/login\?next="))


def test_back_shows_the_page_again_while_the_session_lasts(leaver):
    page = leaver()
    page.goto("/videos")
    ready(page)
    page.evaluate("window.isTheSame = true; dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(page.locator("html")).not_to_have_attribute("data-asking", re.compile(".*"))
    expect(page.get_by_role("heading", name="Videos", exact=True)).to_be_visible()
    assert page.evaluate("window.isTheSame")


@pytest.mark.refusals(401)
def test_back_from_the_memory_of_a_real_browser(playwright, browser_type_launch_args, browser_context_args, nothing_goes_wrong, leaver):
    """Playwright switches the back-forward cache off; here it is on."""
    with playwright.chromium.launch(**browser_type_launch_args, ignore_default_args=["--disable-back-forward-cache"]) as browser:
        context = browser.new_context(**browser_context_args)
        nothing_goes_wrong(context)
        page = leaver(context.new_page())
        page.goto("/videos")
        ready(page)
        page.goto("/credits")
        ready(page)
        sign_out(page)
        page.wait_for_url("/")
        page.go_back(wait_until="commit")
        expect(page).to_have_url(re.compile(r"/login\?next=%2F"))
        assert page.get_by_text("Load more").count() == 0


@pytest.mark.refusals(401)
def test_another_tab_shows_nothing_any_more(leaver):
    page = leaver()
    other = page.context.new_page()
    other.goto("/videos")
    ready(other)
    sign_out(page)
    page.wait_for_url("/")
    expect(other).to_have_url(re.compile(r"/login\?next=%2Fvideos$"))
