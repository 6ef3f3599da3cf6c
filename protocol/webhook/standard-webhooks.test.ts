import { createHmac, generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  formatSecret,
  parseSecret,
  signWebhook,
  verifyWebhook,
  type WebhookSigner,
  type WebhookVerifier,
} from './standard-webhooks.ts';

const body = new TextEncoder().encode('{"test": 2432232314}');
const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestampSeconds: 1_614_265_330, body };

function hmacSigner(secret: string): WebhookSigner & WebhookVerifier {
  const key = parseSecret(secret, 'whsec_') ?? new Uint8Array();
  const mac = (content: Uint8Array) =>
    new Uint8Array(createHmac('sha256', key).update(content).digest());
  return {
    version: 'v1',
    sign: mac,
    verify: (content, signature) => Buffer.from(mac(content)).equals(signature),
  };
}

function ed25519Signer(): WebhookSigner & WebhookVerifier {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    version: 'v1a',
    sign: (content) => new Uint8Array(sign(null, content, privateKey)),
    verify: (content, signature) => verify(null, content, publicKey, signature),
  };
}

const published = hmacSigner('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
const near = { nowSeconds: message.timestampSeconds + 10, toleranceSeconds: 300 };

describe('Standard Webhooks', () => {
  it("makes the signature of the specification's own vector", () => {
    expect(signWebhook(message, [published])).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it.each([
    ['v1', published],
    ['v1a', ed25519Signer()],
  ])('accepts what it signed with %s', (_name, signer) => {
    const headers = signWebhook(message, [signer]);
    expect(verifyWebhook({ headers, body, verifiers: [signer], ...near })).toMatchObject({
      ok: true,
      id: message.id,
    });
  });

  it('accepts any of several signatures, as during a rotation', () => {
    const headers = signWebhook(message, [ed25519Signer(), published]);
    expect(verifyWebhook({ headers, body, verifiers: [published], ...near }).ok).toBe(true);
  });

  it('never accepts a signature of one version as another', () => {
    const headers = signWebhook(message, [published]);
    const crossed = { ...published, version: 'v1a' } as const;
    expect(verifyWebhook({ headers, body, verifiers: [crossed], ...near })).toEqual({
      ok: false,
      code: 'webhook_signature_invalid',
    });
  });

  it.each([
    ['another body', { body: new TextEncoder().encode('{"test": 0}') }],
    ['another key', { verifiers: [hmacSigner('whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')] }],
    ['no verifier', { verifiers: [] }],
  ])('refuses %s', (_name, change) => {
    const headers = signWebhook(message, [published]);
    const verdict = verifyWebhook({ headers, body, verifiers: [published], ...near, ...change });
    expect(verdict).toEqual({ ok: false, code: 'webhook_signature_invalid' });
  });

  it.each([-301, 301])('refuses a timestamp %i seconds away', (distance) => {
    const headers = signWebhook(message, [published]);
    const nowSeconds = message.timestampSeconds + distance;
    expect(
      verifyWebhook({ headers, body, verifiers: [published], nowSeconds, toleranceSeconds: 300 }),
    ).toEqual({ ok: false, code: 'webhook_timestamp_invalid' });
  });

  it.each([
    ['no id', { 'webhook-id': undefined }],
    ['an id with a dot', { 'webhook-id': 'a.b' }],
    ['a timestamp that is not a number', { 'webhook-timestamp': 'now' }],
    ['no signature', { 'webhook-signature': undefined }],
    ['a repeated header', { 'webhook-id': ['a', 'b'] }],
  ])('refuses %s', (_name, change) => {
    const headers = { ...signWebhook(message, [published]), ...change };
    expect(verifyWebhook({ headers, body, verifiers: [published], ...near })).toEqual({
      ok: false,
      code: 'webhook_headers_missing',
    });
  });

  it('survives signatures that are not base64', () => {
    const headers = { ...signWebhook(message, [published]), 'webhook-signature': 'v1,%%% v1 ,,' };
    expect(verifyWebhook({ headers, body, verifiers: [published], ...near }).ok).toBe(false);
  });
});

it('reads and writes secrets in their prefixed form', () => {
  const bytes = Uint8Array.of(1, 2, 3);
  expect(parseSecret(formatSecret(bytes, 'whpk_'), 'whpk_')).toEqual(bytes);
  expect(parseSecret('whsec_AQID', 'whpk_')).toBeUndefined();
});
