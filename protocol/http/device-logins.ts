import { z } from 'zod';
import { ProgramScope } from '../access/roles.ts';
import { parseUserCode } from '../access/user-code.ts';
import { ReportedText } from '../display-text.ts';
import { Instant } from '../json.ts';
import { LIMITS } from '../limits.ts';
import { TokenDays, TokenSites, TokenView, UserView } from './accounts.ts';

/**
 * How a program without a browser gets an API token of a person, similar to RFC 8628:
 * it starts a login, shows the user code, and polls for the token until a signed-in
 * person approves or denies the login on the dashboard.
 */

/**
 * POST /api/device-logins -> 201 DeviceLoginStarted. The program's description of
 * itself is not verified.
 */
export const DeviceLoginRequest = z.strictObject({
  host: ReportedText(LIMITS.nameChars).min(1),
  program: ReportedText(LIMITS.nameChars).min(1),
  scope: ProgramScope,
});
export type DeviceLoginRequest = z.infer<typeof DeviceLoginRequest>;
export const DeviceLoginStarted = z.object({
  /** Secret of the program: whoever has it gets the token. */
  deviceCode: z.string().max(100),
  /** For the person: shown by the program and compared on the dashboard. */
  userCode: z.string().max(20),
  /** Of the page to open, on the hub's own origin. */
  path: z.string().max(100),
  expiresInSeconds: z.int().positive(),
  /** Minimum polling interval. */
  intervalSeconds: z.int().positive(),
});
export type DeviceLoginStarted = z.infer<typeof DeviceLoginStarted>;

/**
 * POST /api/device-logins/token -> DeviceLoginGranted, once. Until then `login_pending`, or
 * `login_slow_down`, after which the interval is 5 s longer; in the end `login_denied`,
 * `login_expired` or `login_used`.
 */
export const DeviceLoginPoll = z.strictObject({ deviceCode: z.string().max(100) });
export type DeviceLoginPoll = z.infer<typeof DeviceLoginPoll>;
export const DeviceLoginGranted = z.object({
  secret: z.string().max(200),
  token: TokenView,
  user: UserView,
});
export type DeviceLoginGranted = z.infer<typeof DeviceLoginGranted>;

const UserCode = z
  .string()
  .max(40)
  .transform((typed, context) => {
    const code = parseUserCode(typed);
    if (code !== undefined) return code;
    context.addIssue({ code: 'custom', message: 'must be 8 letters as the program shows them' });
    return z.NEVER;
  });

/** POST /api/account/device-logins/find -> DeviceLoginView; by a person. */
export const DeviceLoginQuestion = z.strictObject({ userCode: UserCode });
export type DeviceLoginQuestion = z.input<typeof DeviceLoginQuestion>;
export const DeviceLoginView = z.object({
  userCode: z.string(),
  host: z.string(),
  program: z.string(),
  scope: ProgramScope,
  /** Where it was begun. */
  address: z.string(),
  /** Whether that is where the person is, as far as the hub can see. */
  isSameAddress: z.boolean(),
  createdAt: Instant,
  expiresAt: Instant,
});
export type DeviceLoginView = z.infer<typeof DeviceLoginView>;

/** POST /api/account/device-logins/approve */
export const DeviceLoginApproval = z.strictObject({
  userCode: UserCode,
  scope: ProgramScope,
  /** Default: all sites that the person has a role at. */
  siteIds: TokenSites.optional(),
  expiresInDays: TokenDays.optional(),
});
export type DeviceLoginApproval = z.infer<typeof DeviceLoginApproval>;

/** POST /api/account/device-logins/deny {userCode} */

/** GET /api/account/token: who a program acts for, and how far. */
export const OwnToken = z.object({ user: UserView, token: TokenView });
export type OwnToken = z.infer<typeof OwnToken>;

/** GET /api/ca: what the hub is known by, to be compared by eye. */
export const HubCa = z.object({ fingerprint: z.string().max(100) });
export type HubCa = z.infer<typeof HubCa>;
