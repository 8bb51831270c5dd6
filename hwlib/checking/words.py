"""What the checks say, in the handout's two languages, side by side at the place where it is said.

`say` is the only way to make such a text, and whatever students read has the type `Words`: the type checker
refuses a bare string, and a test compares the two sides of every call.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hwlib.assignment import Language, Text


@dataclass(frozen=True)
class Words:
    """A text in English and in Chinese."""

    en: str
    zh: str

    def get(self, language: Language) -> str:
        """The text in `language`."""
        return self.zh if language == "zh" else self.en

    def __str__(self) -> str:
        return self.en

    def __bool__(self) -> bool:
        return bool(self.en)


NO_WORDS = Words("", "")


def say(en: str, zh: str, **values: object) -> Words:
    """A text whose placeholders `{name}` are filled with `values`; a value may itself be in both languages.

    Raises KeyError for a placeholder without a value.
    """
    if not values:
        return Words(en, zh)
    english = {name: _side(value, "en") for name, value in values.items()}
    chinese = {name: _side(value, "zh") for name, value in values.items()}
    return Words(en.format(**english), zh.format(**chinese))


def as_is(value: object) -> Words:
    """A text that is the same in both: a number, a shape, a name, what a student's code said."""
    return Words(str(value), str(value))


def joined(parts: Iterable[Words], en: str = "; ", zh: str = "；") -> Words:
    """Texts one after the other with a separator between them."""
    listed = list(parts)
    return Words(en.join(part.en for part in listed), zh.join(part.zh for part in listed))


def _side(value: object, language: Language) -> object:
    return value.get(language) if isinstance(value, (Words, Text)) else value
