// Asks the server: with the token, if it wants one, and with a limit of time.

const kTokenName = "larder-admin-token";
const kTimeLimitMs = 4000;

export class TokenWanted extends Error {
  // Whether one was sent.
  constructor(sent) {
    super("the admin token is wanted");
    this.sent = sent;
  }
}

export function keepToken(token) {
  sessionStorage.setItem(kTokenName, token);
}

// The JSON of an /api page; null if this server has no such page. Throws TokenWanted, or whatever says that there was
// no answer.
export async function ask(page) {
  const token = sessionStorage.getItem(kTokenName);
  const headers = { "X-Larder-Page": "1" };
  if (token) headers.Authorization = "Bearer " + token;
  try {
    new Headers(headers);
  } catch {
    // It has characters that no header may have, so it is not the server's.
    sessionStorage.removeItem(kTokenName);
    throw new TokenWanted(true);
  }
  const reply = await fetch("/api/" + page, { headers, signal: AbortSignal.timeout(kTimeLimitMs) });
  if (reply.status === 401) {
    sessionStorage.removeItem(kTokenName);
    throw new TokenWanted(token !== null);
  }
  if (reply.status === 404) return null;
  if (!reply.ok) throw new Error(`${page}: ${reply.status} ${await reply.text()}`);
  return reply.json();
}
