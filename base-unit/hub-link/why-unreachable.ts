const UNKNOWN_NAME = 'neither DNS nor this machine’s hosts file knows the name HOST';
const NO_NAME_SERVER = 'no DNS server answers this machine’s query for HOST';
const SILENT = 'no reply from that address; a firewall or router may be blocking it';
const NO_TLS = 'the server there does not use TLS; is it the HTTPS port?';

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', UNKNOWN_NAME],
  ['EAI_AGAIN', NO_NAME_SERVER],
  ['ECONNREFUSED', 'nothing is listening at that address and port'],
  ['EHOSTUNREACH', 'no machine on its network has that address'],
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
