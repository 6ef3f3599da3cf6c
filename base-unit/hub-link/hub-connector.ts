import { TLSSocket } from 'node:tls';
import { buildConnector } from 'undici';
import type { HubIdentity } from './hub-identity.ts';

/** Dials for undici; nothing is requested before the server is verified as the hub. */
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
