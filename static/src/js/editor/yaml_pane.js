// The text beside the diagram: both are the same template, whichever one changes.
import { lineOf } from "./document.js";
import { h } from "./dom.js";

export class YamlPane {
  constructor(store, root) {
    this.store = store;
    this.lines = h("div", { class: "yaml-lines", "aria-hidden": "true" });
    this.area = h("textarea", {
      class: "yaml-text", spellcheck: "false", autocomplete: "off", wrap: "off", "aria-label": "The template as YAML", readonly: !store.mayWrite,
      oninput: () => store.write(this.area.value),
      onkeydown: (event) => this.#onKey(event),
    });
    this.area.addEventListener("scroll", () => {
      this.lines.scrollTop = this.area.scrollTop;
    });
    this.problem = h("p", { class: "yaml-problem tone-danger", role: "status" });
    root.replaceChildren(this.problem, h("div", { class: "yaml" }, this.lines, this.area));
  }

  /** Show the text as it is now; while somebody types here, only what surrounds it. */
  draw(origin) {
    const { text, error } = this.store;
    if (origin !== "yaml" || this.area.value !== text) {
      const { selectionStart: from, selectionEnd: to, scrollTop } = this.area;
      const hadFocus = document.activeElement === this.area;
      this.area.value = text;
      if (hadFocus) this.area.setSelectionRange(Math.min(from, text.length), Math.min(to, text.length));
      this.area.scrollTop = scrollTop;
    }
    this.#number(text);
    this.problem.textContent = error ? `Line ${error.line}, column ${error.column}: ${error.message}. The diagram shows the last text that could be read.` : "";
  }

  #number(text) {
    const count = text.split("\n").length;
    const marked = new Map(this.store.problems.filter(({ line }) => line).map((one) => [one.line, one.severity]));
    if (this.store.error) marked.set(this.store.error.line, "error");
    this.lines.replaceChildren(...Array.from({ length: count }, (_, index) => h("span", { class: marked.has(index + 1) ? `is-${marked.get(index + 1)}` : null }, String(index + 1))));
    this.lines.scrollTop = this.area.scrollTop;
  }

  /** Scroll to where a step begins. */
  reveal(place) {
    if (!place || document.activeElement === this.area) return;
    const line = lineOf(this.store.doc, place.path, this.store.text);
    if (!line) return;
    const height = parseFloat(getComputedStyle(this.area).lineHeight) || 20;
    this.area.scrollTop = Math.max(0, (line - 4) * height);
  }

  /** Tab leaves the field, as everywhere; Ctrl+] types two spaces. */
  #onKey(event) {
    if (event.key !== "]" || !(event.ctrlKey || event.metaKey) || !this.store.mayWrite) return;
    event.preventDefault();
    const { selectionStart: at } = this.area;
    this.area.setRangeText("  ", at, at, "end");
    this.store.write(this.area.value);
  }
}
