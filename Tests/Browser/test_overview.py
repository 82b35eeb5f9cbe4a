"""The console's first page: whether the shop earns, against the days before, and what runs out."""

import re

import pytest
from playwright.sync_api import expect
from test_console import see
from test_pages import check


def test_the_first_page_is_accessible_and_whole(open_as, operator, buyer, videos):
    page = open_as(operator)
    see(page, "/admin")
    expect(page.get_by_role("heading", name="Money")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("by day"))).to_be_visible()
    check(page)
    page.get_by_text("By day", exact=True).last.click()
    check(page)


def test_a_range_is_in_the_address_and_leads_to_its_rows(open_as, operator, buyer, videos):
    page = open_as(operator)
    see(page, "/admin")
    page.get_by_label("Days").select_option("7")
    expect(page).to_have_url(re.compile(r"/admin\?days=7$"))
    expect(page.locator("[data-detail]")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator(".chart-table tbody tr")).to_have_count(7)
    page.go_back()
    expect(page.locator(".chart-table tbody tr")).to_have_count(30)
    page.goto("/admin?from=2020-02-28&to=2020-03-02")
    expect(page.locator(".chart-table tbody tr")).to_have_count(3)
    href = page.get_by_role("link", name="As CSV").first.get_attribute("href")
    assert page.request.get(href).text().count("\r\n") == 4
    page.goto("/admin?days=1")
    paid = page.locator("dt", has_text="Paid by customers").locator("xpath=..").get_by_role("link")
    paid.click()
    expect(page).to_have_url(re.compile(r"/admin/purchases\?status=paid&from=.*&to="))
    expect(page.locator("tbody tr").first).to_be_visible()


@pytest.mark.refusals(400)
def test_a_range_that_is_none_is_told(open_as, operator):
    page = open_as(operator)
    page.goto("/admin?from=2026-01-02&to=2026-01-01")
    expect(page.get_by_role("alert")).to_be_visible()
