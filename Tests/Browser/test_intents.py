"""What somebody wants once is done once, whatever is answered to the first press; and what a tab
keeps is its owner's."""

import re

import pytest
from conftest import new_person
from pages import balance, card, choose, create_button, log_in, press, ready, write_prompt
from playwright.sync_api import expect

BUSY = {"error": {"code": "RATE_LIMITED", "message": "Too many requests.", "action": "retry"}, "requestId": "busy"}


@pytest.fixture
def owner(browser, browser_context_args):
    """Someone with $10.00 and a session of this test's own."""
    return new_person(browser, browser_context_args, package="starter")


def lose_the_first(page, pattern, then=None):
    """Has the server do what the first call asks and loses its answer; the second is answered with
    the status `then`, if there is one. Gives the keys that came."""
    keys = []

    def handle(route):
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch()
            return route.abort("connectionreset")
        if len(keys) == 2 and then:
            return route.fulfill(status=then, json=BUSY)
        route.continue_()

    page.route(pattern, handle)
    return keys


@pytest.mark.lost_answers
@pytest.mark.refusals(403, 408, 413, 429, 503)
@pytest.mark.parametrize("status", [403, 408, 413, 429, 503])
def test_an_answer_that_says_nothing_of_the_order_keeps_its_key(open_as, spender, status):
    page = open_as(spender)
    keys = lose_the_first(page, "**/api/videos/generate", status)
    page.goto("/create")
    choose(page, "economy", 5)
    before = balance(page)
    prompt = write_prompt(page, "A lantern on a jetty")
    for count in (1, 2, 3):
        create_button(page).click()
        if count < 3:
            expect(page.get_by_role("alert")).to_be_visible()
            expect(create_button(page)).to_have_text(re.compile("^Create for"))
            assert len(keys) == count
    expect(card(page, prompt).first).to_be_visible()
    assert len(keys) == 3 and len(set(keys)) == 1
    page.goto("/videos?q=" + prompt.split()[-1])
    expect(page.locator("[data-job]")).to_have_count(1)
    page.goto("/create")
    assert balance(page) == before - 100


@pytest.mark.lost_answers
@pytest.mark.refusals(401)
def test_an_order_whose_answer_was_lost_is_the_same_after_signing_in_again(open_as, owner):
    page = open_as(owner)
    keys = lose_the_first(page, "**/api/videos/generate")
    page.goto("/create")
    choose(page, "economy", 5)
    prompt = write_prompt(page, "A ferry in the fog")
    create_button(page).click()
    expect(page.get_by_role("alert")).to_contain_text("it cannot be charged twice")
    page.context.clear_cookies()
    create_button(page).click()
    expect(page).to_have_url(re.compile(r"/login\?next=%2Fcreate$"))
    log_in(page, owner)
    expect(page).to_have_url(re.compile(r"/create$"))
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(prompt)
    create_button(page).click()
    expect(card(page, prompt)).to_have_count(1)
    assert len(keys) == 3 and len(set(keys)) == 1
    page.reload()
    assert balance(page) == 900


@pytest.mark.lost_answers
def test_an_order_that_was_perhaps_paid_is_repeated_whatever_is_left(open_as, owner):
    page = open_as(owner)
    lose_the_first(page, "**/api/videos/generate")
    page.goto("/create")
    choose(page, "pro", 10)
    page.locator('label:has(input[name="count"][value="2"])').click()
    prompt = write_prompt(page, "A storm over the harbour")
    label = create_button(page).inner_text()
    create_button(page).click()
    expect(page.get_by_role("alert")).to_contain_text("it cannot be charged twice")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    # What was made shows, and the button does not ask for money.
    expect(card(page, prompt)).to_have_count(2)
    expect(page.locator("[data-balance]")).to_have_text("$2.56")
    expect(create_button(page)).to_have_text(label)
    create_button(page).click()
    expect(page.get_by_role("link", name="See")).to_be_visible()
    page.goto("/videos?q=" + prompt.split()[-1])
    expect(page.locator("[data-job]")).to_have_count(2)


@pytest.mark.lost_answers
@pytest.mark.refusals(429)
def test_a_payment_page_that_was_perhaps_made_is_the_same_page(open_as, spender):
    page = open_as(spender)
    keys = lose_the_first(page, "**/api/credits/purchase", 429)
    page.goto("/credits")
    buy = page.locator('[data-buy="pro"]')
    for count in (1, 2):
        buy.click()
        expect(page.locator("[data-pack=pro] [role=alert]")).to_be_visible()
        assert len(keys) == count
    # Also for somebody who loads the page anew.
    page.reload()
    buy.click()
    press(page, "abandon")
    assert len(keys) == 3 and len(set(keys)) == 1


@pytest.mark.refusals(401)
def test_a_draft_is_not_shown_to_the_next_person(open_as, owner, newcomer):
    page = open_as(owner)
    page.goto("/create")
    ready(page)
    write_prompt(page, "A secret of the first person")
    page.context.clear_cookies()
    page.goto("/create")
    expect(page).to_have_url(re.compile(r"/login"))
    log_in(page, newcomer)
    expect(page).to_have_url(re.compile(r"/create$"))
    ready(page)
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("")
    assert "secret" not in page.evaluate("JSON.stringify([{ ...sessionStorage }, { ...localStorage }])")


@pytest.mark.refusals(401)
def test_a_draft_is_there_again_for_the_same_person(open_as, owner):
    page = open_as(owner)
    page.goto("/create")
    ready(page)
    prompt = write_prompt(page, "A thought of the first person")
    page.context.clear_cookies()
    page.goto("/create")
    log_in(page, owner)
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(prompt)


@pytest.mark.refusals(400)
@pytest.mark.parametrize(
    ("wish", "words"),
    [("q=a+b+c+d+e+f+g+h+i+j", "Search for at most 8 words."), ("status=bogus", "Choose one of"), ("tier=zzz", "no tier of this name")],
)
def test_filters_that_are_refused_say_why_and_can_be_cleared(open_as, buyer, videos, wish, words):
    page = open_as(buyer)
    page.goto(f"/videos?{wish}")
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text(words)
    expect(notice.get_by_role("button", name="Retry")).to_have_count(0)
    page.get_by_role("link", name="Clear search and filters").click()
    expect(page.locator("[data-job]").first).to_be_visible()


@pytest.mark.parametrize("need", ["-5", "999999999999", "1e3", "x", "NaN", "0x10"])
def test_an_address_that_asks_for_no_price_is_not_believed(open_as, buyer, need):
    page = open_as(buyer)
    page.goto(f"/credits?need={need}")
    ready(page)
    expect(page.locator("[data-notice]")).to_be_empty()


@pytest.mark.parametrize("next_page", ["/api/videos", "/api/auth/logout", "/assets/x.js", "/_media/a"])
def test_signing_in_leads_to_a_page(open_as, newcomer, next_page):
    page = open_as()
    page.goto(f"/login?next={next_page}")
    log_in(page, newcomer)
    expect(page).to_have_url(re.compile(r"/create$"))
