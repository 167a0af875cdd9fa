// The page's words, in the language the server chose for it.

const catalogue = JSON.parse(document.getElementById("words").textContent);

/** "zh" or "en". */
export const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";

/**
 * The words of `key`, with `{name}` filled in from `values`.
 * @param {string} key
 * @param {Object} values
 * @param {"zh"|"en"} tongue
 */
export function t(key, values = {}, tongue = language) {
  const entry = catalogue[key];
  if (!entry) throw new Error(`no words for ${key}`);
  return entry[tongue].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** The side of a `Text` of the contract that this page speaks; an absent one is empty. */
export function say(text, tongue = language) {
  return text ? text[tongue] : "";
}

/** Whether the catalogue has `key`: what the server brings anew may have no words here yet. */
export function known(key) {
  return key in catalogue;
}
