// A page, as far as a person without scripts can use it: its forms.
import { parse } from "parse5";

/**
 * @typedef {import("parse5").DefaultTreeAdapterTypes.Node} Node
 * @typedef {import("parse5").DefaultTreeAdapterTypes.Element} Element
 *
 * @typedef {object} Button What sends a form.
 * @property {string} id
 * @property {string} name Empty where it adds nothing to the form.
 * @property {string} value
 *
 * @typedef {object} Form
 * @property {URL} action
 * @property {string} method `get` or `post`.
 * @property {URLSearchParams} fields What would be sent as it stands, without a button.
 * @property {readonly string[]} inputs The names of the fields that a person fills in.
 * @property {readonly Button[]} buttons
 */

/** Types of inputs that are not sent as they stand. */
const BUTTONS = ["submit", "button", "reset", "image"];

/**
 * The forms of a page, in their order.
 *
 * @param {string} html
 * @param {URL} address Of the page.
 * @returns {Form[]}
 */
export function formsOf(html, address) {
  const elements = [...elementsIn(parse(html, { scriptingEnabled: false }))];
  return elements
    .filter((element) => element.tagName === "form")
    .map((form) => formOf(form, elements, address));
}

/**
 * @param {Element} form
 * @param {readonly Element[]} page
 * @param {URL} address
 * @returns {Form}
 */
function formOf(form, page, address) {
  const own = new Set(elementsIn(form));
  const id = attribute(form, "id");
  // A control may stand elsewhere and name its form.
  const controls = page.filter((element) => {
    const named = attribute(element, "form");
    return named === undefined ? own.has(element) : id !== undefined && named === id;
  });
  const fields = new URLSearchParams();
  const inputs = [];
  const buttons = [];
  for (const control of controls) {
    const type = attribute(control, "type")?.toLowerCase();
    const isButton =
      control.tagName === "button"
        ? type !== "button" && type !== "reset"
        : control.tagName === "input" && type === "submit";
    const name = attribute(control, "name") ?? "";
    if (attribute(control, "disabled") !== undefined) continue;
    if (isButton) {
      buttons.push({ id: attribute(control, "id") ?? "", name, value: attribute(control, "value") ?? "" });
    } else if (control.tagName === "input" && name !== "" && !BUTTONS.includes(type ?? "")) {
      const isTicked = attribute(control, "checked") !== undefined;
      if ((type === "checkbox" || type === "radio") && !isTicked) continue;
      fields.append(name, attribute(control, "value") ?? (isTicked ? "on" : ""));
      if (type !== "hidden") inputs.push(name);
    } else if (control.tagName === "select" && name !== "") {
      const options = [...elementsIn(control)].filter((element) => element.tagName === "option");
      const chosen = options.find((option) => attribute(option, "selected") !== undefined) ?? options[0];
      if (chosen) fields.append(name, attribute(chosen, "value") ?? "");
    }
  }
  return {
    action: new URL(attribute(form, "action") || address.href, address),
    method: (attribute(form, "method") ?? "get").toLowerCase(),
    fields,
    inputs,
    buttons,
  };
}

/**
 * @param {Node} node
 * @returns {Generator<Element>}
 */
function* elementsIn(node) {
  if (!("childNodes" in node)) return;
  for (const child of node.childNodes) {
    if ("tagName" in child) yield child;
    yield* elementsIn(child);
  }
}

/**
 * @param {Element} element
 * @param {string} name
 */
function attribute(element, name) {
  return element.attrs.find((one) => one.name === name)?.value;
}
