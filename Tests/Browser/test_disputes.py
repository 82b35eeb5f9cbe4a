"""The console's page of a dispute: what a bank is told, until when, and that one press tells it."""

import os
import re
import urllib.request

import pytest
from conftest import new_person
from playwright.sync_api import expect
from test_console import do, see
from test_pages import check


def control(path, **fields):
    """Lets something happen at the stand-in of Stripe."""
    base = os.environ["RUSHES_SANDBOX_URL"]
    body = "&".join(f"{name}={value}" for name, value in fields.items()).encode()
    with urllib.request.urlopen(f"{base}/control/stripe/{path}", data=body) as answer:
        assert answer.status == 200


@pytest.fixture
def dispute(open_as, operator, browser, browser_context_args):
    """A purchase that was paid, and is disputed: its buyer and the page of the dispute."""
    buyer = new_person(browser, browser_context_args, package="starter")
    page = open_as(operator)
    address = f"/api/admin{buyer.purchase}"
    page.goto("/admin/attention")
    payment = page.request.get(address).json()["paymentIntent"]
    control(f"payments/{payment}/dispute")
    for _ in range(100):
        disputes = page.request.get(address).json()["disputes"]
        if disputes:
            return buyer, page, disputes[0]["id"]
        page.wait_for_timeout(200)
    raise AssertionError("no event of the dispute came")


def test_an_operator_finds_a_dispute_reads_and_submits_the_evidence(dispute):
    buyer, page, name = dispute
    see(page, "/admin/attention")
    page.get_by_role("link", name=name).click()
    expect(page).to_have_url(re.compile(f"/admin/disputes/{name}$"))
    ready = page.locator("[data-detail]")
    expect(ready).not_to_have_attribute("aria-busy", "true")
    expect(ready).to_contain_text(re.compile(r"13 d 23 h left"))
    evidence = page.locator(".evidence")
    expect(evidence).to_contain_text(buyer.email)
    expect(evidence).to_contain_text("sold as the package")
    expect(evidence).to_contain_text(re.compile(r"The terms and the privacy notice were accepted \S+Z from \S+, version [0-9a-f]{12}\."))
    expect(page.get_by_text("That the buyer accepted the terms.")).to_have_count(0)
    expect(page.get_by_text("That a video was downloaded.")).to_be_visible()
    check(page)
    paper = page.request.get(page.get_by_role("link", name="Paper (PDF)").get_attribute("href"))
    assert paper.status == 200 and paper.body().startswith(b"%PDF-")
    do(page, "Submit the evidence", "they watched what they bought")
    expect(page.locator("[data-detail] .notice.ok").filter(has_text="The evidence was submitted")).to_be_visible()
    expect(page.get_by_role("button", name="Submit the evidence")).to_have_count(0)
    check(page)
    see(page, "/admin/attention")
    expect(page.get_by_role("link", name=name)).to_have_count(0)
    see(page, "/admin/audit")
    expect(page.get_by_role("cell", name="dispute.evidence").first).to_be_visible()


@pytest.mark.refusals(409)
def test_evidence_that_comes_too_late_is_refused_with_words(dispute):
    buyer, page, name = dispute
    see(page, f"/admin/disputes/{name}")
    control(f"disputes/{name}/due", seconds=-60)
    dialog = do(page, "Submit the evidence", "they watched what they bought")
    expect(dialog.get_by_role("alert")).to_contain_text("The time in which the bank takes evidence is over.")
    dialog.get_by_role("button", name="Cancel").click()
    page.reload()
    expect(page.locator("[data-detail]")).to_contain_text("the time is over")
    expect(page.locator("[data-detail]")).to_contain_text("It was not taken")
    check(page)
