import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '#platform/files/package-root.ts';
import { formatSecret, signWebhook } from '#protocol/webhook/standard-webhooks.ts';

const DOCUMENT = readFileSync(new URL('docs/webhooks.md', PACKAGE_ROOT), 'utf8');
const [OLD, NEW, OTHER] = ['old', 'new', 'other'].map((name) =>
  Buffer.from(`${name} secret of at least 24 bytes`),
);
const BODY = '{"type":"command.ended","data":{"name":"ä € 𝄞"}}';

function snippet(language: string): string {
  const [, code] = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(DOCUMENT) ?? [];
  if (code === undefined) throw new Error(`no ${language} in docs/webhooks.md`);
  return code;
}

function signed(atSeconds: number): Record<string, string> {
  const message = { id: 'made-up', timestampSeconds: atSeconds, body: Buffer.from(BODY) };
  const signers = [NEW, OLD].map((secret) => ({
    version: 'v1' as const,
    sign: (content: Uint8Array) =>
      createHmac('sha256', secret ?? '')
        .update(content)
        .digest(),
  }));
  return signWebhook(message, signers);
}

/** Cases of each: secret, headers and body, and whether they are to be accepted. */
const NOW = Math.floor(Date.now() / 1_000);
const CASES = [
  { secret: NEW, headers: signed(NOW), body: BODY, isGood: true },
  { secret: OLD, headers: signed(NOW), body: BODY, isGood: true },
  { secret: OTHER, headers: signed(NOW), body: BODY, isGood: false },
  { secret: NEW, headers: signed(NOW), body: `${BODY} `, isGood: false },
  { secret: NEW, headers: signed(NOW - 400), body: BODY, isGood: false },
  { secret: NEW, headers: { ...signed(NOW), 'webhook-id': 'b' }, body: BODY, isGood: false },
  { secret: NEW, headers: { ...signed(NOW), 'webhook-signature': '' }, body: BODY, isGood: false },
].map(({ secret, ...one }) => ({
  ...one,
  secret: formatSecret(secret ?? Buffer.alloc(0), 'whsec_'),
}));

const RUN: Readonly<Record<string, (code: string) => string>> = {
  js: (code) =>
    execFileSync(process.execPath, [
      '-e',
      `${code}
       const cases = ${JSON.stringify(CASES)};
       console.log(JSON.stringify(cases.map((one) => verify(one.secret, one.headers, Buffer.from(one.body)))));`,
    ]).toString(),
  python: (code) =>
    execFileSync('python3', [
      '-c',
      `import json\n${code}
cases = json.loads(${JSON.stringify(JSON.stringify(CASES))})
print(json.dumps([verify(one["secret"], one["headers"], one["body"].encode()) for one in cases]))`,
    ]).toString(),
};

describe('the documented verification', () => {
  it.each(Object.keys(RUN))('in %s accepts what the hub signs, and nothing else', (language) => {
    const found: unknown = JSON.parse(RUN[language]?.(snippet(language)) ?? '');
    expect(found).toEqual(CASES.map(({ isGood }) => isGood));
  });
});
