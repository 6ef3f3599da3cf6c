import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { exportJWK, SignJWT } from 'jose';
import { parseClaimCode } from '#protocol/hub-link/claim-code.ts';
import { ASSERTION_AUDIENCE } from '#protocol/hub-link/tokens.ts';
import { BaseClaimed } from '#protocol/http/bases.ts';
import { type BaseId, Epoch, EventId, newId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { signWebhook } from '#protocol/webhook/standard-webhooks.ts';
import type { ApiAnswer, ApiClient } from './api-client.ts';

export interface RawEvent {
  readonly seq: number;
  readonly type: string;
  readonly data: unknown;
}

/**
 * A base without a program, only with its key. Sends what a test chooses, properly signed or
 * not.
 */
export class RawBase {
  readonly id: BaseId;
  readonly siteId: string;
  readonly epoch = newId(Epoch);
  readonly #api: ApiClient;
  readonly #key: KeyObject;

  constructor(deps: { api: ApiClient; key: KeyObject; claimed: BaseClaimed }) {
    this.#api = deps.api.anonymous();
    this.#key = deps.key;
    this.id = deps.claimed.baseId;
    this.siteId = deps.claimed.siteId;
  }

  /** Claims its place with a code, as `base pair` does. */
  static async claim(api: ApiClient, code: string): Promise<RawBase> {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const secret = parseClaimCode(code)?.secret;
    const jwk = await exportJWK(publicKey);
    const claimed = await api.anonymous().post(BaseClaimed, '/api/bases/claim', {
      secret,
      publicKey: jwk.x,
      version: '0.0.0-test',
    });
    return new RawBase({ api, key: privateKey, claimed });
  }

  /** A client assertion; the claims can be bent. */
  assertion(
    changes: { audience?: string; issuedAt?: number; lifetimeSeconds?: number } = {},
  ): Promise<string> {
    const issuedAt = changes.issuedAt ?? Math.floor(Date.now() / 1_000);
    return new SignJWT()
      .setProtectedHeader({ alg: 'EdDSA' })
      .setIssuer(this.id)
      .setSubject(this.id)
      .setAudience(changes.audience ?? ASSERTION_AUDIENCE)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + (changes.lifetimeSeconds ?? 60))
      .setJti(randomBytes(16).toString('hex'))
      .sign(this.#key);
  }

  batch(events: readonly RawEvent[]): string {
    return JSON.stringify({
      type: 'base.events',
      timestamp: toInstant(Date.now()),
      data: {
        epoch: this.epoch,
        clockOffsetMs: 0,
        events: events.map((event) => ({ id: newId(EventId), ...event })),
      },
    });
  }

  /** The headers of a properly signed body. */
  headersFor(
    body: string,
    timestampSeconds = Math.floor(Date.now() / 1_000),
  ): Record<string, string> {
    const message = {
      id: `msg_${randomBytes(8).toString('hex')}`,
      timestampSeconds,
      body: Buffer.from(body),
    };
    const signer = {
      version: 'v1a' as const,
      sign: (content: Uint8Array) => sign(null, content, this.#key),
    };
    return signWebhook(message, [signer]);
  }

  /** Posts a batch; without `headers` a properly signed one. */
  async post(
    body: string,
    headers: Record<string, string> = this.headersFor(body),
  ): Promise<ApiAnswer> {
    return this.#api.send('POST', `/api/webhooks/bases/${this.id}`, { rawBody: body, headers });
  }
}
