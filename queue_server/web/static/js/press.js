// One press, one command: while a command is on its way, and for a moment after, further presses do nothing.

const HOLD_MS = 700;

/** A gate that a double click or a held key passes once. */
export class Gate {
  constructor() {
    this.busy = false;
    this.pressed = -Infinity;
    this.last = null;
  }

  /**
   * Run `act`, unless another is still under way, or it is the same action again before anybody can have read what the
   * first press did.
   * @param {string} name the action
   * @param {function(): Promise<void>} act
   * @returns {Promise<boolean>} whether it ran
   */
  async pass(name, act) {
    if (this.busy || (name === this.last && Date.now() - this.pressed < HOLD_MS)) return false;
    this.busy = true;
    this.pressed = Date.now();
    this.last = name;
    try {
      await act();
    } finally {
      this.busy = false;
    }
    return true;
  }
}

/**
 * Give actions their keys. A key does nothing while held, with a modifier, in a field, or, for space and enter, on a
 * control that was reached with the tab key, which they press. Escape is heard from everywhere.
 * @param {function(string): boolean} onKey takes the key's name in lower case; whether it meant anything
 */
export function keys(onKey) {
  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const target = event.target;
    if (event.key !== "Escape" && target.closest("input, select, textarea")) return;
    if ((event.key === " " || event.key === "Enter") && target.closest("button, a, summary")) return;
    if (onKey(event.key.toLowerCase())) event.preventDefault();
  });
}

/** A mouse press leaves the focus where it was, so that space goes on meaning "next". */
export function keepFocus(root) {
  root.addEventListener("mousedown", (event) => {
    if (event.target.closest("button")) event.preventDefault();
  });
}
