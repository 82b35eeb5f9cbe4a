"""The operator's console: who may see it, what is found there, and what is done with a reason."""

import re
import uuid

import pytest
from pages import Person, choose, create_button, ready, sign_up, write_prompt
from playwright.sync_api import expect
from test_pages import check

PAGES = ["/admin", "/admin/attention", "/admin/users", "/admin/purchases", "/admin/videos", "/admin/catalog", "/admin/health", "/admin/audit"]


def see(page, path):
    page.goto(path)
    ready(page)
    expect(page.locator("[data-list], [data-detail]")).not_to_have_attribute("aria-busy", "true")


def do(page, act, reason, **fields):
    """Presses the button of an act, fills in its dialog and does it."""
    page.get_by_role("button", name=act, exact=True).click()
    dialog = page.get_by_role("dialog", name=act)
    for label, value in fields.items():
        dialog.get_by_label(label).fill(value)
    dialog.get_by_label("Reason").fill(reason)
    dialog.locator("[data-do]").click()
    return dialog


def open_person(page, person):
    see(page, "/admin/users")
    page.get_by_label("Address, name, id").fill(person.email)
    page.get_by_role("link", name=person.email).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(person.email)


@pytest.mark.parametrize("path", PAGES)
def test_a_list_is_accessible_and_whole(open_as, operator, buyer, videos, path):
    page = open_as(operator)
    see(page, path)
    check(page)


def test_a_page_about_one_thing_is_accessible_and_whole(open_as, operator, buyer, videos):
    page = open_as(operator)
    for path in [f"/admin{buyer.purchase}", f"/admin{videos['ready']}", f"/admin{videos['failed']}"]:
        see(page, path)
        check(page)
    open_person(page, buyer)
    check(page)
    page.get_by_role("button", name="Give credit").click()
    check(page)


@pytest.mark.refusals(401, 404)
def test_to_everyone_else_there_is_nothing_here(open_as, newcomer):
    page = open_as(newcomer)
    for path in PAGES:
        page.goto(path)
        expect(page.get_by_text("There is nothing here.")).to_be_visible()
        expect(page.locator("[data-list], [data-detail]")).to_have_count(0)
    page.get_by_role("button", name="Account").click()
    expect(page.get_by_role("link", name="Console")).to_have_count(0)
    assert page.goto("/admin/user").status == 404
    page = open_as()
    page.goto("/admin/users")
    expect(page).to_have_url(re.compile(r"/login\?next="))


@pytest.mark.refusals(400, 401)
def test_a_person_is_found_and_given_credit_once(open_as, operator, browser, browser_context_args):
    person = Person(email=f"test-{uuid.uuid4()}@example.com", password=f"tungsten {uuid.uuid4()}")
    theirs = open_as()
    sign_up(theirs, person)
    page = open_as(operator)
    open_person(page, person)
    dialog = do(page, "Give credit", "for the wait", **{"Amount in dollars": "600"})
    expect(dialog.get_by_role("alert")).to_contain_text("at most $500.00")
    dialog.get_by_label("Amount in dollars").fill("4.50")
    dialog.locator("[data-do]").click()
    expect(page.locator("[data-toasts]")).to_contain_text("Done.")
    expect(page.get_by_role("cell", name="for the wait")).to_be_visible()
    theirs.goto("/credits")
    expect(theirs.locator("[data-available]")).to_have_text("$4.50")
    do(page, "Note something", "asked for an invoice")
    expect(page.get_by_text("asked for an invoice")).to_be_visible()
    do(page, "Block", "a stolen card")
    expect(page.get_by_text("Blocked since")).to_be_visible()
    theirs.goto("/videos")
    expect(theirs).to_have_url(re.compile(r"/login"))
    do(page, "Let in again", "it was their card")
    expect(page.get_by_role("button", name="Block", exact=True)).to_be_visible()
    see(page, "/admin/audit")
    for action in ["user.unblock", "user.block", "user.note", "credit.grant"]:
        expect(page.get_by_role("cell", name=action).first).to_be_visible()


def test_a_rehearsal_tells_what_it_would_change_and_changes_nothing(open_as, operator, browser, browser_context_args):
    person = Person(email=f"test-{uuid.uuid4()}@example.com", password=f"tungsten {uuid.uuid4()}")
    sign_up(open_as(), person)
    page = open_as(operator)
    open_person(page, person)
    do(page, "Give credit", "given by mistake", **{"Amount in dollars": "5"})
    expect(page.get_by_role("cell", name="given by mistake")).to_be_visible()
    page.get_by_role("button", name="Take given credit back").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Amount in dollars").fill("2")
    dialog.get_by_label("Reason").fill("given twice")
    dialog.get_by_role("button", name="Show what it would change").click()
    expect(dialog.get_by_text("available: $5.00 -> $3.00")).to_be_visible()
    expect(page.locator("dt:text-is('Available') + dd").first).to_have_text("$5.00")
    dialog.locator("[data-do]").click()
    expect(page.locator("dt:text-is('Available') + dd").first).to_have_text("$3.00")


