"""The ways that people take through the shop, from the first page to the playing video."""

import re
import uuid
from urllib.parse import quote

import pytest
from pages import Person, balance, buy, card, choose, create_button, log_in, press, sign_up, write_prompt
from playwright.sync_api import expect

# A stand-in video is rendered, fetched and saved in less.
MADE = 60_000

PLAYS = """async (video) => {
    video.muted = true;
    await video.play();
    while (video.currentTime <= 0.2 && !video.error) {
        await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
    }
    return { readyState: video.readyState, currentTime: video.currentTime, failed: video.error !== null };
}"""


def test_a_visitor_signs_up_buys_credit_and_watches_a_video(page):
    person = Person(email=f"test-{uuid.uuid4()}@example.com", password=f"tungsten {uuid.uuid4()}")
    sign_up(page, person)
    assert balance(page) == 0
    page.goto("/credits")
    expect(page.locator('[data-buy="starter"]')).to_contain_text("$9.99")
    buy(page, "starter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Paid. $10.00 added")
    assert balance(page) == 1000

    page.goto("/create")
    choose(page, "pro", 5)
    expect(create_button(page)).to_have_text("Create for $1.86")
    expect(page.get_by_text("Balance after: $8.14")).to_be_visible()
    prompt = write_prompt(page, "A red fox trots through fresh snow at dawn")
    create_button(page).click()
    expect(page.locator("[data-balance]")).to_have_text("$8.14")
    expect(card(page, prompt)).to_have_attribute("data-status", "completed", timeout=MADE)
    assert balance(page) == 814

    card(page, prompt).get_by_role("link", name="Open").click()
    expect(page).to_have_url(re.compile(r"/videos/[0-9a-f-]{36}$"))
    player = page.locator("video")
    expect(player).to_have_js_property("error", None)
    seen = player.evaluate(PLAYS)
    assert seen["readyState"] >= 2 and seen["currentTime"] > 0.2 and not seen["failed"]
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename.endswith(".mp4")

    page.goto("/credits")
    ledger = page.locator("[data-ledger]")
    expect(ledger).to_contain_text("−$1.86")
    expect(ledger).to_contain_text("+$10.00")


def test_a_failed_video_is_not_charged(open_as, buyer):
    page = open_as(buyer)
    page.goto("/create")
    choose(page, "economy", 5)
    before = balance(page)
    prompt = write_prompt(page, "!fail a paper boat in the rain")
    create_button(page).click()
    expect(card(page, prompt)).to_have_attribute("data-status", "failed", timeout=MADE)
    expect(card(page, prompt)).to_contain_text("Failed. $1.00 returned")
    assert balance(page) == before
    page.reload()
    assert balance(page) == before


def test_a_refused_prompt_is_not_charged(open_as, buyer):
    page = open_as(buyer)
    page.goto("/create")
    choose(page, "economy", 5)
    before = balance(page)
    prompt = write_prompt(page, "!refuse a tram on a steep street")
    create_button(page).click()
    expect(card(page, prompt)).to_contain_text("refused this prompt. Not charged.", timeout=MADE)
    assert balance(page) == before


def test_too_little_credit_offers_more_and_keeps_the_draft(open_as, newcomer):
    page = open_as(newcomer)
    page.goto("/create")
    choose(page, "basic", 5)
    prompt = write_prompt(page, "Rain on a neon street")
    expect(create_button(page)).to_have_text("Add credit ($1.55 short)")
    create_button(page).click()
    expect(page).to_have_url(re.compile(r"/credits\?need=1\.55$"))
    expect(page.locator(".pack.chosen")).to_have_attribute("data-pack", "starter")
    page.get_by_role("link", name="Back to your draft").click()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(prompt)
    expect(page.locator('input[name="tier"]:checked')).to_have_value("basic")


