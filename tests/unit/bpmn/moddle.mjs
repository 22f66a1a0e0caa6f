// Reads BPMN as modelers do (bpmn-moddle is the reader of bpmn.io and Camunda Modeler) and writes it again.
// A JSON list of texts comes in; for each goes out what the reader warned of, what has no place in the drawing, and the text written anew.
import { readFileSync } from "node:fs";
import BpmnModdle from "bpmn-moddle";

async function reread(text) {
  const moddle = new BpmnModdle();
  const { rootElement, warnings } = await moddle.fromXML(text);
  const plane = rootElement.diagrams[0].plane;
  const drawn = new Map(plane.planeElement.map((one) => [one.bpmnElement, one]));
  const unplaced = [];
  for (const element of elementsOf(rootElement.rootElements.find((one) => one.$type === "bpmn:Process"))) {
    const di = drawn.get(element);
    const isPlaced = element.$type === "bpmn:SequenceFlow" ? di?.waypoint?.length >= 2 : di?.bounds?.width > 0;
    if (!isPlaced) unplaced.push(element.id);
  }
  const written = await moddle.toXML(rootElement, { format: true });
  return { warnings: warnings.map((one) => one.message), unplaced, drawn: plane.planeElement.length, text: written.xml };
}

function* elementsOf(scope) {
  for (const element of scope.flowElements ?? []) {
    yield element;
    yield* elementsOf(element);
  }
}

const texts = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(await Promise.all(texts.map(reread))));
