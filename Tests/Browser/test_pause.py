"""What an operator pauses and tells everybody: on the console's page, and on everybody else's."""

import re

import pytest
from pages import choose, create_button, write_prompt
from playwright.sync_api import expect
from test_console import do, see
from test_pages import check, ready

WORDS = "We move to a larger machine, back at ten."


def bar(page):
    return page.get_by_role("complementary", name="Announcements")


def switch(page, act, reason="a test of pauses", **fields):
    """Does an act of the console and sees that it was done."""
    dialog = do(page, act, reason, **fields)
    expect(dialog).to_be_hidden()
    expect(page.locator("[data-toasts]")).to_contain_text("Done.")


@pytest.fixture
def console(open_as, operator):
    """The console's page of health; whatever a test has paused or said is over at its end."""
    page = open_as(operator)
    see(page, "/admin/health")
    yield page
    see(page, "/admin/health")
    for button in ["Let it go on", "Take it away"]:
        while page.get_by_role("button", name=button).count():
            act = page.get_by_role("button", name=button).first.inner_text()
            switch(page, act)
            expect(page.get_by_role("button", name=act, exact=True)).to_have_count(0)
    # nginx keeps the words for two seconds.
    page.wait_for_timeout(2500)


def look_again(page, path, words):
    """Opens the page until nginx's copy of the words is the new one."""
    for _ in range(20):
        page.goto(path)
        if words in (bar(page).inner_text() if bar(page).count() else ""):
            return
        page.wait_for_timeout(300)
    raise AssertionError(f"{path} never said {words!r}")


@pytest.mark.refusals(503)
def test_orders_are_paused_and_go_on_with_what_was_typed(open_as, console, spender):
    page = open_as(spender)
    page.goto("/create")
    ready(page)
    prompt = write_prompt(page, "a lighthouse at night")
    choose(page, "economy", 5)
    expect(create_button(page)).not_to_have_attribute("aria-disabled", "true")
    switch(console, "Pause: New videos", Words=WORDS)
    expect(console.locator("section", has_text="Open and paused")).to_contain_text(WORDS)

    # A page that was open before is refused in the same words, and keeps what was typed.
    create_button(page).click()
    problem = page.locator("[data-problem]")
    expect(problem).to_contain_text(WORDS)
    expect(problem).not_to_contain_text("nothing is charged twice")
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(prompt)

    look_again(page, "/create", WORDS)
    ready(page)
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(prompt)
    expect(create_button(page)).to_be_hidden()
    expect(page.get_by_text("New videos are paused.")).to_be_visible()
    check(page)

    switch(console, "Let it go on: New videos")
    for _ in range(20):
        page.goto("/create")
        if not bar(page).count():
            break
        page.wait_for_timeout(300)
    ready(page)
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(prompt)
    create_button(page).click()
    expect(page.locator("[data-job]").filter(has_text=prompt)).to_be_visible()


def test_purchases_and_sign_ups_say_that_they_are_paused(open_as, console, spender):
    switch(console, "Pause: Purchases")
    switch(console, "Pause: New accounts")
    page = open_as(spender)
    look_again(page, "/credits", "Purchases are paused")
    ready(page)
    expect(page.locator("[data-pack-problem]").first).to_be_attached()
    expect(page.locator("[data-buy]").first).to_be_hidden()
    expect(page.locator(".paused.purchases")).to_be_visible()
    check(page)
    stranger = open_as()
    look_again(stranger, "/signup", "New accounts are paused")
    expect(stranger.get_by_role("button", name="Create account")).to_be_hidden()
    expect(stranger.locator(".paused.signups")).to_be_visible()
    check(stranger)
    stranger.goto("/login")
    expect(stranger.get_by_role("button", name="Log in")).to_be_visible()


def test_the_status_tells_a_pause_without_a_script(open_as, console):
    switch(console, "Pause: New videos", Words=WORDS)
    page = open_as(java_script_enabled=False)
    look_again(page, "/status", WORDS)
    line = page.locator(".status-list li", has_text="New videos")
    expect(line).to_contain_text(re.compile(r"Paused since \d{4}-.* UTC\. We move"))
    expect(page.locator("main")).not_to_contain_text("not over yet")


def test_a_notice_is_on_every_page_and_stays_closed(open_as, console, spender):
    do(console, "Say something", "a test of banners", Words="Ten seconds <b>for all</b>!")
    expect(console.locator("[data-toasts]")).to_contain_text("Done.")
    page = open_as()
    for path in ["/", "/pricing", "/docs", "/status"]:
        look_again(page, path, "Ten seconds <b>for all</b>!")
    check(page)
    close = page.get_by_role("button", name="Close")
    close.focus()
    page.keyboard.press("Enter")
    expect(bar(page)).to_have_count(0)
    expect(page.locator("#main")).to_be_focused()
    page.goto("/pricing")
    expect(bar(page)).to_have_count(0)
    member = open_as(spender)
    look_again(member, "/videos", "Ten seconds")
    # Another one is shown to who has closed the last, and a warning stays.
    see(console, "/admin/health")
    console.get_by_role("button", name="Say something", exact=True).click()
    dialog = console.get_by_role("dialog", name="Say something")
    expect(dialog.locator(".announcements")).to_contain_text("News:")
    dialog.get_by_label("Kind").select_option("warning")
    dialog.get_by_label("Words").fill("Mind the gap")
    expect(dialog.locator(".announcements")).to_have_text("Please note: Mind the gap")
    dialog.get_by_label("Reason").fill("a test of warnings")
    dialog.locator("[data-do]").click()
    expect(dialog).to_be_hidden()
    look_again(page, "/pricing", "Mind the gap")
    expect(page.get_by_role("button", name="Close")).to_have_count(0)
    look_again(console, "/admin/health", "Mind the gap")
    ready(console)
    check(console)


@pytest.mark.refusals(400)
def test_what_is_wrong_is_said_in_the_dialog(console):
    dialog = do(console, "Pause: Purchases", "ab")
    expect(dialog.get_by_role("alert")).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    expect(console.get_by_role("button", name="Let it go on")).to_have_count(0)
    check(console)


def test_the_webhook_that_is_not_set_is_told(console):
    console.get_by_role("button", name="Call the webhook").click()
    told = console.locator("[aria-live]").get_by_role("alert")
    expect(told).to_contain_text("OPERATOR_WEBHOOK_URL", timeout=40_000)
