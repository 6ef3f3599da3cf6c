import type { Logger } from 'pino';
import { deviceSubject, tokenSubject } from '../../kernel/subject.ts';
import { removeSessionsOf } from '../../store/mqtt-sessions.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { WRITERS } from '../../store/writers.ts';
import type { Principal } from '../accounts/principal.ts';
import type { Revocation, RevokedAt } from '../accounts/revocations.ts';
import type { LiveSessions } from './live-sessions.ts';

export interface RevokedSessionsDeps {
  readonly live: LiveSessions;
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  readonly log: Logger;
}

/**
 * With a token or a device end its connections, and its sessions with what waits for them; with
 * one of the credentials of a device the connections that were made with it.
 */
export class RevokedSessions {
  readonly #deps: RevokedSessionsDeps;

  constructor(deps: RevokedSessionsDeps) {
    this.#deps = deps;
  }

  revoked(revocation: Revocation, at: RevokedAt): void {
    for (const session of this.#deps.live.all()) {
      if (isOver(revocation, session.principal)) session.end('revoked');
    }
    const identity = identityOf(revocation);
    if (identity !== undefined && at === 'this hub') void this.#remove(identity);
  }

  /** If it fails, they end when they are over: nobody can connect to them any more. */
  async #remove(identity: string): Promise<void> {
    const { unitOfWork, log } = this.#deps;
    try {
      await unitOfWork.run(({ tx }) => removeSessionsOf(tx, identity), WRITERS.hub);
    } catch (error) {
      log.warn({ err: error, identity }, 'sessions of a revoked identity not removed');
    }
  }
}

function isOver(revocation: Revocation, principal: Principal): boolean {
  switch (revocation.kind) {
    case 'token':
      return principal.kind === 'token' && principal.tokenId === revocation.tokenId;
    case 'device':
      return principal.kind === 'device' && principal.deviceId === revocation.deviceId;
    case 'credential':
      return (
        principal.kind === 'device' && principal.credentialIds.includes(revocation.credentialId)
      );
    default:
      return false;
  }
}

function identityOf(revocation: Revocation): string | undefined {
  if (revocation.kind === 'token') return tokenSubject(revocation.tokenId);
  return revocation.kind === 'device' ? deviceSubject(revocation.deviceId) : undefined;
}