def test_a_double_click_makes_one_video(open_as, buyer):
    page = open_as(buyer)
    page.goto("/create")
    choose(page, "economy", 5)
    before = balance(page)
    prompt = write_prompt(page, "A lighthouse at night")
    create_button(page).dblclick()
    expect(card(page, prompt)).to_have_count(1)
    # The button comes back, so all that the two clicks could start has been started.
    expect(create_button(page)).to_have_text(re.compile("^(Create for|Add credit)"))
    assert balance(page) == before - 100
    page.goto("/videos?q=" + prompt.split()[-1])
    expect(page.locator("[data-job]")).to_have_count(1)


@pytest.mark.refusals(500)
def test_a_lost_answer_is_asked_for_again_with_the_same_key(open_as, buyer):
    page = open_as(buyer)
    keys = []

    def lose_the_first(route):
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch()
            route.fulfill(status=500, json={"error": {"code": "INTERNAL", "message": "Lost.", "action": "retry"}, "requestId": "lost"})
        else:
            route.continue_()

    page.route("**/api/videos/generate", lose_the_first)
    page.goto("/create")
    choose(page, "economy", 5)
    before = balance(page)
    prompt = write_prompt(page, "Steam over a bowl of noodles")
    create_button(page).click()
    expect(page.get_by_role("alert")).to_contain_text("Lost.")
    create_button(page).click()
    expect(card(page, prompt).first).to_be_visible()
    assert len(keys) == 2 and keys[0] == keys[1]
    assert balance(page) == before - 100
    page.goto("/videos?q=" + prompt.split()[-1])
    expect(page.locator("[data-job]")).to_have_count(1)


def test_an_abandoned_payment_changes_nothing(open_as, newcomer):
    page = open_as(newcomer)
    page.goto("/credits")
    page.locator('[data-buy="standard"]').click()
    press(page, "abandon")
    expect(page).to_have_url(re.compile(r"/credits\?package=standard&canceled="))
    expect(page.get_by_text("The payment was not completed")).to_be_visible()
    expect(page.locator(".pack.chosen")).to_have_attribute("data-pack", "standard")
    assert balance(page) == 0


@pytest.mark.refusals(401)
def test_a_private_page_asks_to_log_in_and_comes_back(open_as, buyer):
    page = open_as()
    page.goto("/videos?status=completed")
    expect(page).to_have_url(re.compile(r"/login\?next=%2Fvideos%3Fstatus%3Dcompleted$"))
    log_in(page, buyer)
    expect(page).to_have_url(re.compile(r"/videos\?status=completed$"))
    expect(page.get_by_label("State")).to_have_value("completed")
    page.get_by_role("button", name="Account").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("/")
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
    page.goto("/credits")
    expect(page).to_have_url(re.compile(r"/login\?next=%2Fcredits$"))


# Each of these leads to another site in some reading of it.
ELSEWHERE = [
    "https://example.com/", "//example.com/", "/\\example.com/", "\\\\example.com/", "///example.com/x",
    "/.//example.com/x", "/..//example.com/x", "/%2e//example.com/x", "/a/..//example.com/x", "./\\\\/example.com",
    "\t//example.com/", "/\t/example.com/", "/\n/example.com/", " //example.com/", "https:\\\\example.com/",
    "http://localhost/", "//localhost:1/", "javascript:alert(1)", "java\nscript:alert(1)",
    "data:text/html,x", "blob:https://example.com/x", "https://user@localhost:8443.example.com/",
]


@pytest.mark.refusals(401)
@pytest.mark.parametrize("wanted", ["/.//example.com/x", *ELSEWHERE[:4]])
def test_login_leads_to_no_other_site(open_as, buyer, wanted):
    page = open_as(buyer)
    page.goto("/create")
    expect(page.locator("[data-email]")).to_have_text(buyer.email)
    page.goto(f"/login?next={quote(wanted, safe='')}")
    expect(page).to_have_url(re.compile(r"^https://[^/]+/create$"))


