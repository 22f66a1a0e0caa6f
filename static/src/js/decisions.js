// The page of one decision: keys go to the buttons and never press them, Ctrl+Enter sends only what was chosen.

function chosenButton(form) {
  return form.querySelector(`[data-key="${form.dataset.chosen ?? ""}"]`);
}

/** Go to the button of a key (a, r, …), or to the reason that must be given first. */
export function goToAnswer(key) {
  const button = document.querySelector(`[data-decision] [data-key="${key}"]`);
  if (!button) return;
  button.form.dataset.chosen = key;
  const fold = button.closest("details");
  if (fold) fold.open = true;
  const reason = button.dataset.needs && document.getElementById(button.dataset.needs);
  const target = reason && !reason.value.trim() ? reason : button;
  target.focus();
  target.scrollIntoView({ block: "nearest" });
}

function sendByKey(event) {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest?.("[data-decision]");
  if (!form) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const button = chosenButton(form);
  if (button) form.requestSubmit(button);
  else form.querySelector("[data-key]")?.focus();
}

export function startDecisions() {
  document.addEventListener("keydown", sendByKey, true);
}
