"""Taking all of one's data along, and having the account removed."""

import io
import json
import re
import zipfile

import pytest
from conftest import new_person
from pages import log_in, ready
from playwright.sync_api import expect
from test_pages import check


def open_account(page):
    page.goto("/account")
    ready(page)


def test_all_of_ones_data_comes_as_one_file(open_as, browser, browser_context_args):
    person = new_person(browser, browser_context_args)
    page = open_as(person)
    open_account(page)
    page.get_by_role("button", name="Make the file").click()
    link = page.get_by_role("link", name=re.compile("Download"))
    expect(link).to_be_visible(timeout=30_000)
    check(page)
    answer = page.request.get(link.get_attribute("href"))
    assert answer.status == 200 and "attachment" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.body())) as archive:
        assert archive.testzip() is None
        assert json.loads(archive.read("account.json"))[0]["email"] == person.email
    stranger = open_as()
    assert stranger.request.get(link.get_attribute("href")).status == 401


def test_a_removal_can_be_taken_back_by_one_press(open_as, browser, browser_context_args):
    person = new_person(browser, browser_context_args)
    page = open_as(person)
    open_account(page)
    page.get_by_role("button", name="Remove my account").click()
    expect(page.locator("[data-removal]")).to_contain_text("Your account is removed on")
    # From its top, as every page is checked: further down a bar lies over what is scrolled under it.
    page.evaluate("scrollTo(0, 0)")
    check(page)

    other = open_as()
    other.goto("/login")
    log_in(other, person)
    expect(other).to_have_url(re.compile(r"/create$"))
    other.get_by_role("link", name="Take that back").click()
    other.get_by_role("button", name="Keep my account").click()
    expect(other.get_by_role("button", name="Remove my account")).to_be_visible()
    expect(other.locator("[data-leaving]")).to_be_hidden()


def test_credit_that_is_left_is_given_up_by_a_tick(open_as, browser, browser_context_args):
    person = new_person(browser, browser_context_args, package="starter")
    page = open_as(person)
    open_account(page)
    page.get_by_role("button", name="Remove my account").click()
    expect(page.locator("[data-removal-problem]")).to_contain_text("$10.00 of credit is left")
    tick = page.get_by_label("I give up the $10.00 of credit that is left")
    expect(tick).to_be_focused()
    check(page)
    tick.press("Space")
    page.get_by_role("button", name="Remove my account").click()
    expect(page.locator("[data-removal]")).to_contain_text("Your account is removed on")


@pytest.mark.refusals(403)
def test_nothing_is_ordered_for_an_account_that_is_to_be_removed(open_as, browser, browser_context_args):
    person = new_person(browser, browser_context_args)
    page = open_as(person)
    open_account(page)
    page.get_by_role("button", name="Remove my account").click()
    expect(page.locator("[data-removal]")).to_contain_text("Your account is removed on")
    page.goto("/credits")
    page.locator('[data-buy="starter"]').click()
    expect(page.get_by_text("Your account is to be removed. Take that back on the account page first.")).to_be_visible()
