"""PDFs for tests, written out by hand so that each can be wrong in one place."""

import hashlib

A4 = (595.28, 841.89)
_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def pdf(*sizes, texts=(), encrypt=None):
    """A PDF with pages of these sizes in points; ``encrypt`` is the user's password (b"" = none needed to open it)."""
    sizes = sizes or (A4,)
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for number, (width, height) in enumerate(sizes):
        text = texts[number] if number < len(texts) else f"Page {number + 1}"
        drawing = f"BT /F1 36 Tf 60 60 Td ({text}) Tj ET 2 w 20 20 {width - 40:g} {height - 40:g} re S".encode()
        page = len(objects) + 1
        kids.append(f"{page} 0 R")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width:g} {height:g}] /Contents {page + 1} 0 R "
            f"/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        if encrypt is not None:
            drawing = _rc4(_object_key(_key(encrypt), page + 1), drawing)
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing))
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>".encode()
    extra = b""
    if encrypt is not None:
        objects.append(
            b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >>"
            % (_owner().hex().encode(), _rc4(_key(encrypt), _PADDING).hex().encode())
        )
        extra = b" /Encrypt %d 0 R /ID [<00> <00>]" % len(objects)
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R%s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, extra, table)
    return bytes(out)


# RC4 with 40 bits, the first kind of encryption of PDF (PDF 32000-1, 7.6.3): enough to be encrypted.


def _rc4(key, data):
    box = list(range(256))
    j = 0
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) % 256
        box[i], box[j] = box[j], box[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + box[i]) % 256
        box[i], box[j] = box[j], box[i]
        out.append(byte ^ box[(box[i] + box[j]) % 256])
    return bytes(out)


def _md5(data):
    return hashlib.md5(data, usedforsecurity=False).digest()[:5]


def _owner():
    return _rc4(_md5((b"owner" + _PADDING)[:32]), _PADDING)


def _key(password):
    return _md5((password + _PADDING)[:32] + _owner() + (-4 & 0xFFFFFFFF).to_bytes(4, "little") + b"\0")


def _object_key(key, number):
    whole = hashlib.md5(key + number.to_bytes(3, "little") + b"\0\0", usedforsecurity=False).digest()
    return whole[: len(key) + 5]
