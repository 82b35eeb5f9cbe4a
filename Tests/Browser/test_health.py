"""The console's page of the shop's health: checks, workers, history, and what is tried from there."""

import re

from playwright.sync_api import expect
from test_console import do, open_person, see
from test_pages import check


def row(page, part, name):
    section = page.locator("section", has=page.get_by_role("heading", name=part, exact=True))
    return section.locator("tbody tr").filter(has_text=name)


def test_the_page_tells_how_each_part_works(open_as, operator, videos):
    page = open_as(operator)
    see(page, "/admin/health")
    for name in ["Database", "Pollo", "Stripe", "Books", "Disk", "Durability"]:
        expect(row(page, "Checks", name).first).to_contain_text("Works")
    expect(row(page, "Workers", "Works").first).to_contain_text("GB")
    expect(row(page, "What changed", "Stripe").first).to_contain_text("Works")
    expect(page.locator("dd", has_text="MariaDB")).to_be_visible()
    check(page)


def test_the_vendors_are_asked_and_their_answers_shown(open_as, operator):
    page = open_as(operator)
    see(page, "/admin/health")
    button = page.get_by_role("button", name="Ask Stripe and Pollo")
    button.focus()
    page.keyboard.press("Enter")
    told = page.locator("[aria-live]").get_by_role("status")
    expect(told).to_contain_text("being asked")
    expect(told).to_contain_text(re.compile(r"Pollo: Works\. .*credits left"), timeout=40_000)
    expect(told).to_contain_text("Stripe: Works. answers")
    expect(button).to_be_focused()
    check(page)


def test_a_mail_goes_to_the_operator_and_is_told(open_as, operator):
    page = open_as(operator)
    see(page, "/admin/health")
    page.get_by_role("button", name="Send me a mail").click()
    expect(page.locator("[aria-live]").get_by_role("status")).to_contain_text("took it", timeout=40_000)
    sent = page.locator("section", has=page.get_by_role("heading", name="Try it"))
    expect(sent.locator("tbody tr").first).to_contain_text("Works")
    check(page)


def test_the_log_is_narrowed_and_taken_along(open_as, operator, buyer):
    page = open_as(operator)
    open_person(page, buyer)
    subject = page.url.split("/")[-1]
    do(page, "Note something", "for the log")
    expect(page.locator("[data-toasts]")).to_contain_text("Done.")
    see(page, "/admin/audit")
    page.get_by_label("About", exact=True).fill(subject)
    expect(page).to_have_url(re.compile(f"subject={subject}"))
    expect(page.locator("tbody tr").first).to_contain_text("for the log")
    with page.expect_download() as begun:
        page.get_by_role("link", name="As CSV").click()
    lines = begun.value.path().read_text().splitlines()
    assert lines[0].startswith("id,actorId,") and all(subject in line for line in lines[1:])
    assert any("for the log" in line for line in lines)
    check(page)
