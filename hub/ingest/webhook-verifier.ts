import { verify } from 'node:crypto';
import type { ErrorCode } from '#protocol/errors.ts';
import { BaseId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { checkWebhookHeaders, verifyWebhook } from '#protocol/webhook/standard-webhooks.ts';
import type { BaseDirectory, KnownBase } from '../domain/bases/base-directory.ts';
import type { Clock } from '#platform/clock.ts';

export type WebhookVerdict =
  | { readonly ok: true; readonly base: KnownBase }
  | { readonly ok: false; readonly code: ErrorCode };

/** Accepts a webhook if the base that it names has signed these bytes, recently. */
export class WebhookVerifier {
  readonly #bases: BaseDirectory;
  readonly #clock: Clock;

  constructor(deps: { readonly bases: BaseDirectory; readonly clock: Clock }) {
    this.#bases = deps.bases;
    this.#clock = deps.clock;
  }

  /**
   * What can be known before the body: the form of the headers, the time, and
   * that there is such a base. Its id is too long to be probed by this.
   */
  async precheck(
    baseId: string,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly code: ErrorCode }> {
    const verdict = checkWebhookHeaders({
      headers,
      nowSeconds: Math.floor(this.#clock.nowMs() / 1000),
      toleranceSeconds: LIMITS.webhookToleranceSeconds,
    });
    if (!verdict.ok) return verdict;
    const id = BaseId.safeParse(baseId);
    if (!id.success) return { ok: false, code: 'bad_request' };
    const base = await this.#bases.find(id.data);
    return base ? { ok: true } : { ok: false, code: 'webhook_signature_invalid' };
  }

  async check(
    baseId: BaseId,
    message: {
      readonly headers: Readonly<Record<string, string | string[] | undefined>>;
      readonly body: Uint8Array;
    },
  ): Promise<WebhookVerdict> {
    const base = await this.#bases.find(baseId);
    // An unknown base gets the same answer as a wrong signature: ids cannot be probed.
    const verifiers = base
      ? [
          {
            version: 'v1a',
            verify: (content: Uint8Array, signature: Uint8Array) =>
              verify(null, content, base.publicKey, signature),
          } as const,
        ]
      : [];
    const verdict = verifyWebhook({
      headers: message.headers,
      body: message.body,
      verifiers,
      nowSeconds: Math.floor(this.#clock.nowMs() / 1000),
      toleranceSeconds: LIMITS.webhookToleranceSeconds,
    });
    if (!verdict.ok) return verdict;
    if (!base) return { ok: false, code: 'webhook_signature_invalid' };
    return base.removed ? { ok: false, code: 'base_revoked' } : { ok: true, base };
  }
}
