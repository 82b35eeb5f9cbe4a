"""Every page, in light and dark, wide and narrow: accessible, whole, within its budget."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from pages import ready
from playwright.sync_api import expect

AXE = AXE_FILE_PATH.read_text() if hasattr(AXE_FILE_PATH, "read_text") else open(AXE_FILE_PATH).read()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOUR = ["color-contrast", "link-in-text-block"]

OPEN = ["/", "/signup", "/login", "/reset", "/reset#a-token", "/verify"]
PRIVATE = ["/create", "/create?tier=premium", "/videos", "/videos?q=nothing-has-this", "/credits", "/credits?need=1.55", "/account"]
WINDOWS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"), (320, "light")]

# What moved after it was shown, without anyone having touched the page.
SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries()) {
        if (!hadRecentInput) window.shifts.push({ value, nodes: sources.map(({ node }) => node?.className ?? node?.nodeName) });
    }
}).observe({ type: "layout-shift", buffered: true });
"""

# Elements that cut off what is in them, and pages wider than their window: axe sees neither.
CUT_OFF = """() => {
    const found = [];
    if (document.documentElement.scrollWidth > innerWidth) {
        found.push(`page: ${document.documentElement.scrollWidth} > ${innerWidth}`);
    }
    for (const element of document.querySelectorAll("body *")) {
        // What can be scrolled by hand and by keys is not cut off: rows of cards, tables, code.
        if (element.matches("input, textarea, select, [tabindex='0']")) continue;
        if (element.matches(".pick, .pick *")) continue;
        const hides = getComputedStyle(element).overflowX !== "visible";
        if (hides && element.clientWidth && element.scrollWidth > element.clientWidth + 1) {
            found.push(`${element.tagName}.${element.className}: ${element.scrollWidth} > ${element.clientWidth}`);
        }
    }
    return found;
}"""

# Elements that a bar covers, wholly or in part, when they get the focus from the keyboard.
COVERED = """async (selector) => {
    const bars = [...document.querySelectorAll(".bar, .act, .nav")]
        .filter((bar) => ["sticky", "fixed"].includes(getComputedStyle(bar).position) && bar.offsetParent !== undefined);
    const found = [];
    for (const element of document.querySelectorAll(selector)) {
        const shown = element.closest("label") ?? element;
        if (!shown.getClientRects().length || element.closest(".act")) continue;
        element.focus({ focusVisible: true });
        if (document.activeElement !== element) continue;
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const { top, bottom, height } = element.getBoundingClientRect();
        for (const bar of bars) {
            const own = bar.getBoundingClientRect();
            if (!own.height || height > innerHeight - own.height) continue;
            if (top < own.bottom - 1 && bottom > own.top + 1) {
                found.push(`${element.tagName} ${element.name ?? ""} ${top}..${bottom} under ${bar.className} ${own.top}..${own.bottom}`);
            }
        }
    }
    return found;
}"""


def check(page):
    """One page in all windows: only its style depends on them, so it is loaded once.

    Every rule is tried at every width. The second theme of a width changes colours and nothing
    else, so it is tried with the rules about colour.
    """
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert page.title() and page.locator("html").get_attribute("lang") == "en"
    page.evaluate(AXE)
    found = []
    widths = set()
    for width, theme in WINDOWS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=theme)
        # What is half scrolled away under the bar is no small target.
        page.evaluate("scrollTo(0, 0)")
        rules = COLOUR if width in widths else TAGS
        widths.add(width)
        violations = page.evaluate("(rules) => axe.run({ runOnly: rules, resultTypes: ['violations'] })", rules)["violations"]
        found += [(width, theme, v["id"], [n["target"] for n in v["nodes"]]) for v in violations]
        found += [(width, theme, cut) for cut in page.evaluate(CUT_OFF)]
    assert found == []


@pytest.mark.parametrize("path", OPEN)
def test_an_open_page_is_accessible_and_whole(open_as, path):
    page = open_as()
    page.goto(path)
    ready(page)
    check(page)


@pytest.mark.refusals(404)
@pytest.mark.parametrize("path", ["/no-such-page", "/404", "/429", "/50x", "/maintenance"])
def test_an_error_page_is_accessible_and_whole(open_as, path):
    page = open_as()
    page.goto(path)
    ready(page)
    check(page)


@pytest.fixture(scope="module")
def large_text(playwright, browser_type_launch_args):
    """A browser whose usual text is 200 % of the usual size."""
    with playwright.chromium.launch(**browser_type_launch_args, args=["--blink-settings=defaultFontSize=32"]) as browser:
        yield browser


