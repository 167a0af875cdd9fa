"""The ticket on paper: the same words as on the screen, set by the printer for its roll of 80 or 58 mm."""

from __future__ import annotations

from drivers.receipt_printer.document import Block, Document, QrCode, Rule, Space, Text
from kiosk.ticket_face import TicketFace
from kiosk.words import Catalogue, Language, say


def ticket_document(face: TicketFace, catalogue: Catalogue, language: Language, *, reprint: bool) -> Document:
    """Compose the ticket: the number, where, how long, why, when, and the code last. A reprint says 补打 at its head.

    Every line stands alone at the left, whatever the paper's width: a doctor's title leaves no room beside a clinic.
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
        Text(spoken(face.place_label)),
        Text(spoken(face.place), size="title", bold=True),
    ]
    if clinic := spoken(face.clinic):
        blocks.append(Text(clinic, bold=True))
    if doctor := spoken(face.doctor):
        blocks.append(Text(doctor))
    blocks.append(Rule())
    if face.ahead is not None:
        blocks.append(Text(spoken(face.ahead), size="title", bold=True))
    blocks += [
        Text(spoken(words)) for words in (face.wait, face.reason, face.slot) if words is not None and spoken(words)
    ]
    issued = spoken(say("ticket.issued", moment=face.issued))
    blocks += [
        Space(2),
        Text(" · ".join(part for part in (face.masked_name, issued) if part), size="caption"),
        QrCode(face.qr, spoken(face.scan)),
    ]
    return Document(tuple(blocks))
