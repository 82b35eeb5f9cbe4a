"""A model that is in no code becomes a tier: by its specification, tried, sold, made and paid."""

import json
import os
import urllib.request
import uuid

import pytest
from pages import balance, buy, card, choose, create_button, ready, write_prompt
from playwright.sync_api import expect
from test_console import do, see
from test_journeys import MADE
from test_pages import check

MODEL = "minimax/minimax-hailuo-02"


@pytest.fixture(scope="module")
def specification():
    url = f"{os.environ['RUSHES_SANDBOX_URL']}/specifications/{MODEL}"
    with urllib.request.urlopen(url) as answer:
        return answer.read().decode()


@pytest.mark.refusals(409)
def test_a_model_by_its_specification_is_tried_sold_and_made(open_as, operator, buyer, specification):
    name = f"Swift {uuid.uuid4().hex[:6]}"
    tier = name.lower().replace(" ", "-")
    console = open_as(operator)
    buy(console, "starter")
    see(console, "/admin/catalog")
    console.get_by_role("button", name="Add a model").click()
    dialog = console.get_by_role("dialog", name="Add a model")
    for label, value in {
        "Id": tier, "Name": name, "Model": "Hailuo 02", "Brand and model at the vendor": MODEL,
        "Price per second": "0.25", "Cost per second": "0.08", "Specification": specification,
        "Reason": "a new model",
    }.items():
        dialog.get_by_label(label, exact=label in ("Id", "Name", "Model", "Specification")).fill(value)
    dialog.get_by_role("button", name="Show what it would change").click()
    expect(dialog.get_by_text("6 s: $1.50, cost $0.48")).to_be_visible()
    expect(dialog.get_by_text("left to the vendor: promptOptimizer")).to_be_visible()
    check(console)
    dialog.locator("[data-do]").click()
    expect(console.locator("[data-toasts]")).to_contain_text("Done.")

    row = console.get_by_role("row", name=name)
    expect(row).to_contain_text("Off")
    dialog = do(console, f"Switch on: {name}", "too early")
    expect(dialog).to_contain_text("Try this tier first")
    dialog.get_by_role("button", name="Cancel").click()
    do(console, f"Try: {name}", "before it is sold")
    expect(row).to_contain_text("Being tried")

    def arrived():
        see(console, "/admin/catalog")
        return "arrived" in row.inner_text()

    for _ in range(60):
        if arrived():
            break
        console.wait_for_timeout(1000)
    expect(row).to_contain_text("Tried: arrived")
    do(console, f"Switch on: {name}", "it works")
    expect(row).to_contain_text("On sale")
    try:
        page = open_as(buyer)
        page.goto("/create")
        ready(page)
        choose(page, tier, 6)
        before = balance(page)
        expect(create_button(page)).to_have_text("Create for $1.50")
        page.get_by_text("More settings").click()
        expect(page.get_by_label("Resolution")).to_have_value("768p")
        prompt = write_prompt(page, "A heron waits in the reeds")
        create_button(page).click()
        expect(card(page, prompt)).to_have_attribute("data-status", "completed", timeout=MADE)
        assert balance(page) == before - 150
        document = page.evaluate("fetch('/api/openapi.json').then((answer) => answer.json())")
        assert f'"{tier}"' in json.dumps(document)
    finally:
        see(console, "/admin/catalog")
        do(console, f"Switch off: {name}", "the test is over")
        expect(row).to_contain_text("Off")
