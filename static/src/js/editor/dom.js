// Small elements without a framework.

const SVG = "http://www.w3.org/2000/svg";
let iconSheet = "";
let counter = 0;

/** Say once where the sprite of icons is. */
export function useIcons(url) {
  iconSheet = url;
}

/** An id no other element has. */
export function freshId(stem) {
  counter += 1;
  return `${stem}-${counter}`;
}

/** An element: attributes by name, `on…` handlers, `data` and `class`; children are elements, texts, or nothing. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "data") Object.assign(element.dataset, value);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "selected" || name === "indeterminate") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An icon of the sprite; decoration only. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${iconSheet}#${name}`);
  svg.append(use);
  return svg;
}

/** A button that shows an icon and says what it does. */
export function iconButton(name, label, onclick, more = {}) {
  return h("button", { type: "button", class: "btn btn-quiet btn-sm btn-icon", "aria-label": label, title: label, onclick, ...more }, icon(name));
}

/** Wait until nothing has come for so many milliseconds. */
export function debounce(milliseconds, task) {
  let timer = 0;
  const later = (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => task(...given), milliseconds);
  };
  later.cancel = () => clearTimeout(timer);
  return later;
}
