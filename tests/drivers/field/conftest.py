import pytest

from tests.drivers.conftest import SimulatorProcess


class Script:
    """A technician whose answers are written down; what was said to him is kept."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.said = []
        self.asked = []

    def say(self, text=""):
        self.said.append(text)

    async def ask(self, question, usual=""):
        self.asked.append(question)
        answer = self.answers.pop(0)
        if callable(answer):
            answer = answer()
        return answer or usual


@pytest.fixture
def script():
    return Script


@pytest.fixture(scope="session")
def _printer():
    simulator = SimulatorProcess("drivers.receipt_printer.simulator", "--tcp", "127.0.0.1:0", "--fast")
    yield simulator
    assert simulator.end() == 0


@pytest.fixture
def printer(_printer):
    """A receipt printer with paper, one process for all tests here."""
    _printer.tell("clear_fault")
    _printer.tell("paper", state="load")
    return _printer
