// Calls wait their turn to be announced: none is skipped, none spoken over, none announced twice. Second-stage calls, to a
// room's door, come when no call waits, and only while the patient is still to go there.

/** Whether it is a second-stage call. */
export function isDoor(call) {
  return "at" in call;
}

/** What names one announcement: the call, and which repeat of it. */
export function token(call) {
  return isDoor(call) ? `door/${call.at}` : `${call.call}/${call.repeat}`;
}

/** The announcements of one board. */
export class Announcements {
  /**
   * @param {function(Object, number): Promise<void>} announce shows and speaks a call, and is given how many wait behind
   */
  constructor(announce) {
    this.announce = announce;
    this.queue = [];
    this.doors = [];
    this.known = new Set();
    this.view = null;
    this.running = false;
  }

  /** A call as it happens. */
  add(call) {
    if (this.known.has(token(call))) return;
    this.known.add(token(call));
    this.queue.push(call);
    this.queue.sort((one, other) => one.call - other.call || one.repeat - other.repeat);
    this.run();
  }

  /** A second-stage call as it happens. */
  addDoor(door) {
    if (this.known.has(token(door))) return;
    this.known.add(token(door));
    this.doors.push(door);
    this.run();
  }

  /** The present: its open calls that nobody came to yet are announced, unless they were. */
  see(view) {
    this.view = view;
    for (const call of view.calls) {
      if (call.status === "called") this.add(call);
      else this.known.add(token(call));
    }
  }

  /**
   * Whether a call that waited is still worth announcing: it stands, or was missed before its turn came. A call taken
   * back, one whose patient is already in the room, and one that is called again further down the queue are not.
   */
  stands(call) {
    const same = (each) => each.ticket === call.ticket;
    if (this.queue.some((each) => same(each))) return false;
    const open = this.view.calls.find(same);
    return open ? open.status === "called" : this.view.missed.some(same);
  }

  /** Whether the patient still waits at that door: one who was called meanwhile, or sent back, is not sent there. */
  waitsAt(door) {
    return this.view.next_up.some((each) => each.ticket === door.ticket && each.stage === "door" && each.room.zh === door.room.zh);
  }

  async run() {
    if (this.running) return;
    this.running = true;
    // Let everything that came in the same instant line up first.
    await Promise.resolve();
    try {
      while (this.queue.length > 0 || this.doors.length > 0) {
        if (this.queue.length > 0) {
          const call = this.queue.shift();
          if (!this.view || this.stands(call)) await this.announceOne(call);
        } else {
          const door = this.doors.shift();
          if (this.view && this.waitsAt(door)) await this.announceOne(door);
        }
      }
    } finally {
      this.running = false;
    }
  }

  /** A call that cannot be shown is left out: the calls behind it must not wait for ever. */
  async announceOne(call) {
    try {
      await this.announce(call, this.queue.length);
    } catch (error) {
      console.error(error);
    }
  }
}
