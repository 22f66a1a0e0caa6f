// The editor of one template.
import { announce, toast } from "../toasts.js";
import { askForStep } from "./adding.js";
import { call } from "./api.js";
import { deleteStep, duplicateStep, shiftStep } from "./commands.js";
import { askAboutConflicts } from "./conflicts.js";
import { debounce, h, icon, iconButton, useIcons } from "./dom.js";
import { Form } from "./form.js";
import { nameOf, placeOf, readPath } from "./paths.js";
import { Samples } from "./samples.js";
import { Saving } from "./saving.js";
import { Store } from "./store.js";
import { Tree } from "./tree.js";
import { YamlPane } from "./yaml_pane.js";

const LINT_AFTER = 400;
const TOGETHER = 60;
/** Fields of what is missing altogether. */
const WHERE = { missing_owner: ["owners"], missing_classification: ["classification"], empty: ["steps"] };

class Editor {
  constructor(root, { schema, catalogue, draft }) {
    const { key, mayWrite } = root.dataset;
    this.root = root;
    this.store = new Store({
      schema, catalogue, mayWrite: mayWrite === "yes",
      combine: (base, source, theirs) => call("POST", `workflow-templates/${key}/draft/merge`, { base, source, theirs }).then((merged) => merged.source, () => null),
    });
    this.saving = new Saving(this.store, key, draft);
    this.samples = new Samples(this.store, key);
    this.draft = draft;
    this.pane = "form";
  }

