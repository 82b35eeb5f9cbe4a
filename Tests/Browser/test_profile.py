"""Who a customer is: their name, the language of their mails, and which terms they agreed to."""

import email
import email.policy
import os
import re
import time
import uuid
from pathlib import Path

import pytest
from conftest import new_person
from pages import ready
from playwright.sync_api import expect
from test_pages import check

# A title that a mail reader must not take for markup, in letters of two directions.
NAME = "Zoë <b>Müller</b> שלום"


@pytest.fixture
def person(browser, browser_context_args):
    """Somebody of this test alone."""
    return new_person(browser, browser_context_args)


def open_account(open_as, person, **settings):
    page = open_as(person, **settings)
    page.goto("/account")
    ready(page)
    return page


def mail_to(address):
    """The newest mail to an address, once there is one."""
    folder = Path(os.environ["RUSHES_STATE_DIR"]) / "mail"
    end = time.monotonic() + 20
    while time.monotonic() < end:
        for path in sorted(folder.glob("*.eml"), reverse=True):
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if address in mail["To"]:
                return mail
        time.sleep(0.1)
    raise AssertionError(f"no mail to {address}")


@pytest.mark.refusals(400)
def test_a_name_saves_alone_and_stands_in_the_menu(open_as, person):
    page = open_account(open_as, person)
    field = page.get_by_label("What we call you")
    field.fill(f"  {NAME} ")
    field.press("Enter")
    expect(page.get_by_text("Your name is saved.")).to_be_visible()
    expect(field).to_have_value(NAME)
    page.reload()
    expect(field).to_have_value(NAME)
    page.get_by_role("button", name="Account", exact=True).click()
    expect(page.locator("[data-email]").first).to_have_text(NAME)
    page.keyboard.press("Escape")
    field.fill("Ada\u202eLovelace")
    page.get_by_role("button", name="Save the name").click()
    expect(field).to_have_accessible_description(re.compile("Use one line"))
    check(page)
    field.fill("")
    page.get_by_role("button", name="Save the name").click()
    expect(page.get_by_text("Your name is taken away.")).to_be_visible()
    page.reload()
    expect(field).to_have_value("")
    expect(page.locator("[data-email]").first).to_have_text(person.email)


def test_mails_come_in_the_language_that_was_chosen(open_as, person):
    page = open_account(open_as, person)
    language = page.get_by_label("Language of our mails")
    expect(language).to_have_value("en")
    language.select_option("de")
    expect(page.get_by_text("Our mails are written in this language now.")).to_be_visible()
    page.reload()
    expect(language).to_have_value("de")
    new = f"{uuid.uuid4()}@example.org"
    page.get_by_text("Change the address").first.click()
    page.get_by_label("New address").fill(new)
    page.locator("#address-password").fill(person.password)
    page.get_by_role("button", name="Change the address").click()
    expect(page.get_by_text("We have written to the new address.")).to_be_visible()
    mail = mail_to(new)
    assert mail["Subject"] == "Bitte bestätigen Sie Ihre neue Adresse"
    assert "folgen Sie innerhalb von 24 Stunden diesem Link" in mail.get_content()


@pytest.mark.refusals(500)
def test_a_language_that_was_not_saved_goes_back(open_as, person):
    page = open_account(open_as, person)
    page.route("**/api/me", lambda route: route.fulfill(status=500, json={}) if route.request.method == "PATCH" else route.fallback())
    page.get_by_label("Language of our mails").select_option("de")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Language of our mails")).to_have_value("en")


@pytest.mark.refusals(400)
def test_whoever_signs_up_agrees_to_the_terms_that_are_shown(open_as):
    page = open_as(locale="de-AT")
    page.goto("/terms")
    version = page.get_by_text("Version of terms and privacy notice").locator("code").text_content()
    assert re.fullmatch("[0-9a-f]{12}", version)
    page.goto("/signup")
    words = page.get_by_text("By creating an account you agree to the terms and the privacy notice.")
    expect(words.get_by_role("link", name="terms")).to_have_attribute("href", "/terms")
    expect(words.get_by_role("link", name="privacy notice")).to_have_attribute("href", "/privacy")
    # As if the terms had changed while the page was open.
    page.locator("[name=terms]").evaluate("(input) => (input.value = 'ffffffffffff')")
    page.get_by_label("E-mail").fill(f"{uuid.uuid4()}@example.org")
    page.get_by_label("Password", exact=True).fill("four words of my own")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("alert")).to_contain_text("The terms have just changed.")
    page.locator("[name=terms]").evaluate("(input, version) => (input.value = version)", version)
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url(lambda url: "/signup" not in url)
    me = page.request.get("/api/me").json()
    assert me["terms"]["version"] == version and me["terms"]["acceptedAt"]
    assert me["language"] == "de"


def test_changed_terms_are_said_before_a_purchase_and_agreed_to_by_its_press(open_as, person):
    page = open_as(person)
    line = page.locator("[data-terms]")
    page.goto("/credits")
    expect(page.get_by_role("button", name=re.compile("Starter"))).to_be_visible()
    expect(line).to_contain_text("By buying you agree to the terms and the privacy notice.")
    expect(line).not_to_contain_text("have changed")

    def answer(route):
        response = route.fetch()
        me = response.json()
        me["terms"]["acceptedAt"] = None
        route.fulfill(response=response, json=me)

    page.route("**/api/me", answer)
    page.reload()
    expect(line).to_contain_text("have changed since you agreed to them. By buying you agree")
    check(page)
    with page.expect_request("**/api/credits/purchase") as sent:
        page.get_by_role("button", name=re.compile("Starter")).click()
    assert sent.value.post_data_json == {"packageId": "starter", "terms": line.get_attribute("data-terms")}
    page.wait_for_url(lambda url: "/credits" not in url)
