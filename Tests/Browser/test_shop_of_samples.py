"""The console on a shop of ninety days, as `bin/dev --seed=shop` makes it: no page is empty."""

import re
import sys
from pathlib import Path

import pytest
from pages import Person, log_in
from playwright.sync_api import expect
from test_console import PAGES, see
from test_pages import check

sys.path.append(str(Path(__file__).parents[1] / "Integration"))

from stack import Stack  # noqa: E402

RANGE = "/admin?days=90"


@pytest.fixture(scope="module")
def shop():
    """A stack of its own with the whole shop, as people start it."""
    # nginx's limits are for strangers; here one person opens every page at once.
    stack = Stack(RUSHES_IP_LIMITS="off")
    try:
        told = stack.start("--seed=shop", patience=900)
        stack.logins = dict(line.split() for line in told.splitlines() if re.fullmatch(r"\S+@\S+ \S+", line))
        yield stack
    finally:
        stack.close()


@pytest.fixture(scope="module")
def site_url(shop):
    return f"https://localhost:{shop.https_port}"


@pytest.fixture(scope="module")
def browser_context_args(browser_context_args, site_url):
    return {**browser_context_args, "base_url": site_url}


@pytest.fixture(scope="module")
def owner(browser, browser_context_args, shop):
    """Who runs the shop, signed in."""
    person = Person(email="admin@rushes.test", password=shop.logins["admin@rushes.test"])
    context = browser.new_context(**browser_context_args)
    page = context.new_page()
    page.goto("/login")
    log_in(page, person)
    expect(page).to_have_url(re.compile(r"/create$"))
    person.state = context.storage_state()
    context.close()
    return person


@pytest.mark.parametrize("path", [RANGE, *PAGES[1:]])
def test_no_page_is_empty(open_as, owner, path):
    page = open_as(owner)
    see(page, path)
    tables = page.locator("main table")
    assert tables.count() > 0
    for table in tables.all():
        assert table.locator("tbody tr").count() > 0
    check(page)


def test_what_stands_on_a_list_has_a_page_that_is_full(open_as, owner):
    page = open_as(owner)
    for path, parts in {"/admin/users": 3, "/admin/purchases": 1, "/admin/videos": 1}.items():
        see(page, path)
        within = re.compile(f"^{path}/")
        links = [link.get_attribute("href") for link in page.locator("main tbody a").all()]
        see(page, next(link for link in links if within.match(link)))
        assert page.locator("main h2").count() >= parts
        check(page)


def test_the_overview_of_ninety_days_has_every_number(open_as, owner):
    page = open_as(owner)
    see(page, RANGE)
    figures = {row.locator("dt").inner_text(): row.locator("dd").inner_text() for row in page.locator("main dl > div").all()}
    for name in ["Paid by customers", "Stripe's fees", "Taken for refunds", "Taken for disputes", "Lapsed", "Lost to the vendor"]:
        assert not figures[name].startswith("$0.00"), name
    expect(page.locator(".chart-table tbody tr")).to_have_count(90)


def test_what_needs_a_person_is_of_many_kinds(open_as, owner):
    page = open_as(owner)
    see(page, "/admin/attention")
    for kind in ["A dispute", "A refund that failed", "A loss to the vendor", "A payment that does not fit", "An uncertain video"]:
        expect(page.locator("tbody tr").filter(has_text=kind).first).to_be_visible()
    # The three that waited were made meanwhile, by a worker whose vendor knows nothing of the others.
    expect(page.locator("tbody tr").filter(has_text="paused")).to_have_count(0)