@pytest.mark.parametrize("width, height", [(1280, 800), (640, 800), (390, 664), (320, 568)])
@pytest.mark.parametrize("path", ["/", "/signup", "/login", "/reset", "/create", "/create?tier=premium", "/videos", "/credits", "/account", "ready", "failed"])
def test_text_of_twice_the_size_breaks_nothing(large_text, browser_context_args, nothing_goes_wrong, buyer, videos, path, width, height):
    is_open = path in OPEN
    context = large_text.new_context(**{**browser_context_args, "viewport": {"width": width, "height": height}, "storage_state": None if is_open else buyer.state})
    nothing_goes_wrong(context)
    page = context.new_page()
    page.goto(videos.get(path, path))
    ready(page)
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
    if path.startswith("/create"):
        page.get_by_text("More settings").click()
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate(COVERED, "main a, main button, main input, main textarea, main select, main summary") == []
    context.close()


def test_no_style_asks_for_pixels_of_the_window():
    """They stay the same when somebody has larger text; em grow with it."""
    sheets = (Path(__file__).resolve().parents[2] / "nginx/html").rglob("*.css")
    asked = [query for sheet in sheets for query in re.findall(r"@(?:media|container)[^{]*", sheet.read_text())]
    assert asked and not [query for query in asked if re.search(r"\dpx", query)]


@pytest.mark.parametrize("path", ["/create", "/create?tier=premium", "/create?tier=auto", "/credits", "/videos", "/account", "ready", "failed"])
@pytest.mark.parametrize("width, height", [(390, 664), (320, 568), (664, 390), (1280, 600)])
def test_what_has_the_focus_is_in_sight(open_as, buyer, videos, path, width, height):
    page = open_as(buyer, viewport={"width": width, "height": height}, has_touch=width < 1000)
    page.goto(videos.get(path, path))
    ready(page)
    if path.startswith("/create"):
        page.get_by_text("More settings").click()
    selector = "main a, main button, main input, main textarea, main select, main summary"
    assert page.evaluate(COVERED, selector) == []


def test_the_focused_prompt_is_between_the_bars_of_a_phone(open_as, buyer):
    page = open_as(buyer, viewport={"width": 390, "height": 664}, has_touch=True)
    page.goto("/create")
    ready(page)
    page.get_by_label("Prompt", exact=True).focus()
    prompt = page.get_by_label("Prompt", exact=True).bounding_box()
    assert prompt["y"] >= page.locator(".bar").bounding_box()["height"]
    assert prompt["y"] + prompt["height"] <= page.locator(".act").bounding_box()["y"]


def test_a_poster_keeps_its_shape(open_as, buyer, videos):
    identifier = videos["ready"].split("/")[-1]
    page = open_as(buyer)
    job = page.request.get(f"/api{videos['ready']}").json()
    on_the_way = {**job, "status": "processing", "statusDetail": "saving", "videoUrl": None, "posterUrl": None, "completedAt": None}
    page.route(re.compile(r"/api/videos\?status=active&limit=20$"), lambda route: route.fulfill(json={"items": [on_the_way], "nextCursor": None}))
    page.goto("/create")
    poster = page.locator(f'[data-job="{identifier}"] img')
    expect(poster).to_be_visible()
    for width in [1280, 900, 390, 320]:
        page.set_viewport_size({"width": width, "height": 800})
        poster.scroll_into_view_if_needed()
        box = poster.bounding_box()
        assert abs(box["width"] / box["height"] - 16 / 9) < 0.02
        # Whatever shape a video has, all of it is in its picture.
        assert poster.evaluate("(image) => getComputedStyle(image).objectFit") == "contain"


def test_the_open_menu_is_accessible_and_within_a_landmark(open_as, newcomer):
    page = open_as(newcomer)
    page.goto("/videos")
    ready(page)
    page.get_by_role("button", name="Account").click()
    expect(page.get_by_role("banner").get_by_text("Signed in as")).to_be_visible()
    check(page)


def test_whoever_chooses_a_tier_sees_it_on_create_signed_in_or_not(open_as, newcomer):
    for person in [None, newcomer]:
        page = open_as(person)
        page.goto("/")
        page.get_by_role("link", name="Create with Basic").click()
        expect(page.locator('input[name="tier"]:checked')).to_have_value("basic")


FOREIGN = "\u0634\u0639\u0644\u0628 \u0623\u062d\u0645\u0631 (fox) 2."


