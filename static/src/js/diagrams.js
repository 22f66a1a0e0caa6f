// A drawing taller or wider than its window opens where the run is.

const WHERE = [".node-failed", ".node-waiting", ".node-active:not(.node-kind-parallel)", ".node-active"];

function centre(frame) {
  const node = WHERE.map((name) => frame.querySelector(name)).find(Boolean);
  if (!node) return;
  const inner = node.getBoundingClientRect();
  const outer = frame.getBoundingClientRect();
  frame.scrollTop += inner.top - outer.top - (frame.clientHeight - inner.height) / 2;
  frame.scrollLeft += inner.left - outer.left - (frame.clientWidth - inner.width) / 2;
}

export function startDiagrams() {
  const all = () => document.querySelectorAll(".diagram").forEach(centre);
  all();
  document.addEventListener("htmx:afterSwap", all);
}
