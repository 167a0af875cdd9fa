import pytest


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
