"""``houzhen-server simulate`` and ``houzhen-server replay``."""

from __future__ import annotations

import argparse
import gc
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from msgspec.structs import replace

from queue_server.engine.site import Text
from queue_server.replay import page, table
from queue_server.replay.changes import MoreRoom, Plan
from queue_server.replay.days import days_in, read_day
from queue_server.replay.past import PastError
from queue_server.replay.report import report_of
from queue_server.replay.stamps_file import read_stamps
from queue_server.replay.write import write_log
from queue_server.simulation import scenarios
from queue_server.simulation.compare import compare
from queue_server.simulation.day import Day, read
from queue_server.simulation.policy import Policy, read_policies
from queue_server.simulation.runner import run_seed
from queue_server.simulation.toml_file import DescriptionError

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - it has no other name

_SCENARIOS: dict[str, Callable[[], Day]] = {
    "half_day_clinic": scenarios.half_day_clinic,
    "hospital_day": scenarios.hospital_day,
}
_MOST = 1_440
"""Minutes of a day, and more of anything than anybody asks for."""
_EXAMPLES = """\
examples:
  houzhen-server simulate --day-file half_day_clinic                      compares three ways to order a morning
  houzhen-server simulate --day-file half_day_clinic --seed 7 --out /tmp/day
  houzhen-server replay --data /tmp/day                                   tells which days are in it
  houzhen-server replay --data /tmp/day --day 2026-03-02 --station clinic=09:30 --allowance 15

A day file and a policy file are written as docs/simulation.md shows; half_day_clinic and hospital_day come along.
"""
_REPLAY_EXAMPLES = """\
examples:
  houzhen-server replay --data DATA                                       tells which days are in the log
  houzhen-server replay --data DATA --day 2026-03-02                      runs it again under the rules as they were
  houzhen-server replay --data DATA --day 2026-03-02 --stamps other.toml --station im=09:30 --html report.html

The data is only read; a server may be running on it. No name, no identity and no reference to a person is read.
"""


def add_commands(commands: Commands) -> None:
    """Add both to the command line."""
    _add_simulate(commands)
    _add_replay(commands)


def _parser(commands: Commands, name: str, words: str, epilog: str) -> argparse.ArgumentParser:
    form = argparse.RawDescriptionHelpFormatter
    return commands.add_parser(name, help=words, description=words, epilog=epilog, formatter_class=form)


# --- simulate ---------------------------------------------------------------------------------------------------------


def _add_simulate(commands: Commands) -> None:
    parser = _parser(
        commands, "simulate", "make a day from distributions: compare policies, or write its log", _EXAMPLES
    )
    parser.add_argument("--day-file", required=True, metavar="FILE", help=f"a day, or {', '.join(_SCENARIOS)}")
    parser.add_argument("--policy", type=Path, metavar="FILE", help="policies (default: the three that come along)")
    parser.add_argument("--use", metavar="NAME", help="the policy of that name only")
    parser.add_argument("--seed", type=_count, default=1, help="the same seed makes the same patients (default: 1)")
    parser.add_argument("--days", type=_count, default=20, help="compare over so many days (default: 20)")
    parser.add_argument("--target-min", type=_minutes, default=30, metavar="MIN", help="a short wait (default: 30)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write one day as a log into this new data directory")
    parser.set_defaults(run=_simulate)


def _simulate(options: argparse.Namespace) -> None:
    day = _day(options.day_file)
    policies = _policies(options.policy, options.use)
    if options.out is None:
        seeds = range(options.seed, options.seed + options.days)
        print(compare(day, policies, seeds, options.target_min))
        return
    if len(policies) > 1:
        names = ", ".join(policy.name for policy in policies)
        policy = next((policy for policy in policies if policy.name == "stamped" and options.policy is None), None)
        if policy is None:
            raise DescriptionError(f"--out writes the log of one policy. Choose with --use: {names}")
    else:
        policy = policies[0]
    with _quickly():
        run = run_seed(day, policy, options.seed)
        write_log(options.out, "simulated", run.log)
    finished = sum(record.outcome == "finished" for record in run.records)
    print(f"Wrote {day.day} as {policy.name} orders it, seed {options.seed}: {len(run.log)} events,", end=" ")
    print(f"{len(run.records)} visits, {finished} of them seen, to {options.out}.")
    print(f"Run it again: houzhen-server replay --data {options.out} --day {day.day}")


def _day(name: str) -> Day:
    if name in _SCENARIOS:
        return _SCENARIOS[name]()
    return read(Path(name))


def _policies(file: Path | None, name: str | None) -> list[Policy]:
    policies = list(scenarios.policies().values()) if file is None else read_policies(file)
    if name is None:
        return policies
    chosen = [policy for policy in policies if policy.name == name]
    if not chosen:
        known = ", ".join(policy.name for policy in policies)
        raise DescriptionError(
            f"{file or 'the policies that come along'}: no policy is called {name!r}; known: {known}"
        )
    return chosen


# --- replay -----------------------------------------------------------------------------------------------------------


