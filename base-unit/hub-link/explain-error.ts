import { AppError } from '#protocol/errors.ts';
import { whyUnreachable } from './why-unreachable.ts';

/** One sentence for the person at the terminal; never a stack. */
export function explain(error: unknown): string {
  if (!(error instanceof AppError)) {
    return error instanceof Error ? error.message : String(error);
  }
  const { details } = error;
  if (details['hint'] === 'pair') {
    return `the base in ${String(details['folder'])} is not paired yet. Run: signalbox base pair <hub-url> <claim-code>. If its data is in another folder, pass --data.`;
  }
  if (error.code === 'hub_name_missing') {
    const { host, names } = details;
    return `the hub’s certificate does not contain the name ${String(host)}, only: ${String(names)}. Start the hub with --tls-names ${String(host)}, then try again.`;
  }
  if (error.code === 'hub_certificate_expired') {
    return `the certificate of the hub is good from ${String(details['validFrom'])} to ${String(details['validTo'])} only, and the hub's own clock shows another time.`;
  }
  if (error.code === 'not_ready') return 'a base is already running on this data folder.';
  if (typeof details['field'] === 'string' && details['field'] !== '') {
    return `${String(details['source'])}: ${details['field']} ${String(details['reason'])}`;
  }
  if (error.code === 'hub_unreachable') return whyUnreachable(error.cause) ?? error.message;
  const extra = Object.entries(details).map(([name, value]) => `${name} ${String(value)}`);
  return extra.length === 0 ? error.message : `${error.message} (${extra.join(', ')})`;
}
