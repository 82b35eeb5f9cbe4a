"""What Credits and a purchase's page tell of money: payments on the way, movements, receipts."""

import csv
import io
import re

import pytest
from conftest import new_person
from pages import press
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def keeper(browser, browser_context_args):
    """Someone with a purchase that is paid."""
    return new_person(browser, browser_context_args, package="standard")


def test_a_payment_that_has_not_ended_is_on_credits_with_the_way_to_go_on(open_as, browser, browser_context_args):
    page = open_as(new_person(browser, browser_context_args))
    page.goto("/credits")
    expect(page.locator("[data-packs] [data-buy]").first).to_be_visible()
    expect(page.locator("[data-payments]")).to_be_hidden()
    page.locator('[data-buy="pro"]').click()
    page.wait_for_url(lambda url: "/credits" not in url)
    page.goto("/credits")
    payment = page.locator("[data-payment]")
    expect(payment).to_contain_text("Pro $47.99")
    payment.get_by_role("link", name="Go on paying").click()
    press(page, "pay")
    expect(page.get_by_role("heading", level=1)).to_have_text("Paid. $55.00 added", timeout=30_000)
    page.goto("/credits")
    expect(page.locator("[data-available]")).to_have_text("$55.00")
    expect(page.locator("[data-payments]")).to_be_hidden()


def test_the_ledger_is_narrowed_in_the_address_and_comes_as_a_table(open_as, keeper):
    page = open_as(keeper)
    page.goto("/credits")
    rows = page.locator("[data-ledger] tbody tr")
    expect(rows).to_have_count(2)
    page.get_by_label("Kind").select_option("bonus")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/credits\?type=bonus$"))
    page.reload()
    expect(rows).to_have_count(1)
    expect(page.get_by_label("Kind")).to_have_value("bonus")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    lines = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert [(line["type"], line["amount"], line["balanceAfter"]) for line in lines] == [("bonus", "2", "27")]
    page.get_by_label("From").fill("2099-01-01")
    expect(page.get_by_text("No movement is of this kind and time.")).to_be_visible()
    page.get_by_label("From").fill("")
    page.get_by_label("Kind").select_option("")
    expect(rows).to_have_count(2)
    expect(page).to_have_url(re.compile("/credits$"))


def test_the_credit_that_ends_first_is_said(open_as, keeper):
    page = open_as(keeper)
    page.goto("/credits")
    expect(page.locator("[data-first-end]")).to_have_text(re.compile(r"^\$27\.00 until [A-Z][a-z]{2} \d+, \d{4}$"))


def test_a_purchase_has_a_receipt_on_its_page_and_as_a_pdf(open_as, keeper):
    page = open_as(keeper)
    page.goto(keeper.purchase)
    paper = page.locator("[data-documents]")
    expect(paper).to_contain_text(re.compile(r"R-\d{6}"))
    expect(paper).to_contain_text(keeper.email)
    expect(paper).to_contain_text("$24.99")
    address = paper.get_by_role("link", name="PDF").get_attribute("href")
    answer = page.request.get(address)
    assert answer.status == 200 and answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF-")
    page.emulate_media(media="print")
    expect(paper.get_by_role("link", name="PDF")).to_be_hidden()
    expect(page.locator("header.bar")).to_be_hidden()
    expect(paper).to_contain_text("$24.99")


def test_what_became_of_the_money_is_said_in_words(open_as, keeper):
    page = open_as(keeper)

    def refunded(route):
        statement = route.fetch().json()
        note = {**statement["documents"][0], "number": "C-000007", "kind": "credit_note", "amount": 5}
        statement["documents"].append(note)
        statement["disputes"] = [{"amount": 19.99, "standing": "open", "createdAt": note["issuedAt"]}]
        route.fulfill(json=statement)

    page.route("**/statement", refunded)
    page.goto(keeper.purchase)
    paper = page.locator("[data-documents]")
    expect(paper).to_contain_text("$5.00 went back to your card: credit note C-000007.")
    expect(paper).to_contain_text("$19.99 is disputed at your bank.")
    expect(page.locator('[data-document="C-000007"]')).to_be_visible()
