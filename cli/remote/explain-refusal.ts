import { AppError } from '#protocol/errors.ts';
import { isAboutCertificate } from './trust-hub.ts';
import { explain } from '../../base-unit/hub-link/explain-error.ts';

/** One sentence for the person at the terminal, with what to do where it is known. */
export function explainRefusal(error: unknown): string {
  if (!(error instanceof AppError)) return explain(error);
  switch (error.code) {
    case 'unauthenticated':
      return 'You are not signed in to this hub, or to any. Run: signalbox login <hub-url>';
    case 'token_invalid':
    case 'revoked':
      return 'The hub does not know this login any more: it was revoked, or has ended. Run: signalbox login <hub-url>';
    case 'forbidden':
      // Of a folder on this machine, which says so itself.
      if (error.details['source'] !== undefined) return explain(error);
      return `This login does not have the right to do this. On the dashboard's settings you see what it is for. (${reasonOf(error)})`;
    case 'hub_not_trusted': {
      const { hint } = error.details;
      return typeof hint === 'string'
        ? `This machine does not know who signed the hub's certificate: ${hint}.`
        : 'What answers is not the hub with this fingerprint. Nothing was said to it.';
    }
    case 'hub_unreachable': {
      // The client wraps what the system said, and undici wraps it once more.
      const inner = error.cause instanceof Error ? error.cause.cause : undefined;
      const untrusted = certificateFault(inner);
      if (untrusted !== undefined) return untrusted;
      return explain(inner instanceof Error ? new AppError(error.code, { cause: inner }) : error);
    }
    default:
      return explain(error);
  }
}

/** What is wrong with the certificate of a server that answers, where that is what is wrong. */
function certificateFault(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !('code' in cause)) return undefined;
  const code = String(cause.code);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `The certificate of the hub does not bear the name by which it was dialled: start the hub with --tls-names and that name (${code}).`;
  }
  return isAboutCertificate(cause)
    ? `What answers is not the hub that this login is for, by its certificate. Nothing was said to it (${code}).`
    : undefined;
}

function reasonOf({ code, details }: AppError): string {
  const { reason } = details;
  return typeof reason === 'string' ? reason : code;
}
