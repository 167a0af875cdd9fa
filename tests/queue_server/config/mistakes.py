"""Slips of the pen in a hospital's file, each with the sentences that tell of it."""

from __future__ import annotations

TIME_WORDS = "slot check_in key allowance grace now slot_end credit reason"


def quoted(words: str) -> str:
    return ", ".join(f'"{word}"' for word in words.split())


LISTS = ["halls", "clinics", "doctors", "rooms", "queues", "stations"]
MISTAKES = [
    # unknown and missing keys, wrong kinds of value
    (
        'day_opens = "05:00"',
        'day_open = "05:00"',
        [
            'site.day_open: unknown key; did you mean "day_opens"?',
            "site.day_opens: is missing",
        ],
    ),
    (
        "[titles]",
        "[colours]\n[titles]",
        [
            "colours: unknown key; known keys are "
            + quoted(
                "site server hospital voice stamps stamps_preset stamp_sets room_look_ahead room_assignment titles "
                "halls clinics doctors rooms queues "
                "stations displays"
            ),
        ],
    ),
    ('name = { zh = "小院", en = "Small" }', 'name = { zh = "小院" }', ["site.name.en: is missing"]),
    ('name = { zh = "小院", en = "Small" }', 'name = "Small"', ['site.name = "Small": must be a table']),
    (
        "late_after_min = 15",
        'late_after_min = "15"',
        [
            'stamps.late_after_min = "15": must be a whole number',
        ],
    ),
    (
        'kind = "open"',
        'kind = "closed"',
        [
            'queues.cashier.kind = "closed": must be one of "clinic", "open", "order"',
        ],
    ),
    (
        'queues = ["internal"]',
        'queues = "internal"',
        [
            'stations.s1.queues = "internal": must be a list, in [ ]',
        ],
    ),
    (
        'anchor = "check_in"',
        'anchor = "midnight"',
        [
            'stamps.walk_in.anchor = "midnight": must be one of '
            + quoted("slot_start slot_start_within slot_end session_end number check_in triage_time now")
        ],
    ),
    ('type = "place"', 'type = "pace"', ['stamps.missed.1.type = "pace": must be one of "abandon", "place", "time"']),
    ("[halls.main]", "[server]\nport = 70000\n[halls.main]", ["server.port = 70000: must be 65535 or less"]),
    (
        "[halls.main]",
        "[server]\nlist_old_after_min = -5\n[halls.main]",
        [
            "server.list_old_after_min = -5: must be 0 or more",
        ],
    ),
    (
        "[halls.main]",
        "[halls.main]\nboard = { distance_m = true }",
        [
            "halls.main.board.distance_m = true: must be a number",
        ],
    ),
    ('adapter = "sample"', "adapter = 3", ["hospital.adapter = 3: must be text"]),
    # references
    (
        'hall = "main"\narea = { zh = "东区", en = "East" }\n\n[doctors',
        'hall = "west"\narea = { zh = "a", en = "a" }\n[doctors',
        [
            'clinics.internal.hall = "west": there is no such hall; there are "main"',
        ],
    ),
    (
        'clinic = "internal"\n\n[rooms',
        'clinic = "surgery"\n\n[rooms',
        [
            'doctors.d1.clinic = "surgery": there is no such clinic; there are "internal"',
        ],
    ),
    (
        'title = "chief"',
        'title = "cheif"',
        [
            'doctors.d1.title = "cheif": there is no such title; titles are "chief"',
        ],
    ),
    ('room = "r1"', 'room = "r2"', ['stations.s1.room = "r2": there is no such room; there are "r1"']),
    (
        'queues = ["internal"]',
        'queues = ["internal", "xray"]',
        [
            'stations.s1.queues = "xray": there is no such queue; there are "internal", "cashier"',
        ],
    ),
    (
        'queues = ["internal"]',
        "queues = []",
        [
            "stations.s1.queues: is empty; a station calls from at least one queue",
        ],
    ),
    (
        'clinic = "internal"\nprefix',
        "prefix",
        [
            'queues.internal.clinic: is missing; a queue of kind "clinic" belongs to one',
        ],
    ),
    (
        "[queues.internal]",
        '[queues.internal]\nid = "cashier"',
        [
            "queues.cashier.id: is used twice",
            'stations.s1.queues = "internal": there is no such queue; there are "cashier", "cashier"',
        ],
    ),
    (
        "[rooms.r1]",
        '[rooms."Room 1"]',
        [
            'rooms.id = "Room 1": an id is at most 40 of a-z, 0-9, - and _, and starts with a letter or digit',
            'stations.s1.room = "r1": there is no such room; there are "Room 1"',
        ],
    ),
    ('prefix = "S"', 'prefix = "A"', ['queues.cashier.prefix = "A": is already that of "internal"']),
    ('prefix = "S"', 'prefix = "s1"', ['queues.cashier.prefix = "s1": must be at most two letters A to Z']),
    (
        'prefix = "S"',
        'prefix = "S"\nnumbers = "hospital"',
        [
            'queues.cashier.numbers = "hospital": an open queue has no registration that could carry a number',
        ],
    ),
    (
        'prefix = "S"',
        'prefix = "S"\nmean_service_min = 0',
        [
            "queues.cashier.mean_service_min = 0: must be 1 or more",
        ],
    ),
    # times
    ('day_opens = "05:00"', 'day_opens = "5:00"', ['site.day_opens = "5:00": must be a time of day, HH:MM']),
    ('day_opens = "05:00"', 'day_opens = "24:00"', ['site.day_opens = "24:00": must be a time of day, HH:MM']),
    (
        '"Asia/Shanghai"',
        '"Asia/Peking"',
        [
            'site.time_zone = "Asia/Peking": there is no such time zone; an IANA name like Asia/Shanghai',
        ],
    ),
    (
        '"Asia/Shanghai"',
        '"../etc/passwd"',
        [
            'site.time_zone = "../etc/passwd": there is no such time zone; an IANA name like Asia/Shanghai',
        ],
    ),
    (
        'starts = "20:00"',
        'starts = "8 pm"',
        [
            'halls.main.volume.2.starts = "8 pm": must be a time of day, HH:MM',
        ],
    ),
    (
        'starts = "20:00"',
        'starts = "05:30"',
        [
            "halls.main.volume: must be in order of time, each time once",
        ],
    ),
    (
        'starts = "20:00", percent = 30',
        'starts = "20:00", percent = 130',
        [
            "halls.main.volume.2.percent = 130: must be 100 or less",
        ],
    ),
    # stamps
    ("grace_min = 15", "grace_min = -15", ["stamps.appointment.grace_min = -15: must be 0 or more"]),
    ("credits = { elder = 20 }", "credits = { elder = -20 }", ["stamps.credits.elder = -20: must be 0 or more"]),
    ("calls = 3", "calls = 0", ["stamps.missed.1.calls = 0: must be 1 or more"]),
    (
        'anchor = "check_in"',
        'anchor = "slot_start"',
        ['stamps.walk_in.anchor = "slot_start": a walk-in has no slot; use check_in or now'],
    ),
    (
        "[queues.cashier]",
        "[queues.internal.stamps]\nmissed = []\n[queues.cashier]",
        [
            "queues.internal.stamps.missed: is empty; say what becomes of a missed patient",
        ],
    ),
    (
        'type = "place"\ncalls = 3\n',
        'type = "abandon"\n',
        [
            'stamps.missed.1.sentence.zh = "过 {calls} 位": unknown placeholder {calls}; it may use none',
            'stamps.missed.1.sentence.en = "after {calls}": unknown placeholder {calls}; it may use none',
            "stamps.missed.1: nothing can follow abandon; it must be the last rule",
        ],
    ),
    # sentences
    (
        'zh = "迟到，{key}", en = "late, {key}"',
        'zh = "迟到，{keys}", en = "late, {key}"',
        ['stamps.late.sentence.zh = "迟到，{keys}": unknown placeholder {keys}; it may use ' + quoted(TIME_WORDS)],
    ),
    (
        'zh = "过 {calls} 位", en = "after {calls}"',
        'zh = "过 {calls} 位", en = "after {key}"',
        ['stamps.missed.1.sentence.en = "after {key}": unknown placeholder {key}; it may use "calls", "now", "misses"'],
    ),
    (
        'zh = "迟到，{key}", en = "late, {key}"',
        'zh = "迟到，{key}", en = "late"',
        ["stamps.late.sentence: zh and en do not use the same placeholders"],
    ),
    ('zh = "作废"', 'zh = "作废 {"', ['stamps.missed.2.sentence.zh = "作废 {": has a brace without its partner']),
    ('zh = "作废"', 'zh = " "', ['stamps.missed.2.sentence.zh = " ": is empty']),
    (
        'zh = "迟到，{key}"',
        'zh = "{key.__class__}"',
        [
            'stamps.late.sentence.zh = "{key.__class__}": unknown placeholder {key.__class__}; it may use '
            + quoted(TIME_WORDS)
        ],
    ),
    # the server and the voice
    (
        "[titles]",
        '[server]\nhost = "0.0.0.0"\n[titles]',
        [
            'server.host = "0.0.0.0": needs tls_certificate and tls_key: without them only 127.0.0.1 is served',
        ],
    ),
    (
        "[titles]",
        '[server]\nhost = "queue.example"\n[titles]',
        [
            'server.host = "queue.example": must be an IP address or localhost',
        ],
    ),
    (
        "[titles]",
        '[server]\ntls_key = "key.pem"\n[titles]',
        [
            "server.tls_certificate: tls_certificate and tls_key belong together",
        ],
    ),
    (
        "[titles]",
        '[server]\npublic_url = "queue.example.org/"\n[titles]',
        [
            'server.public_url = "queue.example.org/": must be like https://example.org, without a slash at the end',
        ],
    ),
    (
        "[titles]",
        '[server]\ntrusted_proxies = ["10.0.0.5", "10.0.0.0/24", "proxy.lan", "10.0.0.5/24"]\n[titles]',
        [
            'server.trusted_proxies = "proxy.lan": must be an address or a network such as 10.0.0.0/24',
            'server.trusted_proxies = "10.0.0.5/24": must be an address or a network such as 10.0.0.0/24',
        ],
    ),
    (
        "[titles]",
        '[voice]\nlanguages = []\nsentence = { zh = "{number}", en = "{number} {room}" }\n[titles]',
        [
            "voice.languages: is empty; set enabled = false for silence",
            'voice.sentence.zh = "{number}": must say {room}',
        ],
    ),
    (
        "[titles]",
        '[displays.door]\nidel = ""\n[displays.hall]\nstations = []\nshows = "到{room}"\n[titles]',
        [
            'displays.door.idel: unknown key; did you mean "idle"?',
            "displays.door.stations: is missing",
            "displays.hall.stations: is empty; name the stations whose calls it shows",
            'displays.hall.shows = "到{room}": must say {number}',
        ],
    ),
    (
        "[titles]",
        '[displays.door]\nstations = ["s1", "s9", "s1"]\nshows = "{number} {name}"\n[titles]',
        [
            "displays.door.stations: names a station twice",
            'displays.door.stations = "s9": there is no such station; stations are "s1"',
            (
                'displays.door.shows = "{number} {name}": unknown placeholder {name}; it may use "number", "room", '
                '"room_en"'
            ),
        ],
    ),
    (
        "[titles]",
        '[voice]\nlanguages = ["zh", "fr"]\n[titles]',
        [
            'voice.languages.2 = "fr": must be one of "zh", "en"',
        ],
    ),
]
"""What stands in the small hospital's file, what is written there instead, and what is said of it."""
