// Keeps "3 h ago" true while a page stays open; the same words as apps/core/templatetags/ui.py.

const EVERY = 30_000;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function span(seconds) {
  if (seconds < MINUTE) return "less than a minute";
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < DAY) {
    const minutes = seconds < 3 * HOUR ? Math.floor((seconds % HOUR) / MINUTE) : 0;
    return `${Math.floor(seconds / HOUR)} h${minutes ? ` ${minutes} min` : ""}`;
  }
  const hours = seconds < 3 * DAY ? Math.floor((seconds % DAY) / HOUR) : 0;
  return `${Math.floor(seconds / DAY)} d${hours ? ` ${hours} h` : ""}`;
}

const wordings = {
  ago: (seconds) => (seconds >= 0 ? (seconds < MINUTE ? "just now" : `${span(seconds)} ago`) : `in ${span(-seconds)}`),
  due: (seconds) => (seconds > 0 ? `overdue by ${span(seconds)}` : `due in ${span(-seconds)}`),
  wait: (seconds) => span(Math.max(0, seconds)),
};

function refresh(root = document) {
  for (const element of root.querySelectorAll("time[data-relative]")) {
    const seconds = (Date.now() - Date.parse(element.dateTime)) / 1000;
    const text = wordings[element.dataset.relative]?.(seconds);
    if (text && element.textContent !== text) element.textContent = text;
    if (element.dataset.relative === "due") {
      element.classList.toggle("time-late", seconds > 0);
      element.classList.toggle("time-soon", seconds <= 0 && seconds > -DAY);
    }
  }
}

export function startTimes() {
  setInterval(refresh, EVERY);
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
}