def test_an_address_of_this_site_is_judged_as_it_is_used(open_as):
    page = open_as()
    page.goto("/")

    def own(texts):
        module = "const { ownAddress } = await import(document.querySelector('link[href$=\"/js/site.js\"]').href);"
        return page.evaluate(f"async (texts) => {{ {module} return texts.map(ownAddress); }}", texts)

    origin = page.evaluate("location.origin")
    user = origin.replace("://", "://user@") + "/videos"
    assert own([*ELSEWHERE, user, f"blob:{origin}/x", origin + ".example.com/"]) == [None] * (len(ELSEWHERE) + 3)
    taken = ["/videos?q=a#b", "videos", "?q=a", "/a%2F%2Fb", "/a//b", f"{origin}/credits", "/%2F/example.com"]
    assert own(taken) == [
        f"{origin}/videos?q=a#b", f"{origin}/videos", f"{origin}/?q=a", f"{origin}/a%2F%2Fb",
        f"{origin}/a//b", f"{origin}/credits", f"{origin}/%2F/example.com",
    ]  # fmt: skip


def test_a_payment_page_has_a_web_address(open_as):
    page = open_as()
    page.goto("/")
    module = "const { webAddress } = await import(document.querySelector('link[href$=\"/js/site.js\"]').href);"
    texts = ["https://pay.example/a b", "javascript:alert(1)", "\tjavascript:alert(1)", "data:text/html,x", "/videos", ""]
    found = page.evaluate(f"async (texts) => {{ {module} return texts.map(webAddress); }}", texts)
    assert found == ["https://pay.example/a%20b", None, None, None, None, None]


def test_what_was_typed_survives_a_reload(open_as, newcomer):
    page = open_as(newcomer)
    page.goto("/create?tier=premium&duration=10")
    prompt = write_prompt(page, "Clouds over a ridge")
    page.get_by_label("Start picture").fill("https://example.com/ridge.jpg")
    page.reload()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(prompt)
    expect(page.get_by_label("Start picture")).to_have_value("https://example.com/ridge.jpg")
    expect(page.locator('input[name="duration"]:checked')).to_have_value("10")
    expect(page.locator('input[name="tier"]:checked')).to_have_value("premium")


def test_what_is_typed_before_the_page_has_loaded_stays(open_as, newcomer):
    page = open_as(newcomer)
    page.goto("/create?tier=basic")
    draft = write_prompt(page, "Fog over a harbour")
    held = []
    page.route("**/api/tiers", lambda route: held.append(route))
    page.reload(wait_until="commit")
    prompt = page.get_by_label("Prompt", exact=True)
    expect(prompt).to_have_value(draft)
    prompt.fill(draft + ", slow")
    prompt.press_sequentially("er")
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    expect(page.locator('input[name="tier"]:checked')).to_have_value("basic")
    expect(create_button(page)).to_have_text("Add credit ($1.55 short)")
    expect(prompt).to_have_value(draft + ", slower")


def test_a_form_says_beside_the_field_what_is_wrong(open_as, buyer):
    page = open_as(buyer)
    page.goto("/create")
    choose(page, "economy", 5)
    page.get_by_label("Prompt", exact=True).fill("ab")
    create_button(page).click()
    prompt = page.get_by_label("Prompt", exact=True)
    expect(prompt).to_be_focused()
    expect(prompt).to_have_attribute("aria-invalid", "true")
    expect(prompt).to_have_accessible_description(re.compile("Write at least"))


@pytest.mark.refusals(400)
def test_the_cheapest_tier_that_fits_says_its_price_and_why(open_as, buyer):
    page = open_as(buyer)
    page.goto("/create?tier=auto")
    expect(create_button(page)).to_have_text("Create for $1.00")
    choice = page.locator("label.auto")
    expect(choice).to_contain_text("Economy is the cheapest")
    page.get_by_text("More settings").click()
    page.get_by_label("Resolution", exact=True).select_option("1080p")
    expect(create_button(page)).to_have_text("Create for $1.55")
    expect(choice).to_contain_text("Basic is the cheapest")
    page.get_by_label("Negative prompt", exact=True).fill("rain")
    expect(choice).to_contain_text("No tier can do all that is asked")
    expect(create_button(page)).to_have_attribute("aria-disabled", "true")
    page.get_by_label("Resolution", exact=True).select_option("")
    expect(create_button(page)).to_have_text("Create for $1.00")
    prompt = write_prompt(page, "A tram climbs a steep street")
    before = balance(page)
    create_button(page).click()
    expect(card(page, prompt)).to_contain_text("Economy")
    assert balance(page) == before - 100


