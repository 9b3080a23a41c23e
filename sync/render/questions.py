"""What an agent asked a person, with the options and the answers that were chosen."""

from typing import Any, Final

from sync.render.fields import at, list_at, text_at
from sync.render.html import Html, block, joined, tag
from sync.render.wording import short_line

SHOWN_QUESTIONS: Final = 20
SHOWN_OPTIONS: Final = 40
ANSWER_CHARACTERS: Final = 2_000


def questions_section(given: Any, notes: Any, *, has_ended: bool) -> Html | None:
    """The questions of a call, which is waited for until it `has_ended`; None when there are none."""
    questions = list_at(given, "questions")[:SHOWN_QUESTIONS]
    answers = list_at(notes, "answers")
    if not questions:
        return None
    return block(
        "div",
        *(_question(each, _answer(answers, number), has_ended) for number, each in enumerate(questions)),
        class_="questions",
    )


def _answer(answers: list[Any], number: int) -> list[str] | None:
    """The chosen labels, or what the person wrote instead; None while nobody has answered."""
    if number >= len(answers) or not isinstance(answers[number], list):
        return None
    return [short_line(each, ANSWER_CHARACTERS) for each in answers[number][:SHOWN_OPTIONS] if isinstance(each, str)]


def _question(question: Any, answer: list[str] | None, has_ended: bool) -> Html:
    options = [(short_line(text_at(each, "label")), each) for each in list_at(question, "options")[:SHOWN_OPTIONS]]
    labels = {label for label, _ in options}
    own = [words for words in answer or [] if words not in labels]
    return block(
        "div",
        tag("p", tag("bdi", text_at(question, "question")), class_="question-text"),
        block("ul", *(_option(label, each, label in (answer or [])) for label, each in options), class_="options"),
        *(tag("p", joined("Answer:", tag("bdi", words), by=" "), class_="question-own") for words in own),
        _none_chosen(question, answer, has_ended),
        class_="question",
    )


def _option(label: str, option: Any, is_chosen: bool) -> Html:
    about = short_line(text_at(option, "description"), 500)
    return block(
        "li",
        tag("strong" if is_chosen else "span", tag("bdi", label)),
        tag("span", "chosen", class_="badge ok") if is_chosen else None,
        tag("span", tag("bdi", about), class_="option-about") if about else None,
        class_="option option-chosen" if is_chosen else "option",
    )


def _none_chosen(question: Any, answer: list[str] | None, has_ended: bool) -> Html | None:
    if answer:
        return None
    if answer is None and not has_ended:
        several = " Several may be chosen." if at(question, "multiple") is True else ""
        return tag("p", f"Not answered yet.{several}", class_="question-none")
    return tag("p", "Left unanswered.", class_="question-none")
