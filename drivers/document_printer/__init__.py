"""Document printers: A4 pages over IPP, without a print server on this machine.

``driver.DocumentPrinter`` is the device; everything else here is what it is made of.
"""
