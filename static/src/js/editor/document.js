// A template's text as a document that can be changed in places: comments and style of everything else stay. Pure.
import { isMap, isScalar, isSeq, parseDocument, stringify, visit } from "yaml";
import { freshName, getIn, isObject, isSteps } from "./paths.js";

const OPTIONS = { keepSourceTokens: false, prettyErrors: true, logLevel: "silent" };

/** `{doc, data, error}`; with an error, `{message, line, column}`, there is no document. */
export function readText(text) {
  const doc = parseDocument(text, OPTIONS);
  const error = doc.errors[0];
  if (error) {
    const at = error.linePos?.[0] ?? { line: 1, col: 1 };
    return { doc: null, data: null, error: { message: error.message.split("\n")[0].replace(/ at line .*$/, ""), line: at.line, column: at.col } };
  }
  const data = doc.toJS() ?? {};
  if (!isObject(data)) return { doc: null, data: null, error: { message: "A template is a mapping with format, key, name and steps", line: 1, column: 1 } };
  if (!isMap(doc.contents)) doc.contents = doc.createNode({});
  return { doc, data, error: null };
}

/** The text of a document, in the manner of the text it came from. */
export function printText(doc, like) {
  return doc.toString({ lineWidth: 0, flowCollectionPadding: !/\{[^\s}]/.test(like) });
}

/** One value as a piece of YAML, for what has no form. */
export function snippet(value) {
  return value === undefined ? "" : stringify(value, { lineWidth: 0 }).trimEnd();
}

/** The value of a piece of YAML, or throws Error with what is wrong. */
export function readSnippet(text) {
  const doc = parseDocument(text, OPTIONS);
  if (doc.errors.length) throw new Error(doc.errors[0].message.split("\n")[0]);
  return doc.toJS();
}

/** Put a value at a path; undefined takes it away, and what is empty around it, too. */
export function setValue(doc, path, value) {
  if (value === undefined) {
    removeValue(doc, path);
    return;
  }
  if (isObject(value) || Array.isArray(value)) doc.setIn(path, doc.createNode(value));
  else doc.setIn(path, value);
  loosen(doc, path);
}

function removeValue(doc, path) {
  if (!doc.hasIn(path)) return;
  doc.deleteIn(path);
  const around = path.slice(0, -1);
  const parent = around.length ? doc.getIn(around) : null;
  const isField = typeof around.at(-1) === "string" && typeof path.at(-1) === "string";
  if (isField && around.at(-1) !== "properties" && isMap(parent) && parent.items.length === 0) removeValue(doc, around);
}

/** What was written `{}` or `[]` and is no longer empty goes over several lines, where it may. */
function loosen(doc, path) {
  for (let length = 1; length < path.length; length += 1) {
    const node = doc.getIn(path.slice(0, length), true);
    if ((isMap(node) || isSeq(node)) && node.flow && node.items.length <= 1 && !insideFlow(doc, path.slice(0, length))) node.flow = false;
  }
}

function insideFlow(doc, path) {
  return path.some((_, length) => doc.getIn(path.slice(0, length), true)?.flow);
}

/** Put a step into a list, which is made if it is not there. */
export function insertStep(doc, list, index, step) {
  insertNode(doc, list, index, doc.createNode(step));
}

function insertNode(doc, list, index, node) {
  let seq = doc.getIn(list, true);
  if (!isSeq(seq)) {
    doc.setIn(list, doc.createNode([]));
    seq = doc.getIn(list, true);
  }
  if (seq.items.length === 0 && !insideFlow(doc, list)) seq.flow = false;
  seq.items.splice(index, 0, node);
  loosen(doc, [...list, index]);
}

export function removeStep(doc, path) {
  doc.getIn(path.slice(0, -1), true).items.splice(path.at(-1), 1);
}

/** Move a step to another place; `index` counts before it is taken out. */
export function moveStep(doc, path, list, index) {
  const source = doc.getIn(path.slice(0, -1), true);
  let target = doc.getIn(list, true);
  if (!isSeq(target)) {
    doc.setIn(list, doc.createNode([]));
    target = doc.getIn(list, true);
  }
  const [node] = source.items.splice(path.at(-1), 1);
  const at = source === target && path.at(-1) < index ? index - 1 : index;
  if (target.items.length === 0 && target.flow) target.flow = false;
  target.items.splice(at, 0, node);
}

/** A copy of a step whose ids, and the references among them, are new. */
export function copyStep(step, taken) {
  const names = new Map();
  const collect = (value) => {
    if (isSteps(value)) value.forEach((one) => names.set(one.id, null));
    if (value && typeof value === "object") Object.values(value).forEach(collect);
  };
  collect([step]);
  for (const id of names.keys()) {
    const fresh = freshName(String(id), taken);
    taken.add(fresh);
    names.set(id, fresh);
  }
  return renamed(structuredClone(step), names);
}

function renamed(value, names) {
  if (Array.isArray(value)) return value.map((item) => renamed(item, names));
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, (key === "id" && "kind" in value) || key === "return_to" ? (names.get(item) ?? item) : renamed(item, names)]),
    );
  }
  if (typeof value !== "string") return value;
  return value.replace(/\bsteps\.([a-z][a-z0-9_]*)/g, (whole, id) => (names.get(id) ? `steps.${names.get(id)}` : whole));
}

/** Give a step another id, and everything that names it. */
export function renameStep(doc, path, fresh) {
  const old = doc.getIn([...path, "id"]);
  const word = new RegExp(`\\bsteps\\.${old}\\b`, "g");
  const from = new RegExp(`^step\\.${old}$`);
  doc.setIn([...path, "id"], fresh);
  visit(doc, {
    Pair: (_, pair) => {
      if (pair.key?.value === "return_to" && isScalar(pair.value) && pair.value.value === old) pair.value.value = fresh;
    },
    Scalar: (key, node) => {
      if (key === "key" || typeof node.value !== "string") return;
      const text = node.value.replace(word, `steps.${fresh}`).replace(from, `step.${fresh}`);
      if (text !== node.value) node.value = text;
    },
  });
}

/** The line, from 1, at which the value at a path stands; 0 when unknown. */
export function lineOf(doc, path, text) {
  const start = doc?.getIn(path, true)?.range?.[0];
  if (start === undefined) return 0;
  return text.slice(0, start).split("\n").length;
}

export { getIn };
