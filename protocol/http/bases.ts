import { z } from 'zod';
import { ReportedText } from '../display-text.ts';
import { BaseId, ClaimId, SiteId } from '../ids.ts';
import { Instant } from '../json.ts';
import { BasePresence } from '../presence.ts';
import { Name } from './accounts.ts';

/** GET /api/bases/:baseId; part of a snapshot */
export const BaseView = z.object({
  id: BaseId,
  siteId: SiteId,
  name: z.string(),
  version: z.string(),
  presence: BasePresence,
  createdAt: Instant,
});
export type BaseView = z.infer<typeof BaseView>;

/** PATCH /api/bases/:baseId */
export const BaseChange = z.strictObject({ name: Name });
export type BaseChange = z.infer<typeof BaseChange>;

/** POST /api/sites/:siteId/claim-codes -> 201 ClaimCodeCreated; `code` is never shown again. */
export const ClaimCodeRequest = z.strictObject({ baseName: Name });
export type ClaimCodeRequest = z.infer<typeof ClaimCodeRequest>;
export const ClaimCodeCreated = z.object({
  id: ClaimId,
  code: z.string(),
  /** The addresses under which a base can reach this hub over HTTPS. */
  hubUrls: z.array(z.string()),
  expiresAt: Instant,
});
export type ClaimCodeCreated = z.infer<typeof ClaimCodeCreated>;

/** GET /api/claim-codes/:claimId: what became of it. */
export const ClaimCodeStatus = z.object({
  id: ClaimId,
  state: z.enum(['waiting', 'claimed', 'expired']),
  baseId: BaseId.nullable(),
  expiresAt: Instant,
});
export type ClaimCodeStatus = z.infer<typeof ClaimCodeStatus>;

/** POST /api/bases/claim -> 201 BaseClaimed. Needs no session: the secret is the right to it. */
export const BaseClaim = z.strictObject({
  /** The first 12 characters of the claim code (claim-code.ts). */
  secret: z.string().length(12),
  /** Raw Ed25519 public key, 32 bytes, base64url without padding. */
  publicKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  version: ReportedText(32),
});
export type BaseClaim = z.infer<typeof BaseClaim>;
export const BaseClaimed = z.object({ baseId: BaseId, siteId: SiteId, name: ReportedText(256) });
export type BaseClaimed = z.infer<typeof BaseClaimed>;
