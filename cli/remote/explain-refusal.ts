import { AppError } from '#protocol/errors.ts';
import { explain } from '../../base-unit/explain-error.ts';

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
      return explain(inner instanceof Error ? new AppError(error.code, { cause: inner }) : error);
    }
    default:
      return explain(error);
  }
}

function reasonOf({ code, details }: AppError): string {
  const { reason } = details;
  return typeof reason === 'string' ? reason : code;
}
