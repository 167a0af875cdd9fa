"""``houzhen-devices setup``: write a machine's ``devices.toml`` with a technician who plugs in device after device.

What is plugged in between two looks is the device; its address is the name that stays. Its rate is the one at which it
answers. What is wrong with the machine (groups, services that take ports, the screen) is said with what to do.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import tomllib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from drivers.device import DeviceError, HealthLevel, HealthReport, state_after
from drivers.device_file import write_entries
from drivers.field.console import yes
from drivers.field.machine import Concern, Panel, missing_groups, own_groups, panels, port_thieves
from drivers.field.models import MODELS, Model
from drivers.field.questions import ask_options
from drivers.field.touch import CORNERS, orientation, read_touch, touch_screens
from drivers.ports import Port, list_ports
from drivers.registry import ConfigurationError, DeviceEntry, make_device, read_devices

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from drivers.device import Device
    from drivers.field.console import Console
    from drivers.field.touch import Point

_UNPLUG: Final = "请拔下该设备（未插则忽略），然后回车。 Unplug it, then press Enter."
_UNPLUG_OR_ADDRESS: Final = (
    "请拔下该设备（未插则忽略），然后回车；接在串口服务器上的，请输入 HOST:PORT。 "
    "Unplug it, then press Enter; for one at a serial server type HOST:PORT."
)
_CLAIM: Final = 2.0
_LOOKS: Final = 60
_LOOK: Final = 0.5
_TOUCH: Final = 20.0
_TOLERANCE_MM: Final = 3
"""By how many millimetres a panel's size in kiosk.toml may differ from what the panel says."""