@pytest.mark.parametrize("path", ["ready", "/videos", "/create"])
def test_foreign_words_stand_in_their_own_direction(open_as, buyer, videos, path):
    page = open_as(buyer)
    job = page.request.get(f"/api{videos['ready']}").json()
    foreign = {**job, "prompt": FOREIGN, "negativePrompt": FOREIGN}
    items = {"items": [foreign], "nextCursor": None}
    page.route(re.compile(r"/api/videos\?"), lambda route: route.fulfill(json=items))
    page.route(re.compile(f"/api{videos['ready']}$"), lambda route: route.fulfill(json=foreign))
    page.goto(videos.get(path, path))
    ready(page)
    if path == "/create":
        page.get_by_label("Prompt", exact=True).fill(FOREIGN)
        assert page.get_by_label("Prompt", exact=True).evaluate("(field) => getComputedStyle(field).direction") == "rtl"
    for words in page.locator("main").get_by_text(FOREIGN).all():
        assert words.evaluate("(element) => getComputedStyle(element).direction") == "rtl"
    # Within a sentence or a title they are set apart.
    for text in [page.title(), *page.locator("[aria-label]").evaluate_all("(all) => all.map((one) => one.ariaLabel)")]:
        assert FOREIGN[:5] not in text or "\u2068" in text or text == FOREIGN


@pytest.mark.parametrize("path", PRIVATE)
def test_a_private_page_is_accessible_and_whole(open_as, buyer, path):
    page = open_as(buyer)
    page.goto(path)
    ready(page)
    check(page)


@pytest.mark.parametrize("tier", ["economy", "basic", "auto"])
def test_the_form_with_all_its_settings_is_accessible_and_whole(open_as, newcomer, tier):
    page = open_as(newcomer)
    page.goto(f"/create?tier={tier}")
    ready(page)
    page.get_by_text("More settings").click()
    check(page)


@pytest.mark.parametrize("name", ["ready", "failed"])
def test_a_video_is_accessible_and_whole(open_as, buyer, videos, name):
    page = open_as(buyer)
    page.goto(videos[name])
    ready(page)
    check(page)


def test_a_purchase_is_accessible_and_whole(open_as, buyer):
    page = open_as(buyer)
    page.goto(buyer.purchase)
    ready(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Paid.")
    check(page)


def test_the_list_of_keys_is_accessible_and_whole(open_as, newcomer):
    page = open_as(newcomer)
    page.goto("/videos")
    ready(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    check(page)


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


WHO = [(None, path) for path in OPEN] + [("buyer", path) for path in ["/create", "/create?tier=auto", "/videos", "/credits", "/account", "ready"]] + [("newcomer", "/videos")]


@pytest.mark.parametrize("who, path", WHO)
def test_a_page_keeps_its_budget(open_as, buyer, newcomer, videos, who, path):
    """80 KB and 15 requests for a page's own files and answers, media and the tab's icon apart; and nothing jumps."""
    page = open_as({"buyer": buyer, "newcomer": newcomer}.get(who))
    page.add_init_script(SHIFTS)
    sizes = {}
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    names = {}
    session.on("Network.responseReceived", lambda event: names.update({event["requestId"]: (event["type"], event["response"]["url"])}))
    session.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    page.goto(videos.get(path, path))
    ready(page)
    counted = {
        id: size
        for id, size in sizes.items()
        if names.get(id, ("Other", ""))[0] not in ("Media", "Image") and "favicon" not in names.get(id, ("", ""))[1]
    }
    assert len(counted) <= 15, [names[id] for id in counted]
    assert sum(counted.values()) <= 80 * 1024, {names[id][1]: size for id, size in counted.items()}
    shifts = page.evaluate("shifts")
    assert sum(shift["value"] for shift in shifts) < 0.05, shifts


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
    expect(page.get_by_label("Prompt", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator('input[name="tier"]:checked')).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator('input[name="tier"]:checked')).to_have_value("premium")


def test_single_keys_lead_about_but_not_while_typing(open_as, newcomer):
    page = open_as(newcomer)
    page.goto("/credits")
    ready(page)
    page.keyboard.press("g")
    page.keyboard.press("v")
    expect(page).to_have_url(re.compile(r"/videos$"))
    ready(page)
    page.keyboard.press("/")
    search = page.get_by_label("Search in titles and prompts")
    expect(search).to_be_focused()
    page.keyboard.type("c?/gv")
    expect(search).to_have_value("c?/gv")
    search.fill("")
    search.blur()
    page.keyboard.press("c")
    expect(page).to_have_url(re.compile(r"/create$"))


def test_single_keys_can_be_switched_off(open_as, newcomer):
    page = open_as(newcomer)
    page.goto("/videos")
    ready(page)
    page.get_by_role("button", name="Account").click()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_label("Use the single keys").uncheck()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.get_by_label("Search in titles and prompts")).not_to_be_focused()
    page.reload()
    ready(page)
    page.keyboard.press("?")
    page.get_by_role("button", name="Account").click()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_label("Use the single keys").check()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_label("Search in titles and prompts")).to_be_focused()
