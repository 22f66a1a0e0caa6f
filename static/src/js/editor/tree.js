// The diagram: a list of steps that lays itself out, branches side by side, + between any two steps.
import { addWay, deleteStep, dropStep, duplicateStep, isInside, listPath, removeWay, shiftStep } from "./commands.js";
import { h, icon, iconButton } from "./dom.js";
import { blocksOf, getIn, growableLists, nameOf } from "./paths.js";

const WORDS_OF_RETURN = { on_fail: "if not", on_reject: "if rejected", on_changes: "if to be changed", timeout: "if too late" };

export class Tree {
  constructor(store, root, { onAdd, onOpen }) {
    this.store = store;
    this.root = root;
    this.onAdd = onAdd;
    this.onOpen = onOpen;
    this.dragged = null;
    this.presence = new Map();
    root.addEventListener("keydown", (event) => this.#onKey(event));
    root.addEventListener("click", (event) => this.#onClick(event));
    root.addEventListener("dragstart", (event) => this.#onDragStart(event));
    root.addEventListener("dragend", () => this.#endDrag());
    root.addEventListener("dragover", (event) => this.#onDragOver(event));
    root.addEventListener("dragleave", (event) => event.target.closest?.(".gap")?.classList.remove("is-over"));
    root.addEventListener("drop", (event) => this.#onDrop(event));
  }

  /** Draw everything anew; whoever had the focus keeps it. */
  draw() {
    const focused = this.root.contains(document.activeElement) ? document.activeElement : null;
    const mark = focused?.dataset.focus;
    const { scrollLeft: left, scrollTop: top } = this.root;
    const { store } = this;
    this.marks = this.#marks();
    const start = h(
      "button",
      { type: "button", class: "terminal-start", data: { step: "", focus: "step:" }, "aria-current": store.selected === "" ? "true" : null },
      icon("player-play"),
      h("span", {}, this.#startWords()),
    );
    this.root.replaceChildren(
      h(
        "div",
        { class: "canvas" },
        h("div", { class: "flow-start" }, start),
        this.#list(store.data.steps, null, ["steps"], "Steps of the workflow"),
        h("div", { class: "flow-end" }, h("span", { class: "terminal-stop" }, "End")),
      ),
    );
    this.root.scrollTo(left, top);
    if (mark) this.root.querySelector(`[data-focus="${CSS.escape(mark)}"]`)?.focus({ preventScroll: true });
    this.select();
  }

  /** Show which step is chosen. */
  select() {
    const { selected } = this.store;
    for (const button of this.root.querySelectorAll("[data-step]")) {
      const isChosen = selected !== null && button.dataset.step === selected;
      button.toggleAttribute("aria-current", isChosen);
      if (isChosen) button.setAttribute("aria-current", "true");
      button.closest(".step, .flow-start")?.classList.toggle("is-chosen", isChosen);
    }
    this.#setStops();
  }

  focus(id) {
    const button = this.root.querySelector(`[data-step="${CSS.escape(id)}"]`);
    button?.focus();
    button?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** Bring the beginning into the middle. */
  centre() {
    const start = this.root.querySelector(".terminal-start").getBoundingClientRect();
    const frame = this.root.getBoundingClientRect();
    this.root.scrollLeft += start.left + start.width / 2 - frame.left - frame.width / 2;
  }

  /** One stop of the tab key: the chosen step, else the first. */
  #setStops() {
    const all = [...this.root.querySelectorAll("[data-step]")];
    const stop = all.find((button) => button.dataset.step === this.store.selected) ?? all[0];
    for (const button of all) button.tabIndex = button === stop ? 0 : -1;
  }

  #startWords() {
    const { trigger } = this.store.data;
    if (trigger?.event) return `Starts when ${trigger.event} happens`;
    if (trigger?.schedule) return `Starts by the clock: ${trigger.schedule}`;
    return "Starts by hand or by another workflow";
  }

  #marks() {
    const marks = new Map();
    for (const problem of this.store.problems) {
      const id = problem.step ?? "";
      const held = marks.get(id);
      if (!held || problem.severity === "error") marks.set(id, { severity: problem.severity, count: (held?.count ?? 0) + 1 });
      else held.count += 1;
    }
    return marks;
  }

  #list(steps, owner, slot, label) {
    const held = Array.isArray(steps) ? steps : [];
    const items = held.map((step, index) => this.#item(step, owner, slot, index));
    return h(
      "ol",
      { class: "flow", "aria-label": label },
      items,
      h("li", { class: "flow-tail" }, this.#gap(owner, slot, held.length, held.length ? `Add a step after ${nameOf(held.at(-1))}` : `Add the first step: ${label}`)),
    );
  }

  #gap(owner, slot, index, label) {
    const where = { owner: owner ?? "", slot: JSON.stringify(slot), index };
    if (!this.store.mayWrite) return h("div", { class: "gap", data: where });
    const button = h("button", { type: "button", class: "gap-add", tabindex: "-1", "aria-label": label, title: "Add a step here" }, icon("plus"));
    return h("div", { class: "gap", data: where }, button);
  }

  #item(step, owner, slot, index) {
    if (!step || typeof step !== "object") return h("li", {}, this.#gap(owner, slot, index, "Add a step here"));
    const kind = this.store.kinds[step.kind];
    const id = String(step.id ?? "");
    const blocks = blocksOf(step, kind);
    const shown = blocks.filter((block) => block.role === "way" || block.removable);
    const isClosed = this.store.collapsed.has(id);
    return h(
      "li",
      {},
      this.#gap(owner, slot, index, `Add a step before ${nameOf(step)}`),
      this.#card(step, id, kind, shown, isClosed),
      shown.length > 0 && !isClosed && this.#branches(step, id, shown),
    );
  }

  #card(step, id, kind, blocks, isClosed) {
    const mark = this.marks.get(id);
    const words = [kind?.title ?? step.kind ?? "?", step.when !== undefined && "only if", step.due && "due", step.audience === "customer" && "customer sees it"];
    const button = h(
      "button",
      { type: "button", class: "step-open", draggable: this.store.mayWrite ? "true" : null, data: { step: id, focus: `step:${id}` } },
      h("span", { class: "step-icon" }, icon(kind?.["x-icon"] ?? "help")),
      h("span", { class: "step-words" }, h("span", { class: "step-name" }, nameOf(step)), h("span", { class: "step-kind" }, words.filter(Boolean).join(" · "))),
      mark && h("span", { class: `step-mark tone-${mark.severity === "error" ? "danger" : "warning"}` }, mark.severity === "error" ? "Error" : "Doubtful"),
    );
    const who = this.presence.get(id) ?? [];
    return h(
      "div",
      { class: `step${mark ? ` has-${mark.severity}` : ""}` },
      button,
      who.length > 0 && h("span", { class: "step-who" }, `${who.join(", ")} ${who.length > 1 ? "are" : "is"} here`),
      this.#returns(step),
      this.#foot(step, id, kind, blocks, isClosed),
    );
  }

  /** What is inside a step is folded at its card, and given more ways there, where the eye is. */
  #foot(step, id, kind, blocks, isClosed) {
    const growable = this.store.mayWrite && !isClosed ? growableLists(kind) : [];
    if (blocks.length === 0 && growable.length === 0) return null;
    return h(
      "div",
      { class: "step-foot" },
      blocks.length > 0 && this.#fold(step, id, blocks, isClosed),
      growable.map((one) =>
        h("button", { type: "button", class: "step-grow", tabindex: "-1", "aria-label": `Add a ${one.word} to ${nameOf(step)}`, onclick: () => addWay(this.store, id, one) }, icon("plus"), `Add a ${one.word}`),
      ),
    );
  }

  #returns(step) {
    const found = [["on_fail", step.on_fail], ["on_reject", step.on_reject], ["on_changes", step.on_changes], ["timeout", step.timeout?.then]].filter(([, held]) => held?.return_to);
    return found.map(([slot, held]) => {
      const target = this.store.place(held.return_to);
      return h("span", { class: "step-return" }, `↩ ${WORDS_OF_RETURN[slot]}: ${target ? nameOf(target.step) : held.return_to}`);
    });
  }

  #fold(step, id, blocks, isClosed) {
    const inside = blocks.reduce((sum, block) => sum + (getIn(step, block.path)?.length ?? 0), 0);
    const words = `${isClosed ? "Show" : "Hide"} ${inside} ${inside === 1 ? "step" : "steps"} inside`;
    return h(
      "button",
      { type: "button", class: "step-fold", tabindex: "-1", "aria-expanded": String(!isClosed), "aria-label": `${words} ${nameOf(step)}`, data: { fold: id } },
      icon(isClosed ? "chevron-right" : "chevron-down"),
      words,
    );
  }

  #branches(step, id, blocks) {
    return h(
      "div",
      { class: "branches" },
      blocks.map((block) =>
        h(
          "section",
          { class: `branch branch-${block.role}`, "aria-label": `${block.label}, of ${nameOf(step)}` },
          h(
            "div",
            { class: "branch-head" },
            h("span", { class: "branch-label", title: block.label }, block.label),
            this.store.mayWrite && block.removable && iconButton("x", `Remove “${block.label}” of ${nameOf(step)}`, () => removeWay(this.store, id, block), { tabindex: "-1" }),
          ),
          this.#list(getIn(step, block.path), id, block.path, `${block.label}, of ${nameOf(step)}`),
        ),
      ),
    );
  }

