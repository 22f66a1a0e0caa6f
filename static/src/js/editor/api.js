// What the editor asks the server.

/** A refusal of the server, with its problem+json. */
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? "That did not work.");
    this.status = status;
    this.code = problem?.code ?? "";
    this.problem = problem ?? {};
  }
}

function token() {
  const headers = document.body.getAttribute("hx-headers");
  return headers ? JSON.parse(headers)["X-CSRFToken"] : "";
}

/** Calls below `/api/v1/`; throws Refusal, or TypeError when there is no connection. */
export async function call(method, path, body, { keepalive = false } = {}) {
  const answer = await fetch(`/api/v1/${path}`, {
    method,
    keepalive,
    headers: { Accept: "application/json", ...(body ? { "Content-Type": "application/json", "X-CSRFToken": token() } : {}) },
    body: body ? JSON.stringify(body) : undefined,
  });
  const json = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refusal(answer.status, json);
  return json;
}
