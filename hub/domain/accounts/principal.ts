import { type Actor, HUB_ACTOR } from '#protocol/events/actor.ts';
import { type Permission, scopeMay } from '#protocol/access/permissions.ts';
import type { TokenScope } from '#protocol/access/roles.ts';
import type {
  BaseId,
  CredentialId,
  DeviceId,
  SessionId,
  SiteId,
  TokenId,
  UserId,
} from '#protocol/ids.ts';
import { deviceSubject, partsOfSubject, tokenSubject } from '../../kernel/subject.ts';

/** A person in a browser. */
export interface SessionPrincipal {
  readonly kind: 'session';
  readonly userId: UserId;
  readonly sessionId: SessionId;
  /** When the person last gave the password in this session. */
  readonly reauthenticatedAtMs: number;
}

/** Software that holds an API token of a person. */
export interface TokenPrincipal {
  readonly kind: 'token';
  readonly userId: UserId;
  readonly tokenId: TokenId;
  readonly scope: TokenScope;
  /** The sites that it is for; null: all that its person has a role at. */
  readonly siteIds: readonly SiteId[] | null;
  /** null: never. */
  readonly expiresAtMs: number | null;
}

export interface BasePrincipal {
  readonly kind: 'base';
  readonly baseId: BaseId;
}

/** A device that connects to the hub itself, without a base. */
export interface DevicePrincipal {
  readonly kind: 'device';
  readonly siteId: SiteId;
  readonly deviceId: DeviceId;
  /** What it showed: all of it has to last. */
  readonly credentialIds: readonly CredentialId[];
}

/** A web app or service beside the hub or a base, with its own key. */
export interface PluginPrincipal {
  readonly kind: 'plugin';
  readonly siteId: SiteId;
  readonly name: string;
  readonly scope: TokenScope;
}

/** Acts with the rights of a person, or with a part of them. */
export type UserPrincipal = SessionPrincipal | TokenPrincipal;

/** The authenticated author of a request. Edges authenticate; services check permissions. */
export type Principal = UserPrincipal | BasePrincipal | DevicePrincipal | PluginPrincipal;

/** Whether the way of signing in has a permission, regardless of the role at a site. */
export function principalMay(principal: Principal, permission: Permission): boolean {
  switch (principal.kind) {
    case 'session':
      return scopeMay(undefined, permission);
    case 'token':
    case 'plugin':
      return scopeMay(principal.scope, permission);
    case 'device':
      return scopeMay('device', permission);
    case 'base':
      // Bases have their own routes and channels.
      return false;
    default:
      return principal satisfies never;
  }
}

/** Whether a site is within the bounds of the principal itself. */
export function reachesSite(principal: UserPrincipal, siteId: SiteId): boolean {
  if (principal.kind === 'session' || principal.siteIds === null) return true;
  return principal.siteIds.includes(siteId);
}

export function isUser(principal: Principal): principal is UserPrincipal {
  return principal.kind === 'session' || principal.kind === 'token';
}

/** What a principal is counted by, wherever shares and budgets are. */
export function accountOf(principal: Principal): string {
  switch (principal.kind) {
    case 'session':
    case 'token':
      return principal.userId;
    case 'base':
      return principal.baseId;
    case 'device':
      return principal.deviceId;
    case 'plugin':
      return `${principal.siteId} ${principal.name}`;
    default:
      return principal satisfies never;
  }
}

/** The account that an action is charged to, and the actor. */
export interface Requester {
  readonly account: string;
  readonly actor: Actor;
}

export function requesterOf(principal: UserPrincipal): Requester {
  return { account: principal.userId, actor: actorOf(principal) };
}

/** The principal as the cause of an event. */
export function actorOf(principal: Principal): Actor {
  return actorOfSubject(subjectOf(principal));
}

/** The same of the word that {@link subjectOf} makes. */
export function actorOfSubject(subject: string): Actor {
  const { kind, id } = partsOfSubject(subject);
  switch (kind) {
    case 'user':
      return { kind: 'person', id };
    case 'token':
    case 'base':
    case 'device':
    case 'plugin':
      return { kind, id };
    default:
      return HUB_ACTOR;
  }
}

/** The principal in one word: in channel tokens, as `issuedBy`, in logs. */
export function subjectOf(principal: Principal): string {
  switch (principal.kind) {
    case 'session':
      return `user:${principal.userId}`;
    case 'token':
      return tokenSubject(principal.tokenId);
    case 'base':
      return `base:${principal.baseId}`;
    case 'device':
      return deviceSubject(principal.deviceId);
    case 'plugin':
      return `plugin:${principal.siteId}:${principal.name}`;
    default:
      return principal satisfies never;
  }
}
