"""What staff are told: what happened and what to do, one sentence or two for each error."""

from __future__ import annotations

from typing import Final

_SENTENCES: Final = {
    # the printer's state
    "paper_out": "The printer has no paper. Fill its tray with A4.",
    "cover_open": "A door of the printer is open. Close it.",
    "paper_jam": "Paper is jammed in the printer. Open its doors, take the paper out, and close them.",
    "tray_missing": "A tray of the printer is missing. Put it in.",
    "output_full": "The printer's output tray is full. Empty it.",
    "toner_out": "The printer has no toner. Put in a new cartridge.",
    "fuser": "The printer's fuser has the wrong temperature. Wait some minutes; if it stays so, call service.",
    "service": "A part of the printer is used up. Call service.",
    "paused": "The printer is paused. Let it go on by its key or its own page.",
    "shut_down": "The printer is shutting down. Switch it on.",
    "offline": "The printer is offline. Switch it off and on.",
    "spool_full": "The printer's memory is full. Wait until it has printed what it holds.",
    "stopped": "The printer has stopped and does not say why. Look at its panel.",
    "not_accepting": "The printer takes no jobs at present. Look at its panel or its own page.",
    "busy": "The printer was busy with other jobs the whole time.",
    # the line
    "no_answer": "The printer does not answer. Check its power and its network cable.",
    "timeout": "The printer does not answer. Check its power and its network cable.",
    "gone": "The connection to the printer broke. Check its power and its network cable.",
    "no_device": "There is no printer at its address. Check its power, its network cable and the address.",
    "closed": "The printer is not in use: it is closed. It is tried again by itself.",
    "garbled": "What answers at the printer's address does not speak IPP as it should. Check the address.",
    "http": "What answers at the printer's address refuses to print. Check the address and the printer's own page.",
    "needs_tls": "The printer demands an encrypted connection. Give it an ipps: address.",
    "certificate": "The printer's certificate is not the one that is trusted here. Check the entry's ca and host name.",
    # refusals
    "not_authorised": "The printer demands a log-in for printing. Allow this computer on the printer's own page.",
    "too_large": "The document is larger than the printer takes.",
    "format_unsupported": "The printer does not take this kind of document.",
    "attribute_unsupported": "The printer cannot print it in the way that was asked.",
    "document_refused": "The printer cannot read the document.",
    "printer_fault": "The printer reports a fault of its own. Switch it off and on; if it stays so, call service.",
    "version_unsupported": "The printer speaks another version of IPP.",
    "operation_unsupported": "The printer lacks an operation that printing needs.",
    "bad_request": "The printer did not understand the request.",
    "not_found": "The printer does not know the job, or the address is not its printing address.",
    # the job
    "canceled": "The printing was cancelled.",
    "canceled_at_printer": "The job was cancelled at the printer.",
    "aborted": "The printer gave the job up.",
    "queue": "Other jobs at the printer took too long.",
    "too_slow": "The printer did not finish in the time that its pages take.",
    "completed_with_errors": "The printer finished the job and reports errors in it.",
    "passed_on": "The printer passed the job on and cannot say what became of it.",
    "forgotten": "The printer no longer knows the job.",
    "incomplete": "The connection broke, and the printer does not say whether it had the whole document.",
    "broken_off": "The connection broke before the printer had the whole document.",
    "nameless": "The printer does not tell the names of its jobs, so this one could not be found among them.",
    "restarted": "The printer was switched off and on meanwhile.",
    "never_arrived": "The printer never took the job.",
    # the document
    "not_pdf": "The document is no PDF.",
    "damaged": "The document is damaged or incomplete.",
    "encrypted": "The document is encrypted.",
    "no_pages": "The document has no such pages.",
    "too_many_pages": "The document has more pages than are allowed.",
    "page_size": "The document is not on A4 paper.",
    "no_duplex": "The printer cannot print on both sides.",
    "too_many_copies": "More copies were asked for than are allowed.",
    "no_color": "The printer has no colours.",
    "no_a4": "The printer has no A4 paper.",
    "no_format": "The printer takes neither PDF nor PWG or Apple raster.",
    "unreadable": "The document could not be examined.",
}


def sentence(error: str) -> str:
    """Say what is wrong and what to do about it, for staff."""
    return _SENTENCES.get(error, f"The printer cannot be used ({error}). Look at its panel.")
