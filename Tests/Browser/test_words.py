"""How the page counts and cuts text: as the API and the vendor do."""

import pytest
from pages import ready


@pytest.fixture
def words(open_as, newcomer):
    """Calls a function of the page's own module."""
    page = open_as(newcomer)
    page.goto("/create")
    ready(page)
    return lambda name, *given: page.evaluate(
        "async ([name, given]) => (await import(document.querySelector('link[href$=\"/js/site.js\"]').href))[name](...given)",
        [name, list(given)],
    )


@pytest.mark.parametrize(
    "text, count",
    [("abc", 3), ("\u200b" * 10, 0), ("\u3164\u115f\ufeff", 0), ("\U0001f98a" * 3, 3), ("e\u0301", 1), ("日本語", 3), (" a b ", 2)],
)
def test_a_minimum_counts_characters_that_can_be_seen(words, text, count):
    assert words("visibleCharacters", text) == count


@pytest.mark.parametrize(
    "text, most, cut",
    [("abcd", 3, "ab…"), ("abc", 3, "abc"), ("🦊🦊🦊", 2, "🦊…"), ("👩‍👩‍👧‍👦🦊x", 2, "👩‍👩‍👧‍👦…"), ("ae\u0301xy", 3, "ae\u0301…"), ("", 3, "")],
)
def test_a_title_is_cut_between_characters(words, text, most, cut):
    assert words("cut", text, most) == cut


def test_a_password_counts_code_points_of_its_prepared_form(words):
    assert words("passwordLength", "e\u0301" * 4) == 4
    assert words("passwordLength", "\U0001f98a" * 8) == 8


@pytest.mark.parametrize(
    "prompt, counter, problem",
    [
        ("एक लोमड़ी बर्फ में", "18 / 1000", None),
        ("雪中狐", "3 / 1000", None),
        ("\U0001f98a" * 500, "1000 / 1000", None),
        ("\U0001f98a" * 600, "1200 / 1000", "Use at most"),
        ("a" + "\u200b" * 10 + "b", "12 / 1000", "Write at least 3"),
    ],
)
def test_page_and_server_judge_a_prompt_alike(open_as, newcomer, prompt, counter, problem):
    page = open_as(newcomer)
    page.goto("/create")
    ready(page)
    field = page.get_by_label("Prompt", exact=True)
    field.fill(prompt)
    assert page.locator("[data-counter=prompt]").text_content() == counter
    field.blur()
    told = field.evaluate("(e) => e.hasAttribute('aria-invalid')")
    assert told == bool(problem)
    quote = page.request.post(
        "/api/videos/quote", data={"tier": "economy", "duration": 5, "prompt": prompt}, headers={"Origin": page.url.split("/create")[0]}
    )
    assert quote.status == (400 if problem else 200), quote.text()
