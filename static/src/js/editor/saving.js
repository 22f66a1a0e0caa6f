// The draft on the server: saved as one types, merged with what others save, and who else is in it.
import { Refusal, call } from "./api.js";
import { debounce, freshId } from "./dom.js";

const QUIET = 900;
const PATIENT = 5000;
const AGAIN = 5000;
const PULSE = 5000;

function windowName() {
  return `${freshId("w")}-${Math.random().toString(36).slice(2, 12)}`;
}

/**
 * Events: "state" (detail: name saved|waiting|saving|refused|offline|conflict, words, at), "conflict" (detail: conflicts),
 * "editors" (detail: editors), "merged" (detail: keepsComments).
 */
export class Saving extends EventTarget {
  constructor(store, key, draft) {
    super();
    this.store = store;
    this.path = `workflow-templates/${key}/draft`;
    this.base = draft.source;
    this.version = draft.version;
    this.window = windowName();
    this.isBusy = false;
    this.conflicts = null;
    this.firstChange = 0;
    this.editors = [];
    this.later = debounce(QUIET, () => this.save());
    this.state = { name: "saved", words: draft.number ? "Saved" : "No changes yet", at: draft.number ? Date.now() : 0 };
  }

  start() {
    this.store.addEventListener("change", ({ detail }) => {
      if (detail.origin === "load" || detail.origin === "remote") return;
      this.#onChange();
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.isDirty) event.preventDefault();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.save();
      else this.pulse();
    });
    window.addEventListener("pagehide", () => {
      call("POST", `${this.path}/presence`, { window: this.window, leaving: true }, { keepalive: true }).catch(() => {});
    });
    this.store.addEventListener("select", () => this.pulse());
    setInterval(() => {
      if (!document.hidden) this.pulse();
    }, PULSE);
    this.pulse();
  }

  get isDirty() {
    return this.store.text !== this.base;
  }

  #onChange() {
    if (this.conflicts) return;
    if (!this.firstChange) this.firstChange = Date.now();
    this.#tell("waiting", "Not saved yet");
    if (Date.now() - this.firstChange > PATIENT) this.save();
    else this.later();
  }

  /** Save now; `choices` settles the conflicts that were shown. */
  async save(choices) {
    this.later.cancel();
    if (!this.store.mayWrite || this.isBusy || (this.conflicts && !choices)) return;
    if (!this.isDirty) {
      this.firstChange = 0;
      if (this.state.name === "waiting" || this.state.name === "refused") this.#tell("saved", this.version ? "Saved" : "No changes");
      return;
    }
    if (this.store.error) {
      this.#tell("refused", `Not saved: line ${this.store.error.line} cannot be read`);
      return;
    }
    const sent = this.store.text;
    this.isBusy = true;
    this.firstChange = 0;
    this.#tell("saving", "Saving…");
    try {
      this.#saved(sent, await call("PUT", this.path, { source: sent, base: this.base, ...(choices ? { choices } : {}) }));
    } catch (error) {
      this.#failed(error);
    } finally {
      this.isBusy = false;
    }
    if (this.isDirty && (this.state.name === "saved" || this.state.name === "waiting")) this.later();
  }

  #saved(sent, draft) {
    this.conflicts = null;
    this.version = draft.version;
    if (draft.source === sent) {
      this.base = sent;
    } else if (this.store.text === sent) {
      this.base = draft.source;
      this.store.adopt(draft.source);
      this.dispatchEvent(new CustomEvent("merged", { detail: { keepsComments: draft.keeps_comments } }));
    } else {
      // What was typed meanwhile was made from the text that was sent; the next save brings both together.
      this.base = sent;
    }
    this.#tell(this.isDirty ? "waiting" : "saved", this.isDirty ? "Not saved yet" : "Saved");
  }

  #failed(error) {
    if (!(error instanceof Refusal)) {
      this.#tell("offline", "No connection: not saved, trying again");
      setTimeout(() => this.save(), AGAIN);
    } else if (error.code === "edit_conflict") {
      this.conflicts = error.problem.conflicts;
      const count = this.conflicts.length;
      this.#tell("conflict", count === 1 ? "Not saved: somebody changed the same thing" : `Not saved: somebody changed the same ${count} things`);
      this.dispatchEvent(new CustomEvent("conflict", { detail: { conflicts: this.conflicts } }));
    } else if (error.status === 401 || error.status === 403) {
      this.#tell("refused", "Not saved: you are signed out, or may not write any more");
    } else {
      const first = error.problem.errors?.[0];
      const where = first?.line ? ` (line ${first.line})` : "";
      this.#tell("refused", `Not saved: ${first?.detail ?? error.message}${where}`);
    }
  }

  /** Say that one is here, hear who else is, and take over what others have saved. */
  async pulse() {
    try {
      if (this.store.mayWrite) {
        const seen = await call("POST", `${this.path}/presence`, { window: this.window, step: this.store.selected ?? "" });
        this.editors = seen.editors;
        this.dispatchEvent(new CustomEvent("editors", { detail: seen }));
        if (seen.version === this.version) return;
      }
      await this.#takeOver();
    } catch {
      // Who is here is told with the next pulse; saving says itself when it does not work.
    }
  }

  async #takeOver() {
    if (this.isBusy || this.conflicts) return;
    if (this.isDirty) {
      await this.save();
      return;
    }
    const draft = await call("GET", this.path);
    if (draft.version === this.version || this.isDirty || this.isBusy) return;
    this.version = draft.version;
    this.base = draft.source;
    this.store.adopt(draft.source);
    this.#tell("saved", "Saved");
  }

  #tell(name, words) {
    const at = name === "saved" ? Date.now() : this.state.at;
    this.state = { name, words, at };
    this.dispatchEvent(new CustomEvent("state", { detail: this.state }));
  }
}
