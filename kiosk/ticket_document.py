"""The ticket on paper: the same words as on the screen, composed for a roll of 80 or 58 mm."""

from __future__ import annotations

from drivers.receipt_printer.document import Block, Document, Pair, QrCode, Rule, Space, Text
from kiosk.ticket_face import TicketFace
from kiosk.words import Catalogue, Language, say

NARROW_MM = 58


def ticket_document(
    face: TicketFace, catalogue: Catalogue, language: Language, *, paper_mm: int, reprint: bool
) -> Document:
    """Compose the ticket: the number, where, how long, why, when, and the code last. A reprint says 补打 at its head.

    Narrow paper says the same in fewer columns: label and value stand one under the other.
    """

    def spoken(words: object) -> str:
        return catalogue.speak(words, language)  # type: ignore[arg-type]  # every field of a face is words or nothing

    blocks: list[Block] = []
    if reprint:
        blocks.append(Text(spoken(say("ticket.reprint")), align="center", bold=True))
    blocks += [
        Text(spoken(face.hospital), align="center"),
        Text(face.number, size="number", align="center", bold=True),
        Text(spoken(face.headline), align="center"),
        Rule(),
        Text(spoken(face.place), size="title", bold=True),
    ]
    clinic, doctor = spoken(face.clinic), spoken(face.doctor)
    if paper_mm <= NARROW_MM or not doctor:
        blocks += [Text(words) for words in (clinic, doctor) if words]
    else:
        blocks.append(Pair(clinic, doctor))
    blocks.append(Rule())
    if face.ahead is not None:
        blocks.append(Text(spoken(face.ahead), size="title", bold=True))
    blocks += [
        Text(spoken(words)) for words in (face.wait, face.reason, face.slot) if words is not None and spoken(words)
    ]
    issued = spoken(say("ticket.issued"))
    blocks += [
        Space(2),
        Text(f"{face.masked_name}  {issued} {face.issued}".strip(), size="caption"),
        QrCode(face.qr, spoken(face.scan)),
    ]
    return Document(tuple(blocks))
