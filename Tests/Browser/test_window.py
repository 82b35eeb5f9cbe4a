"""What is open to everybody: prices, help, the API's reference, status, the legal pages, and Create
before anybody has signed up."""

import re

import pytest
from pages import Person, create_button, ready, write_prompt
from playwright.sync_api import expect
from test_pages import check

OPEN = ["/pricing", "/docs", "/docs/api", "/status", "/contact", "/terms", "/privacy", "/refunds", "/imprint", "/create"]
WITHOUT_SCRIPT = {
    "/": "Four tiers, one price each",
    "/pricing": "$1.55",
    "/docs": "Writing prompts",
    "/status": "Video service",
    "/contact": "Contact",
    "/terms": "What the operator has to write",
    "/privacy": "Pollo.ai",
    "/refunds": "A video that fails",
    "/imprint": "legal form",
}


@pytest.mark.parametrize("path", OPEN)
def test_an_open_page_is_accessible_and_whole(open_as, path):
    page = open_as()
    page.goto(path)
    ready(page)
    check(page)


@pytest.mark.parametrize("path", WITHOUT_SCRIPT)
def test_a_page_reads_without_a_script(open_as, path):
    page = open_as(java_script_enabled=False)
    page.goto(path)
    expect(page.get_by_role("main").get_by_text(WITHOUT_SCRIPT[path]).first).to_be_visible()
    for name in ["Contact", "Status", "Terms", "Privacy", "Refunds", "Imprint"]:
        expect(page.get_by_role("contentinfo").get_by_role("link", name=name, exact=True)).to_be_visible()


def test_the_calculator_says_the_price_and_the_pack_and_the_link_keeps_both(open_as):
    page = open_as()
    page.goto("/pricing?tier=premium&seconds=10&count=7")
    ready(page)
    expect(page.locator("[data-sum]")).to_have_text("$65.10")
    expect(page.locator("[data-sum-pack]")).to_contain_text("Enterprise")
    page.get_by_role("button", name="One more").click()
    page.locator("label").filter(has_text=re.compile("^Economy$")).click()
    expect(page.locator("[data-sum]")).to_have_text("$16.00")
    expect(page).to_have_url(re.compile(r"/pricing\?tier=economy&seconds=10&count=8#calculator$"))
    page.reload()
    expect(page.locator("[data-sum]")).to_have_text("$16.00")


def test_the_calculator_takes_the_operators_tiers_and_not_those_of_the_page(open_as):
    page = open_as()
    tier = {"id": "dawn", "name": "Dawn", "prices": {"3": 0.5}, "durations": [3], "pricePerSecond": 0.166667}
    page.route("**/api/tiers", lambda route: route.fulfill(json={"items": [tier]}))
    page.goto("/pricing")
    expect(page.locator("[data-sum]")).to_have_text("$5.00")
    expect(page.locator("[data-calculator]")).not_to_contain_text("Economy")


def test_an_example_opens_create_with_its_words(open_as):
    page = open_as()
    page.goto("/docs")
    page.get_by_role("button", name=re.compile("Open in Create.*an animal")).click()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(re.compile("^A red fox walks"))
    expect(page.locator('input[name="tier"]:checked')).to_have_value("economy")


def test_each_heading_of_the_manual_can_be_linked_to(open_as):
    page = open_as()
    page.goto("/docs#credit")
    ready(page)
    expect(page.get_by_role("heading", name="Credit and refunds")).to_be_in_viewport()
    assert page.locator(".reading h2:not(:has(a.anchor))").count() == 0
    for link in page.locator(".contents a").all():
        expect(page.locator(f"h2{link.get_attribute('href')}")).to_have_count(1)


