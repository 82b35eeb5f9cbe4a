"""The account and the pages that mails lead to: what they ask of the API, and what they make of each answer."""

import re

import pytest
from pages import ready
from playwright.sync_api import expect
from test_pages import check

TOKEN = "A1b2-C3d4_E5f6"
INVALID_LINK = {"error": {"code": "INVALID_INPUT", "message": "Some fields need another value.", "action": "correct_input",
                          "details": [{"field": "token", "message": "This link does not work any more."}]}, "requestId": "x"}  # fmt: skip


def refusal(field, message):
    return {**INVALID_LINK, "error": {**INVALID_LINK["error"], "details": [{"field": field, "message": message}]}}


class Answers:
    """Answers of the API chosen by a test, and what was asked."""

    def __init__(self, page):
        self.page, self.asked = page, []

    def give(self, method, pattern, status, body=None, times=None):
        def answer(route):
            if route.request.method != method:
                return route.fallback()
            self.asked.append((method, route.request.url.split("/api/")[1], route.request.post_data_json if route.request.post_data else None))
            if status is None:
                route.abort("connectionreset")
            elif body is None:
                route.fulfill(status=status)
            else:
                route.fulfill(status=status, json=body)

        self.page.route(re.compile(rf"/api/{pattern}$"), answer, **({"times": times} if times else {}))
        return self


@pytest.fixture
def answers(page):
    return Answers(page)


def me(email="you@example.org", verified=True, pending=None):
    kinds = ["videoReady", "videoFailed", "receipt", "creditLapsing", "lowBalance"]
    return {"id": "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "email": email, "name": None, "language": "en", "emailVerified": verified,
            "pendingEmail": pending, "role": "user",
            "createdAt": "2026-01-01T00:00:00Z", "balance": 5, "reserved": 0, "notifications": {kind: kind != "receipt" for kind in kinds}}  # fmt: skip


def session(number, current=False):
    return {"id": f"0190a1b2-c3d4-7e5f-8a9b-{number:012d}", "isCurrent": current, "createdAt": "2026-01-01T00:00:00Z",
            "lastUsedAt": "2026-01-02T00:00:00Z", "expiresAt": "2026-02-01T00:00:00Z", "address": "203.0.113.9",
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" if current else "curl/8.1 " + "x" * 200}  # fmt: skip


def open_account(page, answers, person=None, sessions=(session(1, True), session(2), session(3))):
    answers.give("GET", "me", 200, person or me())
    answers.give("GET", "sessions", 200, {"items": list(sessions), "nextCursor": None})
    answers.give("GET", "me/export", 200, {"status": "none"})
    answers.give("GET", "me/second-factor", 200, {"isOn": False, "since": None, "recoveryCodesLeft": 0})
    page.goto("/account")
    ready(page)


# A forgotten password.


@pytest.mark.parametrize("start", ["/login", "/reset"])
def test_a_link_is_asked_for_by_address(page, answers, start):
    answers.give("POST", "auth/password/forgot", 202, {"status": "check_mail"})
    page.goto(start)
    if start == "/login":
        page.get_by_role("link", name="Forgot your password?").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Forgot your password?")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.get_by_label("E-mail").fill(" you@example.org ")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your mail")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page.get_by_text("you@example.org")).to_be_visible()
    assert answers.asked == [("POST", "auth/password/forgot", {"email": "you@example.org"})]


def test_a_new_password_is_set_by_the_links_token_which_stays_nowhere(page, answers):
    answers.give("POST", "auth/password/reset", 204)
    page.goto(f"/reset#{TOKEN}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Set a new password")
    expect(page).to_have_url(re.compile(r"/reset$"))
    expect(page.get_by_label("E-mail")).to_be_hidden()
    page.get_by_label("New password", exact=True).fill("short")
    page.get_by_role("button", name="Set the new password").click()
    expect(page.get_by_label("New password", exact=True)).to_have_accessible_description(re.compile("at least 8 characters"))
    page.get_by_label("New password", exact=True).fill("a much longer one")
    page.get_by_role("button", name="Set the new password").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your password is changed")
    assert answers.asked == [("POST", "auth/password/reset", {"token": TOKEN, "password": "a much longer one"})]
    assert TOKEN not in page.evaluate("JSON.stringify([{ ...sessionStorage }, { ...localStorage }, history.state, location.href])")
    page.get_by_role("link", name="Log in").last.click()
    expect(page).to_have_url(re.compile(r"/login$"))