  // mouse

  #onClick(event) {
    const opener = event.target.closest("[data-step]");
    if (opener) {
      this.store.select(opener.dataset.step);
      this.onOpen({ focus: false });
      return;
    }
    const fold = event.target.closest("[data-fold]");
    if (fold) {
      this.toggle(fold.dataset.fold);
      return;
    }
    const add = event.target.closest(".gap-add");
    if (add) this.onAdd(this.#where(add.closest(".gap")));
  }

  #where(gap) {
    return { owner: gap.dataset.owner || null, slot: JSON.parse(gap.dataset.slot), index: Number(gap.dataset.index) };
  }

  toggle(id) {
    const { collapsed } = this.store;
    if (collapsed.has(id)) collapsed.delete(id);
    else collapsed.add(id);
    this.draw();
  }

  #onDragStart(event) {
    const id = event.target.closest?.("[data-step]")?.dataset.step;
    if (!id) return;
    this.dragged = id;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", id);
    this.root.classList.add("is-dragging");
  }

  #endDrag() {
    this.dragged = null;
    this.root.classList.remove("is-dragging");
    this.root.querySelectorAll(".gap.is-over").forEach((gap) => gap.classList.remove("is-over"));
  }

  #target(event) {
    const gap = this.dragged ? event.target.closest?.(".gap") : null;
    if (!gap) return null;
    const where = this.#where(gap);
    const list = listPath(this.store, where.owner, where.slot);
    const place = this.store.place(this.dragged);
    return list && place && !isInside(list, place.path) ? { gap, where } : null;
  }

  #onDragOver(event) {
    const target = this.#target(event);
    if (!target) return;
    event.preventDefault();
    target.gap.classList.add("is-over");
  }

  #onDrop(event) {
    const target = this.#target(event);
    if (!target) return;
    event.preventDefault();
    const id = this.dragged;
    this.#endDrag();
    dropStep(this.store, id, target.where);
  }

  // keys

  #onKey(event) {
    const button = event.target.closest("[data-step]");
    if (!button || event.ctrlKey || event.metaKey) {
      if (button && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "d") {
        event.preventDefault();
        duplicateStep(this.store, button.dataset.step);
        this.focus(this.store.selected);
      }
      return;
    }
    const done = event.altKey ? this.#onAltKey(event.key, button.dataset.step) : this.#onPlainKey(event.key, button);
    if (done) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  #onAltKey(key, id) {
    const by = { ArrowUp: -1, ArrowDown: 1 }[key];
    if (!by || !this.store.mayWrite) return false;
    shiftStep(this.store, id, by);
    this.focus(id);
    return true;
  }

  #onPlainKey(key, button) {
    const id = button.dataset.step;
    const all = [...this.root.querySelectorAll("[data-step]")];
    const at = all.indexOf(button);
    const go = (to) => {
      const next = all[Math.min(Math.max(to, 0), all.length - 1)];
      this.store.select(next.dataset.step);
      next.focus();
      return true;
    };
    switch (key) {
      case "ArrowDown": return go(at + 1);
      case "ArrowUp": return go(at - 1);
      case "Home": return go(0);
      case "End": return go(all.length - 1);
      case "ArrowLeft": return this.#foldOrOut(id, true);
      case "ArrowRight": return this.#foldOrOut(id, false);
      case "Enter": this.store.select(id); this.onOpen({ focus: true }); return true;
      case "a": case "Insert": if (this.store.mayWrite) this.onAdd(this.after(id)); return true;
      case "Delete": case "Backspace":
        if (this.store.mayWrite && id) {
          deleteStep(this.store, id);
          this.focus(this.store.selected ?? "");
        }
        return true;
      default: return false;
    }
  }

  #foldOrOut(id, isLeft) {
    const fold = this.root.querySelector(`[data-fold="${CSS.escape(id)}"]`);
    const isClosed = this.store.collapsed.has(id);
    if (fold && isClosed !== isLeft) {
      this.toggle(id);
      this.focus(id);
    } else if (isLeft && id) {
      const owner = this.store.place(id)?.owner ?? "";
      this.store.select(owner);
      this.focus(owner);
    }
    return true;
  }

  /** The place after a step; after the start that is the first. */
  after(id) {
    const place = id ? this.store.place(id) : null;
    return place ? { owner: place.owner, slot: place.slot, index: place.index + 1 } : { owner: null, slot: ["steps"], index: 0 };
  }
}
