const UNKNOWN_NAME = 'no name server or hosts file of this machine knows the name HOST';
const NO_NAME_SERVER = 'no name server answers this machine when it asks for HOST';
const SILENT = 'nothing comes back from that address; a firewall or a router may be in between';
const NO_TLS = 'what listens there does not speak TLS; is it the port for HTTPS?';

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', UNKNOWN_NAME],
  ['EAI_AGAIN', NO_NAME_SERVER],
  ['ECONNREFUSED', 'nothing listens at that address and port'],
  ['EHOSTUNREACH', 'no machine in its network has that address'],
  ['ENETUNREACH', 'this machine has no route to that address'],
  ['ETIMEDOUT', SILENT],
  ['UND_ERR_CONNECT_TIMEOUT', SILENT],
  ['EPROTO', NO_TLS],
]);

/** What kept a connection from the hub, in one sentence, where the system knows it. */
export function whyUnreachable(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  const hostname = 'hostname' in cause ? String(cause.hostname) : 'the hub';
  const reason = REASONS.get(code) ?? (code.startsWith('ERR_SSL_') ? NO_TLS : undefined);
  if (reason === undefined) return undefined;
  return `The hub does not answer: ${reason.replace('HOST', () => hostname)} (${code}).`;
}