def test_lists_keep_their_filters_in_the_address(open_as, operator, buyer, videos):
    page = open_as(operator)
    see(page, "/admin/videos")
    page.get_by_label("State").select_option("refunded")
    expect(page).to_have_url(re.compile(r"state=refunded"))
    expect(page.get_by_role("cell", name="Failed at the vendor").first).to_be_visible()
    expect(page.get_by_role("cell", name="Delivered")).to_have_count(0)
    page.reload()
    expect(page.get_by_label("State")).to_have_value("refunded")
    page.go_back()
    expect(page.get_by_label("State")).to_have_value("")
    expect(page.get_by_role("cell", name="Delivered").first).to_be_visible()


def test_money_goes_back_with_its_credit(open_as, operator, browser, browser_context_args):
    from conftest import new_person

    person = new_person(browser, browser_context_args, package="starter")
    page = open_as(operator)
    see(page, f"/admin{person.purchase}")
    do(page, "Send money back", "asked by mail")
    expect(page.locator("dt:text-is('Refunded') + dd").first).to_have_text("$9.99", timeout=20_000)
    expect(page.get_by_role("cell", name="asked by mail")).to_be_visible()


@pytest.mark.refusals(400)
def test_cost_by_volume_and_words_are_changed(open_as, operator):
    """A step of the cost in a line each, refused as one with words; and what people read of a tier."""
    console = open_as(operator)
    see(console, "/admin/catalog")
    console.get_by_role("button", name="Change: Basic").click()
    dialog = console.get_by_role("dialog")
    steps = dialog.get_by_label("Cost by volume")
    expect(steps).to_have_value("none")
    dialog.get_by_label("Reason").fill("the vendor's price by volume")
    steps.fill("1000 0.05\n500 0.04")
    dialog.locator("[data-do]").click()
    expect(dialog.get_by_text("Send a list of at most 10 steps")).to_be_visible()
    steps.fill("500 0.05\n1000 0.04")
    dialog.get_by_role("button", name="Show what it would change").click()
    expect(dialog.get_by_text("none -> $0.05 from 500 s a month on, $0.04 from 1000 s")).to_be_visible()
    dialog.locator("[data-do]").click()
    expect(console.locator("[data-toasts]")).to_contain_text("Done.")
    row = console.get_by_role("row").filter(has_text="Basic")
    expect(row).to_contain_text("$0.05 from 500 s a month on")
    do(console, "Words and place: Basic", "people ask", **{"What it is good at": "Quick\nFor tries"})
    expect(row).to_contain_text("Quick, For tries")
    do(console, "Change: Basic", "as it was", **{"Cost by volume": "none"})
    expect(row).not_to_contain_text("a month on")


@pytest.mark.refusals(409)
def test_a_price_that_changes_is_asked_about_again(open_as, operator, buyer):
    """The page says the price that is charged, also when it changed after it was shown."""
    page = open_as(buyer)
    page.goto("/create")
    ready(page)
    choose(page, "economy", 5)
    write_prompt(page, "A price that changes")
    expect(create_button(page)).to_contain_text("$1.00")
    console = open_as(operator)
    see(console, "/admin/catalog")
    console.get_by_role("button", name="Change: Economy").click()
    dialog = console.get_by_role("dialog")
    dialog.get_by_label("Price per second").fill("0.25")
    dialog.get_by_label("Reason").fill("for a test")
    dialog.get_by_role("button", name="Show what it would change").click()
    expect(dialog.get_by_text("5 s: $1.00 -> $1.25")).to_be_visible()
    expect(dialog.get_by_text("The last 30 days")).to_be_visible()
    dialog.locator("[data-do]").click()
    expect(console.locator("[data-toasts]")).to_contain_text("Done.")
    try:
        create_button(page).click()
        expect(page.get_by_text("The price has changed: this costs $1.25 now.")).to_be_visible()
        expect(create_button(page)).to_contain_text("$1.25")
        create_button(page).click()
        expect(page.locator("[data-toasts]")).to_contain_text("In the queue")
    finally:
        see(console, "/admin/catalog")
        do(console, "Change: Economy", "as it was", **{"Price per second": "0.2"})
        expect(console.locator("[data-toasts]")).to_contain_text("Done.")
