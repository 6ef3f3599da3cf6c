/**
 * Standard Webhooks 1.0.0 (standardwebhooks.com): headers, signed content,
 * signatures `v1` (HMAC-SHA256) and `v1a` (Ed25519). The cryptography itself
 * is handed in, since this folder runs in every program.
 */
const WEBHOOK_HEADERS = {
  id: 'webhook-id',
  timestamp: 'webhook-timestamp',
  signature: 'webhook-signature',
} as const;

export type SignatureVersion = 'v1' | 'v1a';

/** Signs with one secret or key. */
export interface WebhookSigner {
  readonly version: SignatureVersion;
  readonly sign: (content: Uint8Array) => Uint8Array;
}

/** Checks signatures of one version against one secret or key; constant-time for `v1`. */
export interface WebhookVerifier {
  readonly version: SignatureVersion;
  readonly verify: (content: Uint8Array, signature: Uint8Array) => boolean;
}

export interface WebhookMessage {
  /** Same on every retry of the same message; no `.` in it. */
  readonly id: string;
  /** Seconds since 1970 of this attempt. */
  readonly timestampSeconds: number;
  /** The exact bytes of the body. */
  readonly body: Uint8Array;
}

export type WebhookVerdict =
  | { readonly ok: true; readonly id: string; readonly timestampSeconds: number }
  | {
      readonly ok: false;
      readonly code:
        'webhook_headers_missing' | 'webhook_timestamp_invalid' | 'webhook_signature_invalid';
    };

/** `<id>.<timestamp>.<body>`, the bytes that are signed. */
function signedContent(message: WebhookMessage): Uint8Array {
  const prefix = new TextEncoder().encode(`${message.id}.${message.timestampSeconds}.`);
  const content = new Uint8Array(prefix.length + message.body.length);
  content.set(prefix);
  content.set(message.body, prefix.length);
  return content;
}

/** The three headers. Several signers give several signatures, as a rotation of keys needs. */
export function signWebhook(
  message: WebhookMessage,
  signers: readonly WebhookSigner[],
): Record<string, string> {
  const content = signedContent(message);
  return {
    [WEBHOOK_HEADERS.id]: message.id,
    [WEBHOOK_HEADERS.timestamp]: String(message.timestampSeconds),
    [WEBHOOK_HEADERS.signature]: signers
      .map(({ version, sign }) => `${version},${toBase64(sign(content))}`)
      .join(' '),
  };
}

export interface VerifyOptions {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
  readonly verifiers: readonly WebhookVerifier[];
  readonly nowSeconds: number;
  /** Allowed distance of the timestamp from now, both ways. */
  readonly toleranceSeconds: number;
}

type HeaderVerdict =
  | {
      readonly ok: true;
      readonly id: string;
      readonly timestampSeconds: number;
      readonly signature: string;
    }
  | {
      readonly ok: false;
      readonly code: 'webhook_headers_missing' | 'webhook_timestamp_invalid';
    };

/** The checks that need no body: the form of the headers, and the timestamp. */
export function checkWebhookHeaders(
  options: Pick<VerifyOptions, 'headers' | 'nowSeconds' | 'toleranceSeconds'>,
): HeaderVerdict {
  const id = options.headers[WEBHOOK_HEADERS.id];
  const timestamp = options.headers[WEBHOOK_HEADERS.timestamp];
  const signature = options.headers[WEBHOOK_HEADERS.signature];
  if (
    typeof id !== 'string' ||
    !/^[A-Za-z0-9_-]{1,64}$/.test(id) ||
    typeof timestamp !== 'string' ||
    !/^\d{1,12}$/.test(timestamp) ||
    typeof signature !== 'string'
  ) {
    return { ok: false, code: 'webhook_headers_missing' };
  }
  const timestampSeconds = Number(timestamp);
  if (Math.abs(options.nowSeconds - timestampSeconds) > options.toleranceSeconds) {
    return { ok: false, code: 'webhook_timestamp_invalid' };
  }
  return { ok: true, id, timestampSeconds, signature };
}

/** Whether any signature is valid and the timestamp near enough. Header names in lower case. */
export function verifyWebhook(options: VerifyOptions): WebhookVerdict {
  const checked = checkWebhookHeaders(options);
  if (!checked.ok) return checked;
  const { id, timestampSeconds, signature } = checked;
  const content = signedContent({ id, timestampSeconds, body: options.body });
  for (const entry of signature.split(' ').slice(0, MAX_SIGNATURES)) {
    const [version, base64] = entry.split(',');
    const bytes = base64 === undefined ? undefined : fromBase64(base64);
    if (bytes === undefined) continue;
    for (const verifier of options.verifiers) {
      if (verifier.version === version && verifier.verify(content, bytes)) {
        return { ok: true, id, timestampSeconds };
      }
    }
  }
  return { ok: false, code: 'webhook_signature_invalid' };
}

/** More signatures than a rotation needs would only cost the verifier time. */
const MAX_SIGNATURES = 4;

/** The bytes of a secret in its written form: `whsec_`, `whsk_` or `whpk_` and base64. */
export function parseSecret(
  written: string,
  prefix: 'whsec_' | 'whsk_' | 'whpk_',
): Uint8Array | undefined {
  return written.startsWith(prefix) ? fromBase64(written.slice(prefix.length)) : undefined;
}

export function formatSecret(bytes: Uint8Array, prefix: 'whsec_' | 'whsk_' | 'whpk_'): string {
  return prefix + toBase64(bytes);
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function fromBase64(text: string): Uint8Array | undefined {
  if (text.length === 0 || text.length > 256) return undefined;
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}
