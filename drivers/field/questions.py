"""What ``houzhen-devices setup`` asks of a device that no line can tell: registers, numbers on a bus, what is wired."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from drivers.registry import ConfigurationError, DeviceEntry, make_device

if TYPE_CHECKING:
    from drivers.field.console import Console

_YES = frozenset({"y", "yes", "是"})
_NO = frozenset({"n", "no", "否"})


@dataclass(frozen=True, slots=True)
class Question:
    """One option of a driver's.

    Attributes:
        key: the option.
        words: what is asked, in Chinese and English.
        usual: what is taken where nothing is typed; empty = the option is left out, and the driver's own holds.
        kind: what it is; ``names`` are given with commas between them.
    """

    key: str
    words: str
    usual: str = ""
    kind: Literal["number", "text", "flag", "names"] = "number"

    def read(self, answer: str) -> object:
        """Return what was typed as the option's value.

        Raises:
            ValueError: it is none.
        """
        match self.kind:
            case "number":
                return int(answer)
            case "names":
                return [name.strip() for name in answer.replace("，", ",").split(",") if name.strip()]
            case "flag":
                if answer.lower() in _YES | _NO:
                    return answer.lower() in _YES
                raise ValueError(answer)
            case _:
                return answer

    def write(self, value: object) -> str:
        """Return an option's value as it would be typed."""
        if isinstance(value, bool):
            return "y" if value else "n"
        return ", ".join(value) if isinstance(value, list) else str(value)


async def ask_options(console: Console, questions: tuple[Question, ...], draft: DeviceEntry) -> DeviceEntry:
    """Ask for a driver's options until it takes them; what the draft has already is offered as usual."""
    while questions:
        options = dict(draft.options)
        for question in questions:
            value = await _one(console, question, options.get(question.key))
            options.pop(question.key, None)
            options |= {} if value is None else {question.key: value}
        draft = replace(draft, options=options)
        try:
            make_device(draft)
        except ConfigurationError as failure:
            console.say(f"! {failure}")
        else:
            break
    return draft


async def _one(console: Console, question: Question, before: object) -> object | None:
    usual = question.usual if before is None else question.write(before)
    while True:
        answer = await console.ask(question.words, usual)
        if not answer:
            return None
        try:
            return question.read(answer)
        except ValueError:
            console.say("! 请输入 y 或 n。 y or n." if question.kind == "flag" else "! 请输入数字。 A whole number.")
