import type { TokenScope } from '#protocol/access/roles.ts';
import type { BaseId, SessionId, TokenId, UserId } from '#protocol/ids.ts';

/** A person in a browser. */
export interface SessionCaller {
  readonly kind: 'session';
  readonly userId: UserId;
  readonly sessionId: SessionId;
  /** When the person last gave the password in this session. */
  readonly provedAtMs: number;
}

/** Software that holds an API token of a person. */
export interface TokenCaller {
  readonly kind: 'token';
  readonly userId: UserId;
  readonly tokenId: TokenId;
  readonly scope: TokenScope;
  /** null: never. */
  readonly expiresAtMs: number | null;
}

export interface BaseCaller {
  readonly kind: 'base';
  readonly baseId: BaseId;
}

export type UserCaller = SessionCaller | TokenCaller;

/** Who is asking, proven. */
export type Caller = UserCaller | BaseCaller;

/** What a token is bounded by; a person in a browser is not. */
export function scopeOf(caller: UserCaller): TokenScope | undefined {
  return caller.kind === 'token' ? caller.scope : undefined;
}

/** The caller in one word: in channel tokens, as `issuedBy`, in logs. */
export function subjectOf(caller: Caller): string {
  switch (caller.kind) {
    case 'session':
      return `user:${caller.userId}`;
    case 'token':
      return `token:${caller.tokenId}`;
    case 'base':
      return `base:${caller.baseId}`;
    default:
      return caller satisfies never;
  }
}