def test_several_videos_of_one_prompt_are_ordered_at_once(open_as, buyer):
    page = open_as(buyer)
    page.goto("/create")
    choose(page, "economy", 5)
    page.locator('label:has(input[name="count"][value="2"])').click()
    expect(create_button(page)).to_have_text("Create 2 for $2.00")
    before = balance(page)
    prompt = write_prompt(page, "Cranes in a harbour at night")
    create_button(page).click()
    expect(card(page, prompt)).to_have_count(2)
    for each in card(page, prompt).all():
        expect(each).to_contain_text("$1.00")
    assert balance(page) == before - 200


def test_a_failed_video_can_be_tried_again_and_the_draft_comes_back(open_as, buyer, videos):
    page = open_as(buyer)
    page.goto("/create")
    draft = write_prompt(page, "Something half thought out")
    page.goto(videos["failed"])
    expect(page.get_by_text("Failed. $1.00 returned")).to_be_visible()
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("!fail a kite above the dunes")
    expect(page.locator('input[name="tier"]:checked')).to_have_value("economy")
    expect(create_button(page)).to_be_focused()
    page.get_by_role("button", name="Bring back my draft").click()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(draft)


@pytest.mark.parametrize(
    "state, words",
    [
        ({"status": "pending", "statusDetail": "queued", "position": 3}, ["Queued, third in line", "Cancel, free"]),
        ({"status": "processing", "statusDetail": "submitting"}, ["Starting"]),
        ({"status": "processing", "statusDetail": "rendering", "estimate": {"p50Seconds": 1e8, "p90Seconds": 1e8 + 60}}, ["Rendering", "Usually"]),
        ({"status": "processing", "statusDetail": "rendering", "estimate": {"p50Seconds": 0, "p90Seconds": 0.01}}, ["Taking longer than usual. Nothing is lost."]),
        ({"status": "processing", "statusDetail": "saving"}, ["Saving your video"]),
        ({"status": "processing", "statusDetail": "checking"}, ["We lost contact and are checking. Your $1.00 stays reserved, not spent."]),
    ],
)
def test_a_video_on_the_way_says_where_it_stands(open_as, buyer, videos, state, words):
    """The server's real answer, put back to an earlier state: none of them lasts long enough to be caught."""
    page = open_as(buyer)

    def earlier(route):
        answer = route.fetch()
        job = {**answer.json(), "userCharged": None, "videoUrl": None, "posterUrl": None, "completedAt": None, **state}
        route.fulfill(response=answer, json=job)

    page.route(f"**/api{videos['ready']}", earlier)
    page.goto(videos["ready"])
    for line in [*words, "You can close this page."]:
        expect(page.get_by_text(line, exact=False).first).to_be_visible()


def test_a_hidden_tab_says_in_its_title_that_the_video_is_ready(open_as, buyer, videos):
    page = open_as(buyer)
    page.add_init_script("Object.defineProperty(document, 'hidden', { get: () => window.isHidden ?? false })")
    asked = []

    def first_earlier(route):
        answer = route.fetch()
        asked.append(answer)
        unfinished = {"status": "processing", "statusDetail": "rendering", "videoUrl": None, "completedAt": None}
        route.fulfill(response=answer, json={**answer.json(), **(unfinished if len(asked) == 1 else {})})

    page.route(f"**/api{videos['ready']}", first_earlier)
    page.goto(videos["ready"])
    expect(page.get_by_text("Rendering")).to_be_visible()
    page.evaluate("window.isHidden = true")
    expect(page).to_have_title(re.compile(r"^\(1\) ready"))
    page.evaluate("window.isHidden = false; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page).not_to_have_title(re.compile(r"ready"))
