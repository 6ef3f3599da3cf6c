import {
  type KeyObject,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
} from 'node:crypto';
import { SignJWT, errors, jwtVerify } from 'jose';
import { AppError } from '#protocol/errors.ts';
import type { ChannelAuthorization } from '#protocol/http/channels.ts';
import { CHANNEL_AUDIENCE, ChannelTokenClaims } from '#protocol/hub-link/tokens.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { Clock } from '#platform/clock.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { WRITERS } from '../../store/writers.ts';
import { getSetting, putSetting } from '../../store/settings.ts';

export type ChannelTokenVerdict =
  | { readonly ok: true; readonly claims: ChannelTokenClaims }
  | { readonly ok: false; readonly code: 'channel_token_invalid' | 'channel_token_expired' };

/** Signs and checks the right of one socket to one channel. */
export class ChannelTokens {
  readonly #unitOfWork: UnitOfWork;
  readonly #clock: Clock;
  #privateKey: KeyObject | undefined;
  #publicKey: KeyObject | undefined;

  constructor(deps: { readonly unitOfWork: UnitOfWork; readonly clock: Clock }) {
    this.#unitOfWork = deps.unitOfWork;
    this.#clock = deps.clock;
  }

  /** Loads the key, or makes one; it is kept in the database. */
  async start(): Promise<void> {
    const pem = await this.#unitOfWork.run(async ({ tx, hold }) => {
      await hold('hub');
      const stored = await getSetting(tx, 'channel_key');
      if (stored !== undefined) return stored;
      const { privateKey } = generateKeyPairSync('ed25519');
      const made = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
      await putSetting(tx, 'channel_key', made);
      return made;
    }, WRITERS.hub);
    this.#privateKey = createPrivateKey(pem);
    this.#publicKey = createPublicKey(this.#privateKey);
  }

  async issue(grant: {
    readonly subject: string;
    readonly channel: string;
    readonly socketId: string;
  }): Promise<ChannelAuthorization> {
    if (!this.#privateKey) throw new AppError('not_ready');
    const nowMs = this.#clock.nowMs();
    const iat = Math.floor(nowMs / 1000);
    const expiresAtMs = nowMs + LIMITS.channelTokenTtlMs;
    const token = await new SignJWT({
      chn: grant.channel,
      sid: grant.socketId,
      grt: iat + LIMITS.channelGrantTtlMs / 1000,
    })
      .setProtectedHeader({ alg: 'EdDSA' })
      .setAudience(CHANNEL_AUDIENCE)
      .setSubject(grant.subject)
      .setIssuedAt(iat)
      .setExpirationTime(Math.floor(expiresAtMs / 1000))
      .sign(this.#privateKey);
    return { token, expiresAtMs };
  }

  async verify(token: string): Promise<ChannelTokenVerdict> {
    if (!this.#publicKey) throw new AppError('not_ready');
    try {
      const { payload } = await jwtVerify(token, this.#publicKey, {
        algorithms: ['EdDSA'],
        audience: CHANNEL_AUDIENCE,
        currentDate: new Date(this.#clock.nowMs()),
      });
      const claims = ChannelTokenClaims.safeParse(payload);
      return claims.success
        ? { ok: true, claims: claims.data }
        : { ok: false, code: 'channel_token_invalid' };
    } catch (error) {
      const expired = error instanceof errors.JWTExpired;
      return { ok: false, code: expired ? 'channel_token_expired' : 'channel_token_invalid' };
    }
  }
}