@pytest.mark.refusals(400)
def test_a_link_that_is_over_leads_to_another(page, answers):
    answers.give("POST", "auth/password/reset", 400, INVALID_LINK)
    page.goto(f"/reset#{TOKEN}")
    page.get_by_label("New password", exact=True).fill("a much longer one")
    page.get_by_role("button", name="Set the new password").click()
    expect(page.get_by_role("alert")).to_contain_text("This link does not work any more")
    page.get_by_role("link", name="Ask for another link").click()
    expect(page.get_by_label("E-mail")).to_be_visible()


@pytest.mark.refusals(400, 429)
@pytest.mark.lost_answers
def test_a_refused_password_or_a_lost_answer_keeps_what_was_typed(page, answers):
    page.goto(f"/reset#{TOKEN}")
    answers.give("POST", "auth/password/reset", 429, {"error": {"code": "RATE_LIMITED", "message": "Try again in 6 seconds."}, "requestId": "x"})
    answers.give("POST", "auth/password/reset", None, times=1)
    answers.give("POST", "auth/password/reset", 400, refusal("password", "This password is too common."), times=1)
    field = page.get_by_label("New password", exact=True)
    field.fill("password1234")
    button = page.get_by_role("button", name="Set the new password")
    button.click()
    expect(field).to_have_accessible_description(re.compile("too common"))
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("We could not reach the server")
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("Try again in 6 seconds.")
    expect(field).to_have_value("password1234")
    assert [body["token"] for _, _, body in answers.asked] == [TOKEN] * 3


def test_another_link_in_the_same_tab_counts(page, answers):
    answers.give("POST", "auth/password/reset", 204)
    page.goto("/reset")
    page.evaluate(f"location.hash = '{TOKEN}'")
    expect(page.get_by_role("heading", level=1)).to_have_text("Set a new password")


# Proving an address.


def test_the_link_of_the_mail_proves_the_address(page, answers):
    answers.give("POST", "auth/verify-email", 200, {"user": me()})
    page.goto(f"/verify#{TOKEN}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your address is confirmed")
    expect(page).to_have_url(re.compile(r"/verify$"))
    assert answers.asked == [("POST", "auth/verify-email", {"token": TOKEN})]
    expect(page.get_by_role("main").get_by_role("link", name="Log in")).to_be_visible()


@pytest.mark.refusals(400)
def test_a_link_that_proves_nothing_says_so(page, answers):
    answers.give("POST", "auth/verify-email", 400, INVALID_LINK)
    page.goto(f"/verify#{TOKEN}")
    expect(page.get_by_role("heading", level=1)).to_have_text("This link does not work any more")


@pytest.mark.refusals(400)
@pytest.mark.lost_answers
def test_a_lost_answer_about_a_link_is_asked_for_again(page, answers):
    """The link works once; that it had worked shows in the account."""
    page.add_init_script("localStorage.setItem('rushes.signedIn', 'yes')")
    answers.give("GET", "me", 200, me())
    answers.give("POST", "auth/verify-email", 400, INVALID_LINK)
    answers.give("POST", "auth/verify-email", None, times=1)
    page.goto(f"/verify#{TOKEN}")
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your address is confirmed already")
    expect(page.get_by_role("link", name="Create a video")).to_be_visible()


def test_without_a_link_the_page_says_what_it_is_for(page):
    page.goto("/verify")
    expect(page.get_by_role("heading", level=1)).to_have_text("Open the link in your mail")


@pytest.mark.parametrize("path", ["/signup", "/login"])
def test_who_has_to_prove_the_address_first_is_sent_to_the_mail(page, answers, path):
    answers.give("POST", "auth/(register|login)", 202, {"status": "check_mail"})
    page.goto(path)
    page.get_by_label("E-mail").fill("you@example.org")
    page.get_by_label("Password", exact=True).fill("a much longer one")
    page.get_by_role("button", name="Create account" if path == "/signup" else "Log in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your mail")
    expect(page.get_by_text("you@example.org")).to_be_visible()
    expect(page.get_by_role("link", name="Log in").first).to_be_visible()


# The account.


@pytest.mark.refusals(401)
def test_the_account_asks_to_log_in(page):
    page.goto("/account")
    expect(page).to_have_url(re.compile(r"/login\?next=%2Faccount$"))


def test_the_account_is_reached_from_the_menu(open_as, newcomer):
    page = open_as(newcomer)
    Answers(page).give("GET", "sessions", 200, {"items": [session(1, True)], "nextCursor": None})
    page.goto("/videos")
    page.get_by_role("button", name="Account").click()
    page.get_by_role("link", name="Account", exact=True).click()
    expect(page).to_have_url(re.compile(r"/account$"))
    expect(page.locator("[data-address]")).to_have_text(newcomer.email)


