"""What Create says of limits and of credit that is missing, and how an order goes on behind a payment."""

import datetime
import re
import sys
from pathlib import Path

import pytest
from conftest import new_person
from pages import balance, card, choose, create_button, press, write_prompt
from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).parent.parent / "Support"))
from hostile_pictures import picture  # noqa: E402


@pytest.fixture
def stranger(browser, browser_context_args):
    """Someone who has not bought anything yet, for one test."""
    return new_person(browser, browser_context_args)


def allow(page, left, opens_in=600):
    """Lets `/api/me` tell of a limit that this stack does not have."""
    opens = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=opens_in)

    def answer(route):
        response = route.fetch()
        me = response.json()
        me["orders"] = {
            "limit": 10, "windowSeconds": 900, "left": left(), "opensAt": opens.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        }  # fmt: skip
        route.fulfill(response=response, json=me)

    page.route("**/api/me", answer)
    return opens


def test_few_orders_left_are_said_and_none_closes_the_button(open_as, buyer):
    page = open_as(buyer)
    left = [7]
    opens = allow(page, lambda: left[0])
    page.goto("/create")
    choose(page, "economy", 5)
    expect(create_button(page)).to_have_text("Create for $1.00")
    allowance = page.locator("[data-allowance]")
    expect(allowance).to_be_empty()
    left[0] = 2
    page.reload()
    expect(allowance).to_have_text("2 of 10 orders left in this quarter of an hour.")
    expect(create_button(page)).to_have_text("Create for $1.00")
    left[0] = 0
    page.reload()
    hour = opens.strftime("%-I:%M")
    expect(allowance).to_contain_text(f"all 10 orders of this quarter of an hour. The next is free at {hour}")
    expect(create_button(page)).to_contain_text(f"Next order at {hour}")
    expect(create_button(page)).to_have_attribute("aria-disabled", "true")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if "generate" in request.url else None)
    write_prompt(page, "A kite over the dunes")
    create_button(page).click(force=True)
    page.get_by_label("Prompt", exact=True).press("Control+Enter")
    expect(create_button(page)).to_contain_text("Next order at")
    assert sent == []


def test_the_button_opens_by_itself_when_an_order_is_free(open_as, buyer):
    page = open_as(buyer)
    asked = []

    def left():
        asked.append(1)
        return 0 if len(asked) == 1 else 1

    allow(page, left, opens_in=70)
    page.clock.install()
    page.goto("/create")
    choose(page, "economy", 5)
    expect(create_button(page)).to_contain_text("Next order at")
    page.clock.run_for(75_000)
    expect(create_button(page)).to_have_text("Create for $1.00")
    expect(page.locator("[data-allowance]")).to_have_text("1 of 10 orders left in this quarter of an hour.")


def test_a_pack_bought_on_create_and_one_press_make_the_video(open_as, stranger):
    page = open_as(stranger)
    page.goto("/create")
    choose(page, "pro", 10)
    prompt = write_prompt(page, "A red fox trots through fresh snow")
    page.locator("details[data-more] summary").click()
    page.get_by_label("Negative prompt").fill("people")
    offer = page.locator("[data-shortfall]")
    expect(offer).to_contain_text("The Starter pack covers it: $10.00 of credit for $9.99.")
    offer.get_by_role("button", name=re.compile("Buy Starter for \\$9.99")).click()
    press(page, "pay")
    expect(page.get_by_role("heading", level=1)).to_have_text("Paid. $10.00 added", timeout=30_000)
    with page.expect_request("**/api/videos/generate") as sent:
        page.get_by_role("button", name="Create for $3.72").click()
    body = sent.value.post_data_json
    assert (body["tier"], body["duration"], body["prompt"]) == ("pro", 10, prompt)
    assert body["negativePrompt"] == "people" and body["price"] == 3.72
    expect(page).to_have_url(re.compile("/create#running$"))
    expect(card(page, prompt)).to_have_count(1)
    assert balance(page) == 628
    # The purchase's page offers the same order no second time.
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Paid. $10.00 added")
    expect(page.locator("[data-order]")).to_have_count(0)


def test_the_pack_follows_the_need_and_goes_with_it(open_as, stranger):
    page = open_as(stranger)
    page.goto("/create")
    choose(page, "economy", 5)
    expect(page.locator("[data-offer]")).to_have_attribute("data-offer", "starter")
    choose(page, "pro", 10)
    page.locator('label:has(input[name="count"][value="4"])').click()
    expect(page.locator("[data-offer]")).to_have_attribute("data-offer", "standard")


def test_a_picture_goes_along_through_the_payment(open_as, stranger):
    page = open_as(stranger)
    page.goto("/create")
    choose(page, "premium", 5)
    prompt = write_prompt(page, "Clouds over a ridge")
    photo = {"name": "ridge.jpg", "mimeType": "image/jpeg", "buffer": picture("jpg", 900, 700)}
    page.locator("#image-file").set_input_files(photo)
    expect(page.locator("#image")).to_have_value(re.compile(r"/pictures/[0-9a-f]{32}\.jpg$"))
    address = page.locator("#image").input_value()
    # A payment that was given up keeps it as well.
    page.locator("[data-shortfall] [data-buy]").click()
    press(page, "abandon")
    expect(page).to_have_url(re.compile(r"/credits\?package="))
    page.locator('[data-buy="starter"]').click()
    press(page, "pay")
    with page.expect_request("**/api/videos/generate") as sent:
        page.locator("[data-order]").click(timeout=30_000)
    body = sent.value.post_data_json
    assert (body["image"], body["prompt"], body["price"]) == (address, prompt, 4.65)
    expect(card(page, prompt)).to_have_count(1)


@pytest.mark.refusals(409)
def test_a_price_that_changed_during_the_payment_is_said_and_nothing_is_ordered(open_as, stranger):
    page = open_as(stranger)
    page.goto("/create")
    choose(page, "economy", 5)
    prompt = write_prompt(page, "A lighthouse at night")
    page.locator("[data-shortfall] [data-buy]").click()
    press(page, "pay")
    expect(page.get_by_role("heading", level=1)).to_have_text("Paid. $10.00 added", timeout=30_000)
    page.route(
        "**/api/videos/generate",
        lambda route: route.continue_(post_data={**route.request.post_data_json, "price": 0.5}),
    )
    page.locator("[data-order]").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("link", name="Back to your draft").click()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(prompt)
    assert balance(page) == 1000
