"""What the checks, whose clock leaps ahead, cannot wait for: processes of a driver's own."""

import pytest

from drivers.document_printer import driver
from tests.drivers.document_printer.conftest import QuickPdf


@pytest.fixture(autouse=True)
def _opened_in_this_process(monkeypatch):
    monkeypatch.setattr(driver, "OpenPdf", QuickPdf)