@pytest.mark.refusals(429)
def test_an_address_that_is_not_proved_gets_its_mail_again(page, answers):
    answers.give("POST", "me/verification", 202, {"status": "check_mail"})
    answers.give("POST", "me/verification", 429, {"error": {"code": "RATE_LIMITED", "message": "Try again in 2 minutes."}, "requestId": "x"}, times=1)
    open_account(page, answers, me(verified=False))
    expect(page.get_by_text("Not confirmed yet.")).to_be_visible()
    button = page.get_by_role("button", name="Send the mail again")
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("Try again in 2 minutes.")
    button.click()
    expect(page.get_by_text("The mail is on its way.")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_proved_address_offers_no_mail(page, answers):
    open_account(page, answers)
    expect(page.locator("[data-verified]")).to_have_text("Confirmed")
    expect(page.get_by_role("button", name="Send the mail again")).to_be_hidden()


@pytest.mark.refusals(400)
def test_the_address_is_changed_with_the_password(page, answers):
    answers.give("PATCH", "me", 200, me(pending="new@example.org"))
    answers.give("PATCH", "me", 400, refusal("currentPassword", "This is not your password."), times=1)
    open_account(page, answers)
    page.get_by_text("Change the address").first.click()
    page.get_by_label("New address").fill("new@example.org")
    page.get_by_label("Your password", exact=True).fill("wrong one")
    page.get_by_role("button", name="Change the address").click()
    expect(page.get_by_label("Your password", exact=True)).to_have_accessible_description("This is not your password.")
    page.get_by_label("Your password", exact=True).fill("the right one")
    page.get_by_role("button", name="Change the address").click()
    expect(page.locator("[data-pending]")).to_contain_text("new@example.org")
    expect(page.locator("[data-address]")).to_have_text("you@example.org")
    expect(page.get_by_label("Your password", exact=True)).to_have_value("")
    assert answers.asked[-1] == ("PATCH", "me", {"email": "new@example.org", "currentPassword": "the right one"})


def test_the_password_is_changed(page, answers):
    answers.give("POST", "auth/password/change", 204)
    open_account(page, answers)
    page.get_by_text("Change the password").first.click()
    page.get_by_label("Your present password", exact=True).fill("the old one")
    page.get_by_label("New password", exact=True).fill("the new one")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("Your password is changed.")).to_be_visible()
    assert ("POST", "auth/password/change", {"currentPassword": "the old one", "password": "the new one"}) in answers.asked
    # The others are ended: the list is asked for again.
    assert answers.asked.count(("GET", "sessions", None)) == 2


@pytest.mark.refusals(503)
def test_sessions_are_listed_and_ended(page, answers):
    answers.give("DELETE", "sessions/[0-9a-f-]+", 204)
    answers.give("DELETE", "sessions/[0-9a-f-]+", 503, {"error": {"code": "API_ERROR", "message": "Busy."}, "requestId": "x"}, times=1)
    open_account(page, answers)
    lines = page.locator("[data-session-id]")
    expect(lines).to_have_count(3)
    expect(lines.nth(0)).to_contain_text("Firefox on Linux")
    expect(lines.nth(0)).to_contain_text("This browser")
    expect(lines.nth(0).get_by_role("button")).to_have_count(0)
    lines.nth(1).get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("Busy.")
    expect(lines).to_have_count(3)
    lines.nth(1).get_by_role("button").click()
    expect(lines).to_have_count(2)
    assert answers.asked[-1] == ("DELETE", f"sessions/{session(2)['id']}", None)
    answers.give("DELETE", "sessions", 204)
    answers.give("GET", "sessions", 200, {"items": [session(1, True)], "nextCursor": None})
    page.get_by_role("button", name="End all others").click()
    expect(lines).to_have_count(1)
    expect(page.get_by_role("button", name="End all others")).to_be_hidden()


@pytest.mark.refusals(500)
def test_each_kind_of_mail_has_a_switch_that_tells_the_truth(page, answers):
    answers.give("PATCH", "me", 200, me())
    open_account(page, answers)
    expect(page.get_by_label("Receipts")).not_to_be_checked()
    page.get_by_label("A video is ready").uncheck()
    expect(page.get_by_label("A video is ready")).not_to_be_checked()
    assert answers.asked[-1] == ("PATCH", "me", {"notifications": {"videoReady": False}})
    answers.give("PATCH", "me", 500, {})
    page.get_by_label("Receipts").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Receipts")).not_to_be_checked()


# How they look: test_pages.py tries the open ones; this one needs answers.


def test_the_account_is_accessible_and_whole(page, answers):
    person = me(email="someone.with.a.very.long.address@a-very-long-name-of-a-domain.example.org", verified=False, pending="x" * 60 + "@example.org")
    open_account(page, answers, person)
    for words in ["Change the address", "Change the password"]:
        page.get_by_text(words).first.click()
    page.get_by_role("button", name="Change the password").click()
    check(page)
