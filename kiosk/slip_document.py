"""The guide slip on paper: the same words as on the screen, stop after stop, and the code last."""

from __future__ import annotations

from collections.abc import Callable

from drivers.receipt_printer.document import Block, Document, QrCode, Rule, Space, Text
from kiosk.slip_face import SlipFace, StopFace
from kiosk.words import Catalogue, Language, Words, say


def slip_document(face: SlipFace, catalogue: Catalogue, language: Language, *, reprint: bool) -> Document:
    """Compose the slip. Of each stop: which and what, its number, where, what to prepare, and when."""

    def spoken(words: Words | None) -> str:
        return catalogue.speak(words, language)

    def row(*words: Words | None) -> str:
        return " · ".join(said for said in map(spoken, words) if said)

    blocks: list[Block] = []
    if reprint:
        blocks.append(Text(spoken(say("ticket.reprint")), align="center", bold=True))
    blocks += [
        Text(spoken(face.hospital), align="center"),
        Text(spoken(say("slip.name")), size="title", align="center", bold=True),
    ]
    for stop in face.stops:
        blocks += [Rule(), *_stop(stop, spoken)]
    blocks.append(Rule())
    blocks += [Text(said) for words in (face.done, face.left_out, face.ends) if (said := spoken(words))]
    issued = say("ticket.issued", moment=face.issued) if face.issued else None
    blocks += [Space(2), Text(row(face.masked_name, issued), size="caption")]
    if face.qr:
        blocks.append(QrCode(face.qr, spoken(face.scan)))
    return Document(tuple(blocks))


def _stop(stop: StopFace, spoken: Callable[[Words | None], str]) -> list[Block]:
    blocks: list[Block] = [Text(f"{stop.order}. {spoken(stop.name)}", bold=True)]
    blocks += [Text(stop.number, size="title", bold=True)] if stop.number else []
    blocks += [Text(said, bold=True) for words in (stop.where, stop.preparation) if (said := spoken(words))]
    return blocks + [Text(said) for words in (stop.ahead, stop.when, stop.why) if (said := spoken(words))]
