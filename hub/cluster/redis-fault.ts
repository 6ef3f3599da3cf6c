/** With which Redis refuses who connects, or what it may do. */
const REFUSED = /^(WRONGPASS|NOAUTH|NOPERM|ERR (AUTH|invalid|unknown|DB|max))/i;

/** With which Node.js refuses a certificate. */
const UNTRUSTED =
  /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|ERR_TLS_CERT_|INVALID_(CA|PURPOSE)|HOSTNAME_MISMATCH)/;

/** Why there is no bus by Redis, in one sentence, without the password. */
export function redisFault(error: unknown, url: string): string {
  const { host } = new URL(url);
  const reason = error instanceof Error ? reasonOf(error) : String(error);
  const fault = `The Redis server at ${host} ${whatIsWrong(error, reason)}`;
  return `${fault}. Until then this hub looks for changes of others in the database.`;
}

function whatIsWrong(error: unknown, reason: string): string {
  if (REFUSED.test(reason)) {
    return `refuses this hub (${reason}): correct --bus, or what the server allows`;
  }
  if (UNTRUSTED.test(codeOf(error))) {
    return `has a certificate that this hub does not trust (${reason}): name its CA in NODE_EXTRA_CA_CERTS, or correct --bus`;
  }
  return `cannot be reached (${reason}): start it, or correct --bus`;
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  return typeof code === 'string' ? code : '';
}

function reasonOf(error: Error): string {
  if (error.message !== '') return error.message;
  // Of several addresses of a name none answered: Node.js says why for each.
  const code = codeOf(error);
  return code === '' ? error.name : code;
}
