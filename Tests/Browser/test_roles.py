"""Who runs a part of the shop sees that part, and no button of another's."""

import uuid

import pytest
from pages import Person, ready, sign_up
from playwright.sync_api import expect
from test_console import open_person, see
from test_pages import check

PARTS = {
    "support": ["Attention", "People", "Purchases", "Videos", "Health", "Log"],
    "accountant": ["Overview", "Attention", "Purchases", "Prices", "Health", "Log"],
}


@pytest.fixture
def helper_as(open_as, operator):
    """Opens pages as somebody new whom the operator gave a role in the console."""

    def open_helper(role):
        person = Person(email=f"test-{uuid.uuid4()}@example.com", password=f"tungsten {uuid.uuid4()}")
        theirs = open_as()
        sign_up(theirs, person)
        page = open_as(operator)
        open_person(page, person)
        page.get_by_role("button", name="Change the role", exact=True).click()
        dialog = page.get_by_role("dialog", name="Change the role")
        dialog.get_by_label("Role").select_option(role)
        check(page)
        dialog.get_by_label("Reason").fill("a test")
        dialog.locator("[data-do]").click()
        expect(page.locator("[data-toasts]")).to_contain_text("Done.")
        return theirs

    return open_helper


@pytest.mark.refusals(401)
@pytest.mark.parametrize("role", PARTS)
def test_the_console_shows_a_role_its_part(helper_as, buyer, videos, role):
    page = helper_as(role)
    page.goto("/admin/attention")
    ready(page)
    parts = page.get_by_role("navigation", name="Console").get_by_role("link")
    assert parts.all_inner_texts() == PARTS[role]
    for part in PARTS[role]:
        page.get_by_role("navigation", name="Console").get_by_role("link", name=part).click()
        ready(page)
        check(page)
        expect(page.get_by_role("alert")).to_have_count(0)
    page.goto("/admin")
    ready(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Attention" if role == "support" else "Overview")


@pytest.mark.refusals(401)
def test_a_role_has_the_buttons_of_what_it_may_do(helper_as, buyer, videos):
    page = helper_as("support")
    open_person(page, buyer)
    expect(page.get_by_role("button", name="Block", exact=True)).to_be_visible()
    for act in ["Give credit", "Take given credit back", "Change the role"]:
        expect(page.get_by_role("button", name=act, exact=True)).to_have_count(0)
    page = helper_as("accountant")
    see(page, f"/admin{buyer.purchase}")
    expect(page.locator(".acts button")).to_have_count(0)
    see(page, "/admin/catalog")
    expect(page.locator(".acts button")).to_have_count(0)


@pytest.mark.refusals(400, 403)
def test_the_console_asks_who_it_is_before_what_is_dangerous(open_as, operator, buyer, let_pass):
    page = open_as(operator)
    open_person(page, buyer)
    let_pass(minutes=11)
    page.get_by_role("button", name="Give credit", exact=True).click()
    act = page.get_by_role("dialog", name="Give credit")
    act.get_by_label("Amount").fill("1")
    act.get_by_label("Reason").fill("for the wait")
    act.locator("[data-do]").click()
    question = page.get_by_role("dialog", name="Show that it is you")
    check(page)
    # Thinking better of it does nothing and loses nothing.
    question.get_by_role("button", name="Cancel").click()
    expect(act.get_by_label("Reason")).to_have_value("for the wait")
    act.locator("[data-do]").click()
    question.get_by_label("Your password").fill("not this one")
    question.get_by_role("button", name="Go on").click()
    expect(question).to_contain_text("This is not your present password.")
    question.get_by_label("Your password").fill(operator.password)
    question.get_by_role("button", name="Go on").click()
    expect(page.locator("[data-toasts]")).to_contain_text("Done.")
    expect(page.get_by_role("dialog")).to_have_count(0)
    # What can be undone does not ask.
    let_pass(minutes=11)
    page.get_by_role("button", name="Note something", exact=True).click()
    note = page.get_by_role("dialog", name="Note something")
    note.get_by_label("Reason").fill("asked for an invoice")
    note.locator("[data-do]").click()
    expect(page.locator("[data-toasts]")).to_contain_text("Done.")
