import { z } from 'zod';
import { PersonalScope, Role, TokenScope } from '../access/roles.ts';
import { DisplayText } from '../display-text.ts';
import { InvitationId, SessionId, SiteId, TokenId, UserId } from '../ids.ts';
import { Instant } from '../json.ts';
import { LIMITS } from '../limits.ts';

/** Who may make an account: `setup` until the first exists, then as configured. */
export const SignUpMode = z.enum(['setup', 'invite', 'open', 'closed']);
export type SignUpMode = z.infer<typeof SignUpMode>;

const Email = z.email().max(254).toLowerCase();
const Password = z.string().min(1).max(LIMITS.passwordMaxChars);
export const Name = DisplayText(LIMITS.nameChars).min(1);

export const UserView = z.object({ id: UserId, email: z.string(), name: z.string() });
export type UserView = z.infer<typeof UserView>;

/** GET /api/session */
export const SessionView = z.object({ user: UserView.nullable(), signUp: SignUpMode });
export type SessionView = z.infer<typeof SessionView>;

/** POST /api/sign-up -> 201 SessionView and the session cookie */
export const SignUpRequest = z.strictObject({
  email: Email,
  name: Name,
  password: Password,
  /** The one-time sign-in that the hub printed; needed for the first account only. */
  setupCode: z.string().max(64).optional(),
  invitation: z.string().max(64).optional(),
});
export type SignUpRequest = z.infer<typeof SignUpRequest>;

/** POST /api/sign-in -> SessionView and the session cookie */
export const SignInRequest = z.strictObject({ email: Email, password: Password });
export type SignInRequest = z.infer<typeof SignInRequest>;

/** POST /api/account/password: ends all other sessions. */
export const PasswordChange = z.strictObject({ current: Password, next: Password });
export type PasswordChange = z.infer<typeof PasswordChange>;

/**
 * POST /api/account/reauthentication: allows this session protected actions for
 * `LIMITS.reauthenticationTtlMs`.
 */
export const Reauthentication = z.strictObject({ password: Password });
export type Reauthentication = z.infer<typeof Reauthentication>;

/** GET /api/account/sessions */
export const BrowserSession = z.object({
  id: SessionId,
  current: z.boolean(),
  userAgent: z.string(),
  createdAt: Instant,
  lastUsedAt: Instant,
  expiresAt: Instant,
});
export type BrowserSession = z.infer<typeof BrowserSession>;

/** GET /api/account/tokens */
export const TokenView = z.object({
  id: TokenId,
  name: z.string(),
  scope: TokenScope,
  /** The sites that it is for; null: all that its person has a role at. */
  siteIds: z.array(SiteId).nullable(),
  createdAt: Instant,
  lastUsedAt: Instant.nullable(),
  expiresAt: Instant.nullable(),
});
export type TokenView = z.infer<typeof TokenView>;

/** Bounds of a token besides its scope. */
export const TokenSites = z.array(SiteId).min(1).max(LIMITS.sitesPerToken);
export const TokenDays = z.int().min(1).max(3_650);

/** POST /api/account/tokens -> 201 TokenCreated; the secret is never shown again. */
export const TokenRequest = z.strictObject({
  name: Name,
  scope: PersonalScope,
  /** Default: all sites that its person has a role at, also those to come. */
  siteIds: TokenSites.optional(),
  expiresInDays: TokenDays.optional(),
});
export type TokenRequest = z.infer<typeof TokenRequest>;
export const TokenCreated = z.object({ token: TokenView, secret: z.string() });
export type TokenCreated = z.infer<typeof TokenCreated>;

/** GET, POST /api/sites; PATCH /api/sites/:siteId */
export const SiteView = z.object({
  id: SiteId,
  name: z.string(),
  /** The caller's own role. */
  role: Role,
  createdAt: Instant,
});
export type SiteView = z.infer<typeof SiteView>;
export const SiteRequest = z.strictObject({ name: Name });
export type SiteRequest = z.infer<typeof SiteRequest>;

/** GET /api/sites/:siteId/members; DELETE /api/sites/:siteId/members/:userId */
export const MemberView = z.object({ user: UserView, role: Role, since: Instant });
export type MemberView = z.infer<typeof MemberView>;

/** POST /api/sites/:siteId/invitations -> 201; `code` is never shown again. Owners only. */
export const InvitationRequest = z.strictObject({ role: Role });
export type InvitationRequest = z.infer<typeof InvitationRequest>;
export const InvitationCreated = z.object({
  id: InvitationId,
  code: z.string(),
  role: Role,
  expiresAt: Instant,
  /** Addresses at which others can reach the hub, the best first. */
  hubUrls: z.array(z.string()),
});
export type InvitationCreated = z.infer<typeof InvitationCreated>;
/** POST /api/invitations/accept, for someone who already has an account -> SiteView */
export const InvitationAcceptance = z.strictObject({ code: z.string().max(64) });
export type InvitationAcceptance = z.infer<typeof InvitationAcceptance>;
