"""Every page, in light and dark, wide and narrow: accessible, whole, within its budget."""

import re

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from pages import ready
from playwright.sync_api import expect

AXE = AXE_FILE_PATH.read_text() if hasattr(AXE_FILE_PATH, "read_text") else open(AXE_FILE_PATH).read()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

OPEN = ["/", "/signup", "/login"]
PRIVATE = ["/create", "/create?tier=premium", "/videos", "/videos?q=nothing-has-this", "/credits", "/credits?need=1.55"]
WINDOWS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"), (320, "light")]

# Elements that cut off what is in them, and pages wider than their window: axe sees neither.
CUT_OFF = """() => {
    const found = [];
    if (document.documentElement.scrollWidth > innerWidth) {
        found.push(`page: ${document.documentElement.scrollWidth} > ${innerWidth}`);
    }
    for (const element of document.querySelectorAll("body *")) {
        if (element.matches("input, textarea, select")) continue;
        const hides = getComputedStyle(element).overflowX !== "visible";
        if (hides && element.clientWidth && element.scrollWidth > element.clientWidth + 1) {
            found.push(`${element.tagName}.${element.className}: ${element.scrollWidth} > ${element.clientWidth}`);
        }
    }
    return found;
}"""


def check(page):
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert page.title() and page.locator("html").get_attribute("lang") == "en"
    page.evaluate(AXE)
    violations = page.evaluate("(tags) => axe.run({ runOnly: tags })", TAGS)["violations"]
    assert [(v["id"], [n["target"] for n in v["nodes"]]) for v in violations] == []
    assert page.evaluate(CUT_OFF) == []


@pytest.mark.parametrize("width, theme", WINDOWS)
@pytest.mark.parametrize("path", OPEN)
def test_an_open_page_is_accessible_and_whole(open_as, path, width, theme):
    page = open_as(viewport={"width": width, "height": 800}, color_scheme=theme)
    page.goto(path)
    ready(page)
    check(page)


@pytest.mark.refusals(404)
@pytest.mark.parametrize("width, theme", WINDOWS)
@pytest.mark.parametrize("path", ["/no-such-page", "/404", "/429", "/50x"])
def test_an_error_page_is_accessible_and_whole(open_as, path, width, theme):
    page = open_as(viewport={"width": width, "height": 800}, color_scheme=theme)
    page.goto(path)
    ready(page)
    check(page)


@pytest.mark.parametrize("width, theme", WINDOWS)
@pytest.mark.parametrize("path", PRIVATE)
def test_a_private_page_is_accessible_and_whole(open_as, buyer, path, width, theme):
    page = open_as(buyer, viewport={"width": width, "height": 800}, color_scheme=theme)
    page.goto(path)
    ready(page)
    check(page)


@pytest.mark.parametrize("width, theme", WINDOWS)
def test_a_video_and_a_purchase_are_accessible_and_whole(open_as, buyer, width, theme):
    page = open_as(buyer, viewport={"width": width, "height": 800}, color_scheme=theme)
    page.goto("/credits")
    for link in ["See the payment", "See the video"]:
        found = page.get_by_role("link", name=link).first
        ready(page)
        if not found.count():
            continue
        found.click()
        ready(page)
        check(page)
        page.goto("/credits")


@pytest.mark.refusals(404)
def test_an_unknown_page_is_a_real_404(page):
    assert page.goto("/no-such-page").status == 404
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_prices_are_readable_without_script(open_as):
    page = open_as(java_script_enabled=False)
    page.goto("/")
    for name, price in [("Economy", "$1.00"), ("Basic", "$1.55"), ("Pro", "$1.86"), ("Premium", "$4.65")]:
        expect(page.locator(".tier").filter(has=page.get_by_role("heading", name=name, exact=True))).to_contain_text(price)
    for price in ["$9.99", "$24.99", "$47.99", "$89.99"]:
        expect(page.locator(".packs")).to_contain_text(price)


def test_the_calculator_multiplies_names_the_pack_and_keeps_its_inputs(page):
    page.goto("/")
    ready(page)
    calculator = page.locator("[data-calculator]")
    calculator.locator('label:has(input[value="basic"])').click()
    calculator.locator('label:has(input[name="seconds"][value="10"])').click()
    calculator.get_by_label("How many videos").fill("3")
    expect(calculator.locator("[data-sum]")).to_have_text("$9.30")
    expect(calculator.locator("[data-sum-pack]")).to_contain_text("Starter")
    page.reload()
    expect(calculator.locator("[data-sum]")).to_have_text("$9.30")


@pytest.mark.parametrize("path", [*OPEN, "/create", "/videos", "/credits"])
def test_a_page_keeps_its_budget(open_as, buyer, path):
    """80 KB and 15 requests for a page's own files and answers; media and the tab's icon apart."""
    page = open_as(None if path in OPEN else buyer)
    sizes = {}
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    names = {}
    session.on("Network.responseReceived", lambda event: names.update({event["requestId"]: (event["type"], event["response"]["url"])}))
    session.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    page.goto(path)
    ready(page)
    counted = {
        id: size
        for id, size in sizes.items()
        if names.get(id, ("Other", ""))[0] not in ("Media", "Image") and "favicon" not in names.get(id, ("", ""))[1]
    }
    assert len(counted) <= 15, [names[id] for id in counted]
    assert sum(counted.values()) <= 80 * 1024, {names[id][1]: size for id, size in counted.items()}


def test_the_theme_is_kept(page):
    page.goto("/login")
    page.get_by_label("Dark").check(force=True)
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_label("As the system").check(force=True)
    expect(page.locator("html")).not_to_have_attribute("data-theme", re.compile("."))


def test_the_keyboard_alone_reaches_and_chooses(open_as, newcomer):
    page = open_as(newcomer)
    page.goto("/create")
    ready(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator('input[name="tier"]:checked')).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator('input[name="tier"]:checked')).to_have_value("premium")
