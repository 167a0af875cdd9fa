// Whether the server answers, for a page that follows no feed.

import { NoAnswer, Refused, get } from "./api.js";
import { learn } from "./clock.js";

const EVERY_MS = 10000;

/** Asks now and then, and hears of what the page itself asked. */
export class Pulse {
  /**
   * @param {function(number|null): void} show is given since when there was no answer, in milliseconds of this machine, or
   *   `null` while there is
   * @param {function(): Promise} further what else the page asks each time
   */
  constructor(show, further = async () => {}) {
    Object.assign(this, { show, further, last: Date.now(), isAway: null, misses: 0 });
  }

  /** Begin; nothing is asked while the page is hidden. */
  start() {
    this.beat();
    setInterval(() => document.hidden || this.ask(), EVERY_MS);
    document.addEventListener("visibilitychange", () => document.hidden || this.ask());
  }

  async ask() {
    const answered = this.asking();
    try {
      learn((await get("/health")).server_time);
      await this.further();
      answered();
    } catch (error) {
      if (error instanceof NoAnswer) this.miss();
      else if (error instanceof Refused) answered();
      else throw error;
    }
  }

  /**
   * Something is asked. What was asked before another question went without an answer says nothing about now.
   * @returns {function(): void} to be called once there is an answer
   */
  asking() {
    const before = this.misses;
    return () => {
      if (before === this.misses) this.beat();
    };
  }

  /** The server answered. */
  beat() {
    this.last = Date.now();
    this.become(false);
  }

  /** It did not. */
  miss() {
    this.misses += 1;
    this.become(true);
  }

  become(isAway) {
    if (isAway === this.isAway) return;
    this.isAway = isAway;
    this.show(isAway ? this.last : null);
  }
}
