// Passkeys: made on the page of one's own security, used to sign in and to confirm a decision. The server says what to ask
// the device (JSON with base64url), the device's answer goes back the same way.

function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function readable(options) {
  const asked = options.publicKey ?? options;
  const list = (held) => held?.map((one) => ({ ...one, id: bytes(one.id) }));
  return {
    publicKey: {
      ...asked,
      challenge: bytes(asked.challenge),
      ...(asked.user && { user: { ...asked.user, id: bytes(asked.user.id) } }),
      ...(asked.excludeCredentials && { excludeCredentials: list(asked.excludeCredentials) }),
      ...(asked.allowCredentials && { allowCredentials: list(asked.allowCredentials) }),
    },
  };
}

function sendable(credential) {
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const response = {};
  for (const name of parts) {
    const part = credential.response[name];
    if (part) response[name] = text(part);
  }
  const { id, type } = credential;
  return JSON.stringify({ id, rawId: text(credential.rawId), type, response, clientExtensionResults: {} });
}

async function ask(url, body) {
  const answer = await fetch(url, { method: "POST", body, headers: { Accept: "application/json" } });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.detail || "That did not work. Load the page again.");
  return said;
}

function say(root, words) {
  const problem = root.querySelector("[data-step-up-problem]");
  problem.querySelector("span").textContent = words;
  problem.hidden = !words;
}

/** Run the steps; what goes wrong is said beside the button. */
async function attempt(root, button, steps) {
  say(root, "");
  button.disabled = true;
  try {
    await steps();
  } catch (error) {
    const left = error.name === "NotAllowedError" || error.name === "AbortError";
    say(root, left ? "Your device did not confirm it. Try again, or use a code." : error.message);
  }
  button.disabled = false;
}

function hold(form, name, value) {
  let field = form.querySelector(`input[name="${CSS.escape(name)}"]`);
  if (!field) {
    field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    form.append(field);
  }
  field.value = value;
}

async function confirmDecision(box) {
  const { form } = box.querySelector("button");
  const body = new FormData(form);
  if (box.dataset.item) body.set("items", box.dataset.item);
  const { challenge, options } = await ask(box.dataset.url, body);
  const answer = sendable(await navigator.credentials.get(readable(options)));
  body.set("challenge", challenge);
  body.set("answer", answer);
  const { proofs } = await ask(box.dataset.url, body);
  for (const [id, proof] of Object.entries(proofs)) hold(form, `step_up-${id}`, proof);
  box.querySelector("[data-step-up-done]").hidden = false;
  box.querySelector("[data-passkey-confirm]").hidden = true;
}

async function signIn(form) {
  const { challenge, options } = await ask(form.dataset.url, new FormData(form));
  hold(form, "answer", sendable(await navigator.credentials.get(readable(options))));
  hold(form, "challenge", challenge);
  form.submit();
}

async function make(form) {
  const { challenge, options } = await ask(form.dataset.url, new FormData(form));
  hold(form, "answer", sendable(await navigator.credentials.create(readable(options))));
  hold(form, "setup", challenge);
  form.submit();
}

export function startPasskeys() {
  if (!window.PublicKeyCredential) return;
  for (const button of document.querySelectorAll("[data-passkey-confirm]")) {
    const box = button.closest("[data-step-up]");
    button.hidden = false;
    button.addEventListener("click", () =>
      box
        ? attempt(box, button, () => confirmDecision(box))
        : attempt(button.form, button, () => signIn(button.form)),
    );
  }
  for (const form of document.querySelectorAll("[data-passkey-create]")) {
    const button = form.querySelector("[data-passkey-make]");
    button.disabled = false;
    button.addEventListener("click", () => {
      if (form.reportValidity()) attempt(form, button, () => make(form));
    });
  }
}
