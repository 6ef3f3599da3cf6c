/** With which Redis refuses who connects, or what it may do. */
const REFUSED = /^(WRONGPASS|NOAUTH|NOPERM|ERR (AUTH|invalid|unknown|DB|max))/i;

/** Why there is no bus by Redis, in one sentence, without the password. */
export function redisFault(error: unknown, url: string): string {
  const { host } = new URL(url);
  const reason = error instanceof Error ? reasonOf(error) : String(error);
  const fault = REFUSED.test(reason)
    ? `The Redis server at ${host} refuses this hub (${reason}): correct --bus, or what the server allows`
    : `The Redis server at ${host} cannot be reached (${reason}): start it, or correct --bus`;
  return `${fault}. Until then this hub looks for changes of others in the database.`;
}

function reasonOf(error: Error): string {
  if (error.message !== '') return error.message;
  // Of several addresses of a name none answered: Node.js says why for each.
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