def _add_replay(commands: Commands) -> None:
    words = "run a past day again, under its own rules and under others"
    parser = _parser(commands, "replay", words, _REPLAY_EXAMPLES)
    parser.add_argument("--data", type=Path, required=True, help="the data directory; it is only read")
    parser.add_argument("--day", metavar="YYYY-MM-DD", help="the service day (default: tell which there are)")
    parser.add_argument("--site", help="the site, where a log has more than one")
    parser.add_argument(
        "--stamps", type=Path, action="append", default=[], metavar="FILE", help="other stamps, as in hospital.toml"
    )
    parser.add_argument(
        "--station",
        type=_station,
        action="append",
        default=[],
        metavar="QUEUE=HH:MM[-HH:MM]",
        help="one more doctor for a queue from then on",
    )
    parser.add_argument(
        "--allowance", type=_minutes, action="append", default=[], metavar="MIN", help="walk-ins: check-in + MIN"
    )
    parser.add_argument(
        "--ratio",
        type=_ratio,
        action="append",
        default=[],
        metavar="KIND=N:1",
        help="walk-in=N:1, one walk-in after N booked; return=N:1, one return after N first visits",
    )
    parser.add_argument("--lock", type=_lock, action="append", default=[], metavar="N", help="the first N places stay")
    parser.add_argument(
        "--level",
        type=_level,
        action="append",
        default=[],
        metavar="LEVEL=MIN",
        help="III=45: a physician is due for triage level III within 45 minutes",
    )
    parser.add_argument("--together", action="store_true", help="all of it at once (default: each for itself)")
    parser.add_argument("--target-min", type=_minutes, default=30, metavar="MIN", help="a short wait (default: 30)")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with plots, complete in itself")
    parser.add_argument("--lang", choices=["zh", "en", "both"], default="both", help="of the page (default: both)")
    parser.set_defaults(run=_replay)


def _replay(options: argparse.Namespace) -> None:
    if options.day is None:
        found = days_in(options.data)
        if not found:
            raise PastError("There is no day in this log yet.")
        for one in found:
            print(f"{one.day}  {one.site}" + ("" if one.is_over else "  (still open)"))
        return
    plans = list(_plans(options))
    with _quickly():
        logged = read_day(options.data, options.day, options.site)
        report = report_of(logged, plans, options.target_min)
    for line in table.lines_of(report, logged.past.offset_min):
        print(line)
    if options.html is not None:
        options.html.write_text(page.page_of(report, options.lang, logged.past.offset_min), encoding="utf-8")
        print(f"\nWrote {options.html}.")


def _plans(options: argparse.Namespace) -> Iterator[Plan]:
    """What was asked for, each for itself or all at once."""
    single = [
        *(Plan(name=Text(file.stem, file.stem), stamps=read_stamps(file)) for file in options.stamps),
        *(Plan(more=(more,)).named() for more in options.station),
        *(Plan(allowance_min=minutes).named() for minutes in options.allowance),
        *(Plan(**{field: n}).named() for field, n in options.ratio),
        *(Plan(lock=n).named() for n in options.lock),
        *(Plan(targets={level: minutes}).named() for level, minutes in options.level),
    ]
    if not options.together or not single:
        yield from single
        return
    together = Plan()
    for plan in single:
        changed = {name: getattr(plan, name) for name in Plan.__struct_fields__ if name not in {"name", "more"}}
        set_ = {name: value for name, value in changed.items() if value not in (None, {})}
        targets = {**together.targets, **plan.targets}
        together = replace(together, more=(*together.more, *plan.more), **{**set_, "targets": targets})
    names = [plan.name for plan in single]
    yield replace(together, name=Text("，".join(one.zh for one in names), ", ".join(one.en for one in names)))


@contextmanager
def _quickly() -> Iterator[None]:
    """Without garbage collection: a day is millions of small objects that all live to its end."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


# --- what is given on the command line --------------------------------------------------------------------------------


def _number(text: str, least: int, most: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"{text!r}: a whole number from {least} to {most}")
    return int(text)


def _count(text: str) -> int:
    return _number(text, 1, 1_000_000)


def _minutes(text: str) -> int:
    return _number(text, 0, _MOST)


def _lock(text: str) -> int:
    return _number(text, 0, 100)


_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d"
_STATION = re.compile(rf"(?P<queue>[^=]+)=(?P<opens>{_CLOCK})(?:-(?P<closes>{_CLOCK}))?")
_LEVEL = re.compile(r"(?P<level>III|IVa|IVb)=(?P<minutes>\d{1,4})")
_RATIO = re.compile(r"(?P<kind>walk-in|return)=(?P<n>\d{1,2}):1")


def _station(text: str) -> MoreRoom:
    match = _STATION.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r}: a queue and when, as in im=09:30 or im=09:30-12:00")
    return MoreRoom(match["queue"], match["opens"], match["closes"])


def _ratio(text: str) -> tuple[str, int]:
    match = _RATIO.fullmatch(text)
    if match is None or int(match["n"]) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: walk-in=N:1 or return=N:1, as in walk-in=3:1")
    return ("walk_in_ratio" if match["kind"] == "walk-in" else "return_ratio", int(match["n"]))


def _level(text: str) -> tuple[str, int]:
    match = _LEVEL.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r}: III, IVa or IVb and minutes, as in III=45")
    return (match["level"], _minutes(match["minutes"]))
