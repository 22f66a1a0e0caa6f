// A drawing taller or wider than its window opens where the run is, else at its beginning.

const WHERE = [".node-failed", ".node-waiting", ".node-active:not(.node-kind-parallel)", ".node-active"];

function centre(frame) {
  const node = WHERE.map((name) => frame.querySelector(name)).find(Boolean);
  if (!node) {
    const begin = frame.querySelector(".terminal, .node")?.getBoundingClientRect();
    if (begin) frame.scrollLeft += begin.left + begin.width / 2 - frame.getBoundingClientRect().left - frame.clientWidth / 2;
    return;
  }
  const inner = node.getBoundingClientRect();
  const outer = frame.getBoundingClientRect();
  frame.scrollTop += inner.top - outer.top - (frame.clientHeight - inner.height) / 2;
  frame.scrollLeft += inner.left - outer.left - (frame.clientWidth - inner.width) / 2;
}

/** Tabs that do not fit show the one that is open. */
function showTab(tab) {
  const row = tab.closest("ul");
  const [inner, outer] = [tab, row].map((one) => one.getBoundingClientRect());
  if (inner.left < outer.left || inner.right > outer.right) row.scrollLeft += inner.left - outer.left - (row.clientWidth - inner.width) / 2;
}

export function startDiagrams() {
  const tabs = () => document.querySelectorAll(".tabs a[aria-current]").forEach(showTab);
  tabs();
  window.addEventListener("resize", tabs);
  const all = () => document.querySelectorAll(".diagram").forEach(centre);
  all();
  document.addEventListener("htmx:afterSwap", all);
}
