import type { UserId } from '#protocol/ids.ts';
import { isUser, type Principal } from '../../domain/accounts/principal.ts';
import type { Revocation } from '../../domain/accounts/revocations.ts';
import type { Connection } from './connection.ts';

/** Ends what a revocation takes from the caller of a connection: a channel, or the connection. */
export function endRevoked(client: Connection, revocation: Revocation): void {
  const { caller } = client;
  switch (revocation.kind) {
    case 'session':
      if (caller.kind === 'session' && caller.sessionId === revocation.sessionId) end(client);
      break;
    case 'token':
      if (caller.kind === 'token' && caller.tokenId === revocation.tokenId) end(client);
      break;
    case 'member':
      if (userOf(caller) === revocation.userId) {
        client.revoke({ kind: 'site', siteId: revocation.siteId });
      }
      break;
    case 'base':
      if (caller.kind === 'base' && caller.baseId === revocation.baseId) {
        client.closeWith({ code: 'base_revoked', reconnect: 'never' });
      }
      break;
    case 'device':
    case 'credential':
    case 'device_changed':
    case 'session_changed':
    case 'members_changed':
    case 'unheard':
      break;
    default:
      revocation satisfies never;
  }
}

function end(client: Connection): void {
  client.closeWith({ code: 'revoked', reconnect: 'never' });
}

function userOf(caller: Principal): UserId | undefined {
  return isUser(caller) ? caller.userId : undefined;
}