def test_the_reference_names_each_call_with_examples_in_four_languages(open_as):
    page = open_as()
    shown = 0
    for address in ["/docs/api?for=operators", "/docs/api"]:
        page.goto(address)
        ready(page)
        expect(page.locator("[data-languages]")).to_be_visible()
        shown += page.locator(".operation").count()
    document = page.request.get("/api/openapi.json").json()
    assert shown == sum(len(methods) for methods in document["paths"].values())
    order = page.locator(".operation").filter(has=page.locator(".call", has_text="/api/videos/generate"))
    expect(order.get_by_text("Idempotency-Key").first).to_be_attached()
    order.locator("summary").click()
    expect(order.get_by_role("table").first).to_be_visible()
    check(page)
    for language, words in [("JavaScript", "await fetch("), ("Python", "import requests"), ("Swift", "URLRequest("), ("curl", "curl ")]:
        page.locator("[data-languages] label").filter(has_text=language).click()
        expect(order.locator("pre")).to_contain_text(words)
        expect(order.locator("pre")).to_contain_text("/api/videos/generate")
    page.reload()
    expect(page.get_by_label("curl")).to_be_checked()


def test_the_status_says_what_works(open_as):
    page = open_as()
    page.goto("/status")
    for part in ["Pages", "Database", "Video service", "Payments"]:
        expect(page.locator(".status-list li").filter(has_text=part).first).to_contain_text("Works")


def test_create_shows_the_price_before_signing_up_and_keeps_the_draft(open_as):
    page = open_as()
    page.goto("/")
    page.get_by_label("What happens in your shot?").fill("A kite above the dunes")
    page.get_by_role("button", name="See it priced").click()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("A kite above the dunes")
    expect(create_button(page)).to_have_text("Sign up to create for $1.86")
    page.locator('label:has(input[name="tier"][value="economy"])').click()
    page.locator('label:has(input[name="duration"][value="10"])').click()
    page.locator('label:has(input[name="count"][value="2"])').click()
    expect(create_button(page)).to_have_text("Sign up to create 2 for $4.00")
    prompt = write_prompt(page, "A kite above the dunes")
    create_button(page).click()
    expect(page).to_have_url(re.compile(r"/signup\?next=%2Fcreate$"))
    person = Person(email=f"guest-{prompt[-8:]}@example.com", password=f"tungsten {prompt[-8:]} lamp")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Create account").click()
    expect(page).to_have_url(re.compile(r"/create$"))
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(prompt)
    expect(create_button(page)).to_have_text("Add credit ($4.00 short)")
    expect(page.locator('input[name="tier"]:checked')).to_have_value("economy")


def test_whoever_has_not_signed_up_is_not_offered_what_needs_it(open_as):
    page = open_as()
    page.goto("/create?tier=auto")
    ready(page)
    expect(page.locator('input[name="tier"]')).to_have_count(4)
    expect(page.locator('input[name="tier"]:checked')).to_have_value("pro")
    expect(page.locator("[data-picture]").first).to_be_hidden()
    expect(page.locator("#running")).to_be_hidden()


def test_a_sample_plays_where_it_stands(open_as):
    page = open_as()
    page.goto("/")
    for tier in ["Economy", "Basic", "Pro", "Premium"]:
        expect(page.locator(".sample").filter(has=page.locator("b", has_text=re.compile(f"^{tier}$")))).to_have_count(2)
    page.locator(".sample a").first.click()
    film = page.locator(".sample video")
    expect(film).to_be_focused()
    film.evaluate(
        """(film) => new Promise((resolve) => {
            film.addEventListener("timeupdate", () => film.currentTime > 0.2 && resolve());
            film.play();
        })"""
    )


def test_on_a_phone_the_prompt_comes_first_and_tiers_are_one_row(open_as):
    page = open_as(viewport={"width": 390, "height": 844}, has_touch=True)
    for path, prompt, row in [("/", "What happens in your shot?", ".tiers > *"), ("/create", "Prompt", "[data-tiers] > *")]:
        page.goto(path)
        ready(page)
        boxes = [card.bounding_box() for card in page.locator(row).all()]
        assert len(boxes) == 4 and len({box["y"] for box in boxes}) == 1
        assert page.get_by_label(prompt, exact=True).bounding_box()["y"] < boxes[0]["y"]