async def try_device(
    entry: DeviceEntry, level: HealthLevel, make: Callable[[DeviceEntry], Device] = make_device
) -> HealthReport:
    """Take a device into use and check it; one that fails is reported, not raised."""
    device = make(entry)
    try:
        await device.open()
        await device.claim(_CLAIM)
        await device.enable()
        return await device.check_health(level)
    except DeviceError as failure:
        return HealthReport(level, healthy=False, findings=(failure.error,), state=state_after(failure))
    finally:
        await device.close()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the tool finds around it. A test brings its own.

    Attributes:
        ports: the ports that are there now.
        groups: of this account.
        uid: this account; None = the one that runs.
        thieves: services that take ports.
        panels: the screens.
        screens: the touch screens' nodes.
        touch: waits for one touch of one of them.
        probe: tries a device.
        sleep: waits between two looks at the ports.
    """

    ports: Callable[[], list[Port]] = list_ports
    groups: Callable[[], frozenset[str]] = own_groups
    uid: int | None = None
    thieves: Callable[[], list[Concern]] = port_thieves
    panels: Callable[[], list[Panel]] = panels
    screens: Callable[[], list[Path]] = touch_screens
    touch: Callable[[Path, float], Awaitable[Point | None]] = read_touch
    probe: Callable[[DeviceEntry, HealthLevel], Awaitable[HealthReport]] = try_device
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(slots=True)
class Setup:
    """One sitting.

    Attributes:
        path: the configuration to write.
        console: the technician.
        around: what is found.
    """

    path: Path
    console: Console
    around: Surroundings = field(default_factory=Surroundings)
    _entries: list[DeviceEntry] = field(default_factory=list)

    async def run(self) -> int:
        """Go through it; return 0 when a configuration was written, 1 when nothing was.

        Raises:
            ConfigurationError: the file that is there cannot be read.
        """
        kept = read_devices(self.path) if self.path.exists() else []
        self._say_concerns(self.around.thieves())
        self._look_at_panels()
        await self._look_at_touch()
        taken = {entry.name for entry in kept}
        while (model := await self._choose()) is not None:
            if (entry := await self._one(model, taken)) is not None:
                self._entries.append(entry)
                taken.add(entry.name)
        schemes = [urlsplit(entry.url).scheme for entry in self._entries]
        self._say_concerns(missing_groups(schemes, self.around.groups(), uid=self.around.uid))
        if not self._entries:
            self.console.say("没有写入任何设备。 Nothing was written.")
            return 1
        write_entries(self.path, self._entries)
        self.console.say(f"已写入 {len(self._entries)} 台设备到 {self.path}。 {len(self._entries)} devices were added.")
        self.console.say("下一步 Next: houzhen-devices check --level interactive --report acceptance.pdf")
        return 0

    def _say_concerns(self, concerns: list[Concern]) -> None:
        for concern in concerns:
            self.console.say(f"! {concern.zh}\n  {concern.en}")

    # -- the screen

    def _look_at_panels(self) -> None:
        for panel in self.around.panels():
            size = f"{panel.width_mm} × {panel.height_mm} mm, {panel.width_px} × {panel.height_px}"
            self.console.say(f"屏幕 Panel {panel.connector}: {size}")
            told = _panel_told(self.path.with_name("kiosk.toml"))
            if told is not None and not _same_size(told, panel):
                said = f"{told[0]} × {told[1]} mm"
                self.console.say(
                    f"! kiosk.toml 写的是 {said}；请改 [panel]。 kiosk.toml says {said}; "
                    f"put width_mm = {panel.width_mm}, height_mm = {panel.height_mm} there (swapped if it is turned)."
                )

    async def _look_at_touch(self) -> None:
        for node in self.around.screens():
            if not await yes(self.console, f"检查触摸屏方向？ Check which way the touch screen {node} is turned?"):
                continue
            touches = []
            for _, where in CORNERS:
                self.console.say(f"请触摸屏幕{where}。")
                touch = await self.around.touch(node, _TOUCH)
                if touch is None:
                    break
                touches.append(touch)
            turned = orientation(touches) if len(touches) == len(CORNERS) else None
            if turned is None:
                self.console.say("! 没有得到三个角的触摸。 The three corners were not touched; nothing is known.")
            else:
                self.console.say(f"触摸屏 Touch screen: {turned.words}")
                if not turned.straight:
                    self.console.say(f"  /etc/udev/rules.d/99-touch.rules: {turned.rule}")

    # -- one device

    async def _choose(self) -> Model | None:
        self.console.say()
        for number, model in enumerate(MODELS, start=1):
            self.console.say(f"{number:3} {model.words}")
        while True:
            answer = await self.console.ask("要安装哪种设备？（回车结束） Which device? (Enter to end)")
            if not answer:
                return None
            if answer.isdecimal() and 1 <= int(answer) <= len(MODELS):
                return MODELS[int(answer) - 1]
            self.console.say(f"1-{len(MODELS)}")

    async def _one(self, model: Model, taken: set[str]) -> DeviceEntry | None:
        name = await self._name(model, taken)
        draft = DeviceEntry(name, model.kind, model.driver, "", profile=model.profile, options=dict(model.options))
        draft = await ask_options(self.console, model.questions, draft)
        ways = {"network": self._by_network, "service": self._by_name}
        entry = await ways.get(model.way, self._by_port)(model, draft)
        if entry is not None and model.look:
            entry = await self._looked_at(entry, model)
        if entry is not None:
            self.console.say(f"{entry.name}: url = {json.dumps(entry.url)}")
        return entry

    async def _name(self, model: Model, taken: set[str]) -> str:
        usual, number = model.kind.replace("_", "-"), 1
        while usual in taken:
            number += 1
            usual = f"{model.kind.replace('_', '-')}-{number}"
        while True:
            name = await self.console.ask("名称 Name:", usual)
            if name not in taken:
                return name
            self.console.say(f"{name} 已被使用。 {name} is taken.")

    async def _by_network(self, model: Model, draft: DeviceEntry) -> DeviceEntry | None:
        while True:
            address = await self.console.ask(f"地址 Address, HOST[:{model.port}]（回车放弃 Enter to give up）:")
            if not address:
                return None
            host, _, port = address.partition(":")
            entry = replace(draft, url=f"{model.scheme}://{host}:{port or model.port}{model.path}")
            if await self._works(entry, model):
                return entry

    async def _by_name(self, model: Model, draft: DeviceEntry) -> DeviceEntry | None:
        while True:
            name = await self.console.ask("读卡器名称，* 代表任意；- 放弃 Its name, * for anything; - to give up:", "*")
            if name == "-":
                return None
            entry = replace(draft, url=f"{model.scheme}:{name}")
            if await self._works(entry, model):
                return entry

    async def _by_port(self, model: Model, draft: DeviceEntry) -> DeviceEntry | None:
        while True:
            way_in = await self.console.ask(_UNPLUG if model.way != "serial" else _UNPLUG_OR_ADDRESS)
            if way_in:
                entry = await self._behind_a_server(model, draft, way_in)
                if entry is not None:
                    return entry
                continue
            port = await self._plugged_in(model)
            if port is None:
                self.console.say("! 没有看到新的端口。 No new port was seen. 检查线缆和供电。 Check cable and power.")
                if not await yes(self.console, "再试一次？ Once more?"):
                    return None
                continue
            self.console.say(f"{port}")
            if model.way != "serial":
                entry = replace(draft, url=port.url)
                if await self._works(entry, model):
                    return entry
                continue
            entry_at_rate = await self._at_a_rate(model, draft, port.url, model.rates)
            if entry_at_rate is not None:
                return entry_at_rate

    async def _plugged_in(self, model: Model) -> Port | None:
        """Have the device plugged in, and find what came; None = nothing did."""
        before = {port.node for port in self.around.ports()}
        self.console.say("现在请插上该设备…… Now plug it in ...")
        for _ in range(_LOOKS):
            came = [port for port in self.around.ports() if port.node not in before and port.kind == model.port_kind]
            if came:
                # The other names of a port come a moment after its node.
                await self.around.sleep(_LOOK)
                return next((port for port in self.around.ports() if port.node == came[0].node), came[0])
            await self.around.sleep(_LOOK)
        return None

    async def _behind_a_server(self, model: Model, draft: DeviceEntry, address: str) -> DeviceEntry | None:
        """Find it on a serial server: at the rate that is set there, or, where the server can set one, by trying."""
        draft = replace(draft, options={**draft.options, **model.at_server})
        if address.startswith("rfc2217://"):
            return await self._at_a_rate(model, draft, address, model.rates)
        url = f"tcp://{address.removeprefix('tcp://')}"
        rate = await self.console.ask("串口服务器上设的波特率 The rate that is set at the server:", str(model.rates[0]))
        return await self._at_a_rate(model, draft, url, (rate,))

    async def _at_a_rate(
        self, model: Model, draft: DeviceEntry, url: str, rates: Sequence[int | str]
    ) -> DeviceEntry | None:
        """Find the rate at which it answers, or at which a person sees that it works."""
        # What a line over TCP needs is set at its server, and the address tells the rate alone.
        settings = ("",) if url.startswith("tcp:") else (model.settings, *model.other_settings)
        for its, rate in itertools.product(settings, rates):
            entry = replace(draft, url=f"{url}?baud={rate}{its}")
            report = await self._probed(entry, model, f"{rate}{its}")
            self.console.say(f"  {rate} baud{its}: {', '.join(report.findings)}")
            if report.healthy or (report.healthy is False and report.state is not None and report.state in model.there):
                return entry
            if "bad_url" in report.findings:
                return None
        self.console.say("! 在常用波特率下都不应答。 It answers at none of the usual rates.")
        if await yes(self.console, f"仍按 {rates[0]} 写入？ Write it down with {rates[0]} all the same?"):
            return replace(draft, url=f"{url}?baud={rates[0]}{settings[0]}")
        return None

    async def _probed(self, entry: DeviceEntry, model: Model, line: str) -> HealthReport:
        report = await self.around.probe(entry, HealthLevel.INTERNAL)
        if report.healthy is not None:
            return report
        if model.prompt:
            self.console.say(f"{line}: {model.prompt}")
        report = await self.around.probe(entry, HealthLevel.INTERACTIVE)
        if report.healthy is None and model.question:
            seen = await yes(self.console, f"{line}: {model.question}")
            report = replace(report, healthy=bool(seen))
        return report

    async def _looked_at(self, entry: DeviceEntry, model: Model) -> DeviceEntry:
        """Have one that answers do something, and ask for its options again until a person sees what was meant."""
        while True:
            if model.prompt:
                self.console.say(model.prompt)
            report = await self.around.probe(entry, HealthLevel.INTERACTIVE)
            self.console.say(f"  {', '.join(report.findings)}")
            if await yes(self.console, model.look) is not False:
                return entry
            entry = await ask_options(self.console, model.questions, entry)

    async def _works(self, entry: DeviceEntry, model: Model) -> bool:
        try:
            report = await self.around.probe(entry, HealthLevel.INTERNAL)
        except ConfigurationError as failure:
            self.console.say(f"! {failure}")
            return False
        self.console.say(f"  {', '.join(report.findings)}")
        if report.healthy is not False or report.state in model.there:
            return True
        return bool(
            await yes(self.console, "没有正常应答，仍写入？ It did not answer well. Write it down all the same?")
        )


def _panel_told(path: Path) -> tuple[int, int] | None:
    try:
        panel = tomllib.loads(path.read_text(encoding="utf-8"))["panel"]
        return int(panel["width_mm"]), int(panel["height_mm"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _same_size(told: tuple[int, int], panel: Panel) -> bool:
    """Tell whether two sizes agree, whichever way the panel is turned."""
    return all(
        abs(one - other) <= _TOLERANCE_MM
        for one, other in zip(sorted(told), sorted((panel.width_mm, panel.height_mm)), strict=True)
    )
