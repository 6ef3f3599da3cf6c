import { TLSSocket } from 'node:tls';
import { buildConnector } from 'undici';
import type { HubIdentity } from './hub-identity.ts';

/** Dials for undici; what is dialled is asked nothing before it is known to be the hub. */
export function hubConnector(identity: HubIdentity, timeoutMs: number): buildConnector.connector {
  // A session that is resumed would come without the certificates that have to be checked.
  const dial = buildConnector({ ...identity.options, timeout: timeoutMs, maxCachedSessions: 0 });
  return (options, done) => {
    dial(options, (...outcome) => {
      const [error, socket] = outcome;
      if (error !== null || !(socket instanceof TLSSocket)) {
        done(...outcome);
        return;
      }
      try {
        identity.check(socket);
      } catch (refusal) {
        socket.destroy();
        done(refusal instanceof Error ? refusal : new Error(String(refusal)), null);
        return;
      }
      done(null, socket);
    });
  };
}
