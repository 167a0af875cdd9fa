// Elements without markup in strings: what a person is called can never become a tag.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element.
 * @param {string} tag
 * @param {Object} attributes `on` holds listeners, `class` the classes; `null`, `undefined` and `false` are left out.
 * @param {...(Node|string|number|null|undefined|Array)} children strings become text, never markup.
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  return build(document.createElement(tag), attributes, children);
}

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    } else if (value === true) {
      node.setAttribute(name, "");
    } else if (value !== null && value !== undefined && value !== false) {
      node.setAttribute(name, value);
    }
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
  return node;
}

/** The same for a drawing: an element of SVG. */
export function draw(tag, attributes = {}, ...children) {
  return build(document.createElementNS(SVG, tag), attributes, children);
}

/** Put `children` in place of everything in `node`. */
export function fill(node, ...children) {
  node.textContent = "";
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
}

const PATHS = {
  done: ["M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18z", "M8 12l3 3l5-6"],
  attention: ["M12 3l10 18H2z", "M12 10v5", "M12 18v.5"],
  fault: ["M4 4h16v16H4z", "M9 9l6 6", "M15 9l-6 6"],
};

/**
 * A state's mark: a tick in a circle, a bar in a triangle, a cross in a square.
 * @param {"done"|"attention"|"fault"} kind
 */
export function mark(kind) {
  const svg = draw("svg", { class: "mark", viewBox: "0 0 24 24", "aria-hidden": "true" });
  for (const d of PATHS[kind]) svg.append(draw("path", { d }));
  return svg;
}

/** A notice with its mark; `kind` as in `mark`. Further children follow the sentence. */
export function notice(kind, sentence, ...children) {
  const role = kind === "fault" ? "alert" : "status";
  return el("div", { class: `notice ${kind}`, role }, mark(kind), el("div", { class: "said" }, sentence), children);
}

const prints = new WeakMap();

/**
 * Make `container` hold one child for each item, in order, keeping the nodes of items that did not change, so that
 * focus, scroll and selection survive news.
 * @param {HTMLElement} container
 * @param {Array} items
 * @param {function(*): string} key
 * @param {function(*, number): HTMLElement} make
 * @param {*} context what else the rows depend on
 */
export function keyed(container, items, key, make, context = null) {
  const old = new Map();
  for (const node of [...container.children]) {
    if (prints.has(node)) old.set(prints.get(node).key, node);
    else node.remove();
  }
  let previous = null;
  items.forEach((item, index) => {
    const id = key(item);
    const print = JSON.stringify([item, index, context]);
    let node = old.get(id);
    old.delete(id);
    if (!node || prints.get(node).print !== print) {
      const fresh = make(item, index);
      prints.set(fresh, { key: id, print });
      if (node) node.replaceWith(fresh);
      node = fresh;
    }
    const place = previous ? previous.nextSibling : container.firstChild;
    if (place !== node) container.insertBefore(node, place);
    previous = node;
  });
  for (const node of old.values()) node.remove();
}

/** The element with `id`, which the template promises. */
export function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`the page has no #${id}`);
  return node;
}
