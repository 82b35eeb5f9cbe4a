"""A browser that keeps nothing for us: the pages work, and no promise hangs on it."""

import re
from pathlib import Path

import pytest
from pages import balance, card, choose, create_button, log_in, ready, write_prompt
from playwright.sync_api import expect

PAGES = Path(__file__).resolve().parents[2] / "nginx/html"

BROKEN = {
    # Cookies and site data are blocked.
    "throws": """for (const name of ["sessionStorage", "localStorage"]) {
        Object.defineProperty(window, name, { get() { throw new DOMException("Denied", "SecurityError"); } });
    }""",
    # A WebView without DOM storage.
    "null": """for (const name of ["sessionStorage", "localStorage"]) {
        Object.defineProperty(window, name, { get: () => null });
    }""",
    # No room is left.
    "full": """Storage.prototype.setItem = () => { throw new DOMException("Full", "QuotaExceededError"); };""",
    # It says nothing and keeps nothing.
    "forgets": """Storage.prototype.setItem = () => {};""",
}


@pytest.fixture(params=BROKEN)
def broken(request):
    return BROKEN[request.param]


def test_a_double_click_makes_one_video(open_as, spender, broken):
    page = open_as(spender)
    page.add_init_script(broken)
    page.goto("/create")
    choose(page, "economy", 5)
    before = balance(page)
    prompt = write_prompt(page, "A swing in an empty park")
    create_button(page).dblclick()
    expect(card(page, prompt)).to_have_count(1)
    expect(create_button(page)).to_have_text(re.compile("^(Create for|Add credit)"))
    assert balance(page) == before - 100
    page.goto("/videos?q=" + prompt.split()[-1])
    expect(page.locator("[data-job]")).to_have_count(1)


@pytest.mark.lost_answers
@pytest.mark.refusals(500)
@pytest.mark.parametrize("loss", ["connection", "500", "cut off"])
def test_an_order_whose_answer_was_lost_is_charged_once(open_as, spender, broken, loss):
    page = open_as(spender)
    page.add_init_script(broken)
    keys = []

    def lose_the_first(route):
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) > 1:
            return route.continue_()
        route.fetch()
        if loss == "connection":
            route.abort("connectionreset")
        elif loss == "500":
            route.fulfill(status=500, json={"error": {"code": "INTERNAL", "message": "Lost.", "action": "retry"}, "requestId": "lost"})
        else:
            route.fulfill(status=202, content_type="application/json", body='{"jobId":')

    page.route("**/api/videos/generate", lose_the_first)
    page.goto("/create")
    choose(page, "economy", 5)
    before = balance(page)
    prompt = write_prompt(page, "Fireflies over a meadow")
    create_button(page).click()
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("it cannot be charged twice")
    # The key lives as long as the page, and that is said.
    expect(notice).to_contain_text("Stay on this page until then")
    create_button(page).click()
    expect(card(page, prompt).first).to_be_visible()
    assert len(keys) == 2 and keys[0] == keys[1]
    assert balance(page) == before - 100
    page.goto("/videos?q=" + prompt.split()[-1])
    expect(page.locator("[data-job]")).to_have_count(1)


@pytest.mark.refusals(401)
def test_every_page_works(open_as, spender, videos, broken):
    page = open_as()
    page.add_init_script(broken)
    for path in ["/", "/signup", "/reset", "/verify"]:
        page.goto(path)
        ready(page)
        expect(page.get_by_role("link", name="Log in").first).to_be_visible()
    page.goto("/credits")
    expect(page).to_have_url(re.compile(r"/login\?next=%2Fcredits$"))
    log_in(page, spender)
    expect(page).to_have_url(re.compile(r"/credits$"))
    for path in ["/create", "/videos", "/credits", "/account"]:
        page.goto(path)
        ready(page)
        expect(page.get_by_role("button", name="Account", exact=True)).to_be_visible()
        page.get_by_label("Dark").check(force=True)
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Account", exact=True).click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("/")
    expect(page.get_by_role("link", name="Log in")).to_be_visible()


def test_one_small_script_alone_touches_the_storage():
    found = re.compile("(session|local)Storage|indexedDB|caches|document.cookie")
    users = {file.name for file in (PAGES / "assets").rglob("*.js") if found.search(file.read_text())}
    assert users == {"store.js"}
