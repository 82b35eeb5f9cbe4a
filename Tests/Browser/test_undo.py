"""An order that is taken back before anything is sent to the vendor."""

import re

import pytest
from playwright.sync_api import expect

from pages import card, choose, create_button, write_prompt


@pytest.fixture
def patient(open_as, spender):
    """The create page of someone whose orders wait for 25 seconds."""
    page = open_as(spender)

    def waiting(route):
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "undoSeconds": 25})

    page.route(re.compile(r"/api/me$"), waiting)
    page.goto("/create")
    choose(page, "economy", 5)
    return page


def balance(page):
    return page.request.get("/api/me").json()["balance"]


def test_an_order_that_is_undone_costs_nothing(patient):
    page = patient
    before = balance(page)
    prompt = write_prompt(page, "A tin robot waters a fern")
    create_button(page).click()
    mine = card(page, prompt)
    expect(mine.get_by_text(re.compile(r"^Starts in \d+ s$"))).to_be_visible()
    assert balance(page) == pytest.approx(before - 1)
    undo = mine.get_by_role("button", name="Undo")
    undo.click()
    expect(page.get_by_text("Taken back before anything was sent. It cost nothing.")).to_be_visible()
    expect(mine).to_have_attribute("data-status", "canceled")
    assert balance(page) == pytest.approx(before)
    job = page.request.get(f"/api/videos/{mine.get_attribute('data-job')}").json()
    assert job["status"] == "canceled" and job["taskId"] is None and job["userCharged"] == 0
    expect(page.locator("#prompt")).to_be_focused()
    expect(page.locator("#prompt")).to_have_value(prompt)


def test_what_was_typed_since_is_not_lost_by_an_undo(patient):
    page = patient
    prompt = write_prompt(page, "A fox reads a map")
    create_button(page).click()
    undo = card(page, prompt).get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    page.locator("#prompt").fill("Something else by now")
    undo.click()
    expect(page.get_by_text("You have written something else since.")).to_be_visible()
    expect(page.locator("#prompt")).to_have_value("Something else by now")


def test_an_order_that_nobody_takes_back_goes_on(open_as, spender):
    page = open_as(spender)
    page.goto("/create")
    choose(page, "economy", 5)
    prompt = write_prompt(page, "A kite above a harbour")
    create_button(page).click()
    expect(card(page, prompt)).to_have_attribute("data-status", "completed", timeout=60_000)


def test_the_countdown_does_not_speak_each_second(patient):
    page = patient
    prompt = write_prompt(page, "A slow clock")
    create_button(page).click()
    mine = card(page, prompt)
    expect(mine.get_by_role("button", name="Undo")).to_be_visible()
    assert mine.evaluate("card => card.closest('[aria-live]') === null && !card.querySelector('[aria-live]')")
    mine.get_by_role("button", name="Undo").click()
    expect(mine).to_have_attribute("data-status", "canceled")
