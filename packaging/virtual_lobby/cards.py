"""Which patients the visitor of the demo can be, and what they have in their hands to show who they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivers.identity_card.text import NATIONS
from drivers.stand_ins import CARD_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from queue_server.hospital.sample import SampleCard
    from virtual_lobby.equipment import Equipment

TIME = re.compile(r"\d\d:\d\d")
CARDS_SHOWN = 30
OF_A_KIND = 3
TURNED_AWAY = ("今天没有", "未付费", "已退号", "已取消", "停诊")
STAY = ("reader", "chip_card")
"""The readers in which a card stays until it is taken."""


def worth_trying(cards: list[SampleCard]) -> list[SampleCard]:
    """Some of every kind, the soonest first: booked, with a child, registered, unpaid, cancelled, with nothing."""
    kinds: dict[str, list[SampleCard]] = {}
    for card in sorted(cards, key=lambda card: (TIME.findall(card.note) or ["24:00"])[0]):
        kind = "；".join(one.split(" ")[0] for one in card.note.split("；"))
        kinds.setdefault(kind, []).append(card)
    several = [group[:OF_A_KIND] for group in kinds.values()]
    return [card for group in sorted(several, key=_first_time) for card in group][:CARDS_SHOWN]


def _first_time(group: list[SampleCard]) -> tuple[bool, str]:
    """By the first one's time; those who can get nothing here come last."""
    note = group[0].note
    return any(word in note for word in TURNED_AWAY), (TIME.findall(note) or ["12:00"])[0]


def named(note: str, clinics: dict[str, str]) -> str:
    """The note with the clinics' names in place of their ids."""
    parts = (part.strip().split(" ") for part in note.split("；"))
    return "；".join(" ".join(clinics.get(word, word) for word in words) for words in parts)


_ENGLISH = {
    "今天没有预约或挂号": "nothing booked today",
    "预约，医生停诊": "booked, the doctor is away",
    "预约已取消": "booking cancelled",
    "预约": "booked",
    "挂号已付费": "registered, paid",
    "挂号未付费": "registered, not paid",
    "已退号": "registration withdrawn",
    "未付费": ", not paid",
    "已付费": ", paid",
    "已完成": ", done",
    "已撤销": ", withdrawn",
    "孩子": "child: ",
    "；": "; ",
}
"""What the sample hospital's notes say; a longer one comes before what it is made of."""


def in_english(note: str, names: Mapping[str, str]) -> str:
    """The note in English; ``names`` has what else is in it: clinics by their ids, orders by their Chinese names."""
    said = _ENGLISH | {f" {name}": f" {english}" for name, english in names.items() if name.isascii()}
    said |= {name: english for name, english in names.items() if not name.isascii()}
    longest_first = sorted(said, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), lambda found: said[found[0]], note).strip(", ")


class Hands:
    """A patient's hands at the kiosk's readers. What was put into which is remembered: a card does not say it.

    Args:
        equipment: the readers.
    """

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment
        self._put: dict[str, str] = {}

    def lies(self, statuses: dict[str, dict[str, object]]) -> list[str]:
        """The patients whose cards lie in a reader now, by the readers' own statuses."""
        return [who for where, who in self._put.items() if statuses.get(where, {}).get("card") != "none"]

    async def show(self, means: str, card: SampleCard) -> None:
        """Show who one is: by ``identity`` card, ``social`` security card, ``stripe``, ``chip`` card or voucher.

        Raises:
            KeyError: there is no such means.
            SimulatorError: a simulator refused, or there is none of its kind.
        """
        face = card.face
        sex = "1" if face.sex == "男" else "2"
        match means:
            case "identity":
                codes = {name: code for code, name in NATIONS.items()}
                document = {
                    "kind": "resident", "name": face.name, "sex": sex, "nation": codes.get(face.nation, "01"),
                    "birth": face.birth, "address": face.address, "number": face.number, "issuer": face.issuer,
                    "valid_from": face.valid_from, "valid_to": face.valid_to,
                }  # fmt: skip
                await self._put_in("reader", "lay", card, document=document)
            case "social":
                document = {"name": face.name, "sex": sex, "birth": face.birth, "number": face.number}
                await self._put_in("chip_card", "insert", card, kind="social", document=document)
            case "chip":
                await self._put_in("chip_card", "insert", card, kind="mifare", block=card.hospital_card, key=CARD_KEY)
            case "stripe":
                await self._equipment["stripe"].ask("swipe", track2=card.hospital_card)
            case "insurance" | "health":
                code = card.insurance_code if means == "insurance" else card.health_card
                await self._equipment["scanner"].ask("scan", text=code)
            case _:
                raise KeyError(means)

    async def _put_in(self, reader: str, verb: str, card: SampleCard, **arguments: object) -> None:
        await self._equipment[reader].ask(verb, **arguments)
        self._put[reader] = card.patient

    async def take(self) -> None:
        """Take away whatever card lies in a reader."""
        for reader in STAY:
            if reader in self._put:
                await self._equipment[reader].ask("remove")
                del self._put[reader]


MEANS = (
    ("identity", "身份证", "ID card", "reader"),
    ("social", "社保卡", "Social security", "chip_card"),
    ("chip", "院内芯片卡", "Hospital chip card", "chip_card"),
    ("stripe", "院内磁条卡", "Hospital stripe card", "stripe"),
    ("insurance", "电子医保凭证", "e-insurance code", "scanner"),
    ("health", "电子健康卡", "e-health code", "scanner"),
)
"""What can be shown, and the simulator it is shown to."""
