// Places in a template's document: paths, steps, and the lists steps stand in. Pure.

export const STEPS = "#/$defs/steps";

/** `steps[3].branches[0][1].policy` as a list of keys and numbers. */
export function readPath(text) {
  const parts = [];
  for (const [, key, number] of text.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) parts.push(number === undefined ? key : Number(number));
  return parts;
}

/** The value at a path, or undefined. */
export function getIn(value, path) {
  let held = value;
  for (const part of path) {
    if (held === null || typeof held !== "object") return undefined;
    held = held[part];
  }
  return held;
}

export function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

export function isSteps(value) {
  return Array.isArray(value) && value.length > 0 && value.every((item) => isObject(item) && "id" in item && "kind" in item);
}

function isStepsRef(schema) {
  return schema?.$ref === STEPS;
}

/**
 * The nested lists of a step, also those that are still empty: `{path, label, role, key, index, count}` with the path
 * inside the step. `role` is "way" for lists the step leads into, "side" for those that run in place of it.
 */
export function blocksOf(step, schema) {
  return [...blocks(step, schema?.properties ?? {}, [])];
}

function* blocks(value, properties, path) {
  for (const [key, schema] of Object.entries(properties)) {
    const held = value?.[key];
    const here = [...path, key];
    if (isStepsRef(schema)) {
      yield { path: here, label: schema.title, role: "way", key, removable: false };
    } else if (schema.oneOf) {
      yield* blocksOfReaction(held, schema, here);
    } else if (schema.type === "array" && Array.isArray(held)) {
      yield* blocksOfList(value, held, schema, here);
    } else if (schema.properties && isObject(held)) {
      yield* blocks(held, schema.properties, here);
    }
  }
}

function* blocksOfReaction(held, schema, path) {
  if (Array.isArray(held) && schema.oneOf.some(isStepsRef) && (held.length === 0 || isSteps(held))) {
    yield { path, label: schema.title, role: "side", key: path.at(-1), removable: true };
    return;
  }
  const object = schema.oneOf.find((one) => one.properties);
  if (isObject(held) && object) yield* blocks(held, object.properties, path);
}

function* blocksOfList(owner, held, schema, path) {
  const least = schema.minItems ?? 0;
  for (let index = 0; index < held.length; index += 1) {
    const shared = { role: "way", key: path.at(-1), index, listPath: path, removable: held.length > least };
    if (isStepsRef(schema.items)) {
      const label = owner.labels?.[index] || `Branch ${index + 1}`;
      yield { ...shared, path: [...path, index], label };
    } else if (isStepsRef(schema.items?.properties?.steps)) {
      const item = held[index] ?? {};
      yield { ...shared, path: [...path, index, "steps"], label: item.label || `If ${item.when ?? "…"}` };
    }
  }
}

/** The lists of ways a step can be given more of: `{path, item, word}`. */
export function growableLists(schema) {
  return Object.entries(schema?.properties ?? {}).flatMap(([key, one]) => {
    if (one.type !== "array") return [];
    if (isStepsRef(one.items)) return [{ path: [key], item: () => [], word: "branch" }];
    if (isStepsRef(one.items?.properties?.steps)) return [{ path: [key], item: () => ({ when: "true", steps: [] }), word: "way" }];
    return [];
  });
}

/** Every step in reading order, as `{step, path, list, index, owner, slot, depth}`; `list` is the path of its list. */
export function walk(data, schemas) {
  const found = [];
  visitList(data?.steps, ["steps"], null, ["steps"], 0, found, schemas);
  return found;
}

function visitList(list, path, owner, slot, depth, found, schemas) {
  if (!Array.isArray(list)) return;
  list.forEach((step, index) => {
    if (!isObject(step)) return;
    const place = { step, path: [...path, index], list: path, index, owner, slot, depth };
    found.push(place);
    for (const block of blocksOf(step, schemas[step.kind])) {
      visitList(getIn(step, block.path), [...place.path, ...block.path], step.id ?? "", block.path, depth + 1, found, schemas);
    }
  });
}

/** The step a problem's path lies in, and the rest of the path inside it. */
export function placeOf(path, places) {
  let best = null;
  for (const place of places) {
    if (place.path.length <= path.length && place.path.every((part, index) => part === path[index])) {
      if (!best || place.path.length > best.path.length) best = place;
    }
  }
  return { place: best, rest: path.slice(best ? best.path.length : 0) };
}

/** A short name nobody has yet. */
export function freshName(stem, taken) {
  const root = stem.replace(/_\d+$/, "") || "step";
  if (!taken.has(root)) return root;
  let number = 2;
  while (taken.has(`${root}_${number}`)) number += 1;
  return `${root}_${number}`;
}

/** What a step is called. */
export function nameOf(step) {
  return step.name || String(step.id ?? "step").replaceAll("_", " ").replace(/^./, (letter) => letter.toUpperCase());
}
