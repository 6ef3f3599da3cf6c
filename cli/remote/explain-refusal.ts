import { AppError } from '#protocol/errors.ts';
import { isAboutCertificate } from './trust-hub.ts';
import { explain } from '../../base-unit/hub-link/explain-error.ts';

/** One sentence for the person at the terminal, with what to do where it is known. */
export function explainRefusal(error: unknown): string {
  if (!(error instanceof AppError)) return explain(error);
  switch (error.code) {
    case 'unauthenticated':
      return 'You are not signed in. Run: signalbox login <hub-url>';
    case 'token_invalid':
    case 'revoked':
      return 'This login was revoked or has expired. Run: signalbox login <hub-url>';
    case 'forbidden':
      // About a folder on this machine; the message says so.
      if (error.details['source'] !== undefined) return explain(error);
      return `This login does not have permission to do this. The dashboard's settings show its scope. (${reasonOf(error)})`;
    case 'hub_not_trusted': {
      const { hint } = error.details;
      return typeof hint === 'string'
        ? `This machine does not trust the issuer of the hub's certificate: ${hint}.`
        : 'The server that answered does not have this fingerprint. Nothing was sent to it.';
    }
    case 'hub_unreachable': {
      // The client wraps the system's error, and undici wraps it again.
      const inner = error.cause instanceof Error ? error.cause.cause : undefined;
      const untrusted = certificateFault(inner);
      if (untrusted !== undefined) return untrusted;
      return explain(inner instanceof Error ? new AppError(error.code, { cause: inner }) : error);
    }
    default:
      return explain(error);
  }
}

/** The problem with a server's certificate, if that is the problem. */
function certificateFault(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !('code' in cause)) return undefined;
  const code = String(cause.code);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `The hub's certificate does not contain the name that was used: start the hub with --tls-names and that name (${code}).`;
  }
  return isAboutCertificate(cause)
    ? `The server that answered is not the hub of this login, judging by its certificate. Nothing was sent to it (${code}).`
    : undefined;
}

function reasonOf({ code, details }: AppError): string {
  const { reason } = details;
  return typeof reason === 'string' ? reason : code;
}
