// What an expression at a step can refer to: the input, what earlier steps give, values kept, and functions. Pure.
import { getIn, isObject, nameOf } from "./paths.js";

const OUTPUTS = {
  check: [["passed", "whether all rules held"]],
  approval: [["outcome", "approved or rejected"], ["decided_by", "who decided"], ["comment", "what was said"]],
  choice: [["case", "number of the way taken"]],
  parallel: [["ended", "branches in order of ending"]],
  wait: [["event", "the event that came"], ["timed_out", "true when it came too late"]],
};

const FUNCTIONS = [
  ["has(…)", "has(input.)", "whether something is there"],
  ["size(…)", "size()", "how many items, or letters"],
  ["… in [ ]", " in ['', '']", "is one of several"],
  ["contains", ".contains('')", "a text holds another"],
  ["startsWith", ".startsWith('')", "a text begins with another"],
  ["… && …", " && ", "both must hold"],
  ["… || …", " || ", "one must hold"],
  ["! …", "!", "must not hold"],
  ["… ? … : …", " ?  : ", "one value if it holds, else another"],
  ["exists", ".exists(x, x.)", "some item of a list fits"],
  ["all", ".all(x, x.)", "every item of a list fits"],
  ["filter", ".filter(x, x.)", "the items that fit"],
  ["map", ".map(x, x.)", "something of every item"],
  ["double(…)", "double()", "as a number with decimals"],
  ["string(…)", "string()", "as text"],
  ["duration(…)", "duration('48h')", "a while, to add to a time"],
  ["timestamp(…)", "timestamp('2026-01-01T00:00:00Z')", "a point in time"],
];

/** Groups `{title, items}` of what can be inserted at a step; an item is `{label, insert, about}`. */
export function variablesAt(store, place, path) {
  const groups = [{ title: "What the run began with", items: inputItems(store.data.input) }];
  for (const earlier of stepsBefore(store.places, place)) groups.push({ title: nameOf(earlier.step), items: outputItems(earlier.step) });
  groups.push({ title: "Values kept", items: keptItems(store.places) });
  groups.push({ title: "This run and now", items: runItems(place, path, store.places) });
  groups.push({ title: "Functions", items: FUNCTIONS.map(([label, insert, about]) => ({ label, insert, about })) });
  return groups.filter(({ items }) => items.length);
}

/** The steps that are over when the run comes to a place: those before it, except in branches beside its own. */
export function stepsBefore(places, place) {
  if (!place) return [];
  const at = places.findIndex((one) => one === place || one.step.id === place.step.id);
  return places.slice(0, at).filter((earlier) => {
    if (place.path.length > earlier.path.length && earlier.path.every((part, index) => part === place.path[index])) return false;
    const split = earlier.path.findIndex((part, index) => part !== place.path[index]);
    const list = earlier.path.slice(0, split);
    return list.length === place.path.length - 1 || isStepList(places, list);
  });
}

function isStepList(places, list) {
  return places.some((one) => one.list.length === list.length && one.list.every((part, index) => part === list[index]));
}

function inputItems(schema) {
  return Object.entries(schema?.properties ?? {}).flatMap(([name, one]) => property(`input.${name}`, one));
}

function property(path, schema) {
  const own = { label: path, insert: path, about: schema?.title ?? schema?.description ?? typeWords(schema) };
  if (isMoney(schema)) return [own, { label: `${path}.value`, insert: `${path}.value`, about: "the amount, as a number to compare" }];
  const inner = Object.entries(schema?.properties ?? {}).slice(0, 12).map(([name, one]) => ({ label: `${path}.${name}`, insert: `${path}.${name}`, about: one?.title ?? typeWords(one) }));
  return [own, ...inner];
}

function isMoney(schema) {
  return isObject(schema?.properties) && "amount" in schema.properties && "currency" in schema.properties;
}

function typeWords(schema) {
  const words = { string: "text", number: "number", integer: "whole number", boolean: "yes or no", array: "list", object: "several values" };
  return words[Array.isArray(schema?.type) ? schema.type[0] : schema?.type] ?? "";
}

function outputItems(step) {
  const root = `steps.${step.id}`;
  const item = (name, about) => ({ label: `${root}.${name}`, insert: `${root}.${name}`, about });
  if (step.kind === "user_task") return Object.entries(step.form?.properties ?? {}).flatMap(([name, one]) => property(`${root}.${name}`, one));
  if (step.kind === "decision") {
    const names = new Set((step.rules ?? []).flatMap((rule) => Object.keys(rule?.then ?? {})));
    return [...names].map((name) => item(name, "from the table"));
  }
  if (step.kind === "end" || step.kind === "set") return [];
  const known = OUTPUTS[step.kind];
  return known ? known.map(([name, about]) => item(name, about)) : [{ label: root, insert: root, about: "all it gives" }];
}

function keptItems(places) {
  const names = new Set(places.filter(({ step }) => step.kind === "set").flatMap(({ step }) => Object.keys(step.values ?? {})));
  return [...names].map((name) => ({ label: `vars.${name}`, insert: `vars.${name}`, about: "" }));
}

function runItems(place, path, places) {
  const items = [
    { label: "now", insert: "now", about: "this moment" },
    { label: "subject", insert: "subject", about: "what the run is about" },
    { label: "run.id", insert: "run.id", about: "the run itself" },
  ];
  const word = path.join(".");
  if (!place || /match/.test(word)) items.unshift({ label: "event.data", insert: "event.data.", about: "what the event tells" });
  if (place?.step.kind === "check" && path[0] === "rules") items.unshift({ label: "facts", insert: "facts.", about: "what the query found" });
  for (const around of places) {
    const isAround = place && around.step.kind === "for_each" && around.path.length < place.path.length && around.path.every((part, index) => part === place.path[index]);
    const name = isAround && getIn(around.step, ["as"]);
    if (name) items.unshift({ label: name, insert: name, about: `one item of ${nameOf(around.step)}` });
  }
  return items;
}