  start() {
    const { root, store } = this;
    this.part = (name) => root.querySelector(`[data-part="${name}"]`);
    this.tree = new Tree(store, this.part("diagram"), { onAdd: (where) => this.#add(where), onOpen: (how) => this.#open(how) });
    this.form = new Form(store, this.part("form"), this.samples);
    this.yaml = new YamlPane(store, this.part("yaml"));
    this.lint = debounce(LINT_AFTER, () => this.#lint());
    this.drawTreeSoon = debounce(TOGETHER, () => this.tree.draw());
    this.drawFormSoon = debounce(TOGETHER, () => this.form.draw());
    this.#listen();
    this.#drawToolbar();
    store.load(this.draft.source);
    store.select(store.places[0]?.step.id ?? "");
    this.#showPane(this.pane);
    this.#drawState();
    root.classList.remove("is-waiting");
    this.part("loading").remove();
    this.tree.centre();
    this.saving.start();
    this.samples.load().then(() => {
      this.part("samples").replaceChildren(this.samples.draw(() => this.drawFormSoon()));
      this.drawFormSoon();
    });
    setInterval(() => this.#drawState(), 5000);
    document.addEventListener("keydown", (event) => this.#onKey(event));
  }

  #listen() {
    const { store, saving } = this;
    store.addEventListener("change", ({ detail: { origin } }) => this.#onChange(origin));
    store.addEventListener("select", () => {
      this.tree.select();
      this.form.draw();
      this.yaml.reveal(store.selected ? store.place(store.selected) : null);
      this.#drawToolbar();
    });
    store.addEventListener("problems", () => {
      this.tree.draw();
      this.form.showProblems();
      this.yaml.draw("problems");
      this.#drawProblems();
    });
    saving.addEventListener("state", () => this.#drawState());
    saving.addEventListener("editors", () => this.#drawEditors());
    saving.addEventListener("merged", ({ detail }) => {
      toast(detail.keepsComments ? "What others saved meanwhile is in it, too." : "What others saved is in it, too. The comments in the YAML could not be kept.", "info");
    });
    saving.addEventListener("conflict", ({ detail }) => this.#conflict(detail.conflicts));
  }

  #onChange(origin) {
    if (origin === "yaml" && this.store.error) {
      this.yaml.draw(origin);
      this.form.draw();
      this.#drawToolbar();
      return;
    }
    if (origin === "form") {
      this.drawTreeSoon();
      this.form.retitle();
    } else {
      this.tree.draw();
      this.form.draw();
    }
    if (this.pane === "yaml" || origin === "load") this.yaml.draw(origin);
    this.#drawToolbar();
    this.lint();
  }

  async #lint() {
    const { text, error } = this.store;
    if (error) return;
    try {
      const { problems } = await call("POST", "workflow-templates/check", { source: text });
      if (this.store.text !== text) return;
      this.store.setProblems(problems.map((one) => this.#located(one)));
    } catch {
      // The next change asks again.
    }
  }

  /** A problem with the step it is about, and where in it. */
  #located(problem) {
    const path = WHERE[problem.code] && !problem.path ? WHERE[problem.code] : readPath(problem.path);
    const { place, rest } = placeOf(path, this.store.places);
    return { ...problem, step: place?.step.id ?? "", rest, isExpression: problem.code.startsWith("expression_") };
  }

  #add(where) {
    askForStep(this.store, where, () => {
      const { selected } = this.store;
      this.tree.focus(selected);
      this.#open({ focus: false });
    });
  }

  /** Show the form of the chosen step; on a narrow screen it comes up as a sheet. */
  #open({ focus }) {
    if (this.pane !== "yaml") this.#showPane("form");
    this.root.classList.add("is-open");
    if (focus) {
      this.#showPane("form");
      this.part("form").querySelector("input, select, textarea")?.focus();
    }
  }

  #close() {
    this.root.classList.remove("is-open");
    this.tree.focus(this.store.selected ?? "");
  }

  #showPane(name) {
    this.pane = name;
    for (const one of ["form", "yaml"]) this.part(`${one}-pane`).hidden = one !== name;
    this.root.dataset.pane = name;
    if (name === "yaml") {
      this.yaml.draw("show");
      this.yaml.reveal(this.store.selected ? this.store.place(this.store.selected) : null);
    }
    for (const button of this.root.querySelectorAll("[data-shows]")) button.setAttribute("aria-pressed", String(button.dataset.shows === name));
  }

  #drawToolbar() {
    const { store } = this;
    const { selected } = store;
    const mayWrite = store.mayWrite && !store.error;
    if (!this.buttons) this.#makeToolbar();
    const isStep = Boolean(selected && store.place(selected));
    const set = (name, isOff) => {
      this.buttons[name].disabled = isOff;
    };
    for (const name of ["duplicate", "up", "down", "remove"]) set(name, !mayWrite || !isStep);
    set("add", !mayWrite);
    set("undo", !store.past.length);
    set("redo", !store.future.length);
  }

  #makeToolbar() {
    const { store } = this;
    const act = (task) => () => {
      task(store.selected);
      this.tree.focus(store.selected ?? "");
    };
    this.buttons = {
      add: h("button", { type: "button", class: "btn btn-sm btn-primary", onclick: () => this.#add(this.tree.after(store.selected)) }, icon("plus"), "Add a step"),
      duplicate: iconButton("copy", "Duplicate (Ctrl+D)", act((id) => duplicateStep(store, id))),
      up: iconButton("chevron-right", "Move up (Alt+↑)", act((id) => shiftStep(store, id, -1)), { class: "btn btn-quiet btn-sm btn-icon turn-up" }),
      down: iconButton("chevron-down", "Move down (Alt+↓)", act((id) => shiftStep(store, id, 1))),
      remove: iconButton("trash", "Delete (Del)", act((id) => deleteStep(store, id))),
      undo: iconButton("arrow-back-up", "Undo (Ctrl+Z)", () => this.#travel("undo")),
      redo: iconButton("arrow-back-up", "Redo (Ctrl+Shift+Z)", () => this.#travel("redo"), { class: "btn btn-quiet btn-sm btn-icon turn-back" }),
    };
    this.part("toolbar").append(...(store.mayWrite ? Object.values(this.buttons) : []));
    this.root.addEventListener("click", (event) => {
      const shows = event.target.closest("[data-shows]");
      if (shows) {
        this.#showPane(shows.dataset.shows);
        this.root.classList.add("is-open");
      }
      if (event.target.closest("[data-closes-sheet]")) this.#close();
    });
  }

  async #travel(way) {
    const { store } = this;
    const has = way === "undo" ? store.past.length : store.future.length;
    if (!has) return;
    if (await store[way]()) announce(way === "undo" ? "Taken back" : "Done again");
    else toast("That cannot be taken back now: there is no connection.", "warning");
  }

  #onKey(event) {
    if (document.querySelector("dialog[open]")) return;
    const isCommand = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (isCommand && (key === "z" || key === "y")) {
      event.preventDefault();
      this.#travel(key === "y" || event.shiftKey ? "redo" : "undo");
    } else if (isCommand && key === "s") {
      event.preventDefault();
      this.saving.save();
    } else if (event.key === "Escape" && this.root.contains(event.target) && !event.target.closest("[data-part=diagram]")) {
      this.#close();
    }
  }

  #drawState() {
    const { name, words, at } = this.saving.state;
    const slot = this.part("state");
    const ago = name === "saved" && at ? ` ${span(Date.now() - at)} ago` : "";
    slot.dataset.state = name;
    slot.replaceChildren(icon({ saved: "circle-check", conflict: "alert-triangle", refused: "alert-triangle", offline: "alert-triangle" }[name] ?? "clock"), h("span", {}, `${words}${ago}`));
    if (name === "conflict") slot.append(h("button", { type: "button", class: "btn btn-sm", onclick: () => this.#conflict(this.saving.conflicts) }, "Choose"));
    if (this.told !== name && name !== "waiting" && name !== "saving") announce(words);
    this.told = name;
  }

  #drawEditors() {
    const others = this.saving.editors.filter((one) => !one.is_you);
    const here = new Map();
    for (const { name, step } of others) if (step) here.set(step, [...(here.get(step) ?? []), name]);
    const sign = JSON.stringify([...here]);
    if (sign !== this.presenceSign) {
      this.presenceSign = sign;
      this.tree.presence = here;
      this.tree.draw();
    }
    const words = others.map(({ name, step }) => {
      const place = step ? this.store.place(step) : null;
      return h("li", { title: place ? `${name} is at “${nameOf(place.step)}”` : name }, h("span", { class: "avatar" }, initials(name)), h("span", { class: "editor-name" }, name));
    });
    this.part("editors").replaceChildren(...(words.length ? [h("span", { class: "visually-hidden" }, "Also here:"), h("ul", { class: "editors" }, words)] : []));
  }

  #drawProblems() {
    const { problems } = this.store;
    const errors = problems.filter(({ severity }) => severity === "error").length;
    const rest = problems.length - errors;
    const words = [errors && `${errors} ${errors === 1 ? "error" : "errors"}`, rest && `${rest} to look at`].filter(Boolean).join(", ");
    const slot = this.part("problems");
    slot.querySelector("summary").replaceChildren(icon(errors ? "circle-x" : rest ? "alert-triangle" : "circle-check"), words || "Nothing in the way of publishing");
    slot.className = `problems tone-${errors ? "danger" : rest ? "warning" : "success"}`;
    slot.querySelector("ul").replaceChildren(
      ...problems.map((one) => {
        const place = one.step ? this.store.place(one.step) : null;
        const jump = () => {
          slot.open = false;
          this.store.select(one.step);
          this.tree.focus(one.step);
          this.#open({ focus: true });
          this.form.focusField(one.rest);
        };
        return h("li", {}, h("button", { type: "button", class: "problem", onclick: jump }, h("strong", {}, place ? nameOf(place.step) : "The workflow"), h("span", {}, `${one.message} ${one.remedy}`), h("span", { class: "problem-line" }, `${one.severity === "error" ? "Error" : "Doubtful"}${one.line ? `, line ${one.line}` : ""}`)));
      }),
    );
  }

  #conflict(conflicts) {
    if (!conflicts || document.querySelector("dialog.conflicts")) return;
    askAboutConflicts(this.store, conflicts, (choices) => this.saving.save(choices));
  }
}

function initials(name) {
  return name.split(/\s+/).map((word) => word[0]).slice(0, 2).join("").toUpperCase();
}

function span(milliseconds) {
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

async function start() {
  const root = document.getElementById("editor");
  if (!root) return;
  useIcons(root.dataset.icons);
  try {
    const [schema, catalogue, draft] = await Promise.all([
      call("GET", "workflow-templates/schema"),
      call("GET", "workflow-templates/catalogue"),
      call("GET", `workflow-templates/${root.dataset.key}/draft`),
    ]);
    new Editor(root, { schema, catalogue, draft }).start();
  } catch (error) {
    root.querySelector("[data-part=loading]").replaceChildren(h("p", { role: "alert" }, `The editor could not be opened: ${error.message} Reload the page to try again.`));
  }
}

start();
