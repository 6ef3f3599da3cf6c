import { connect as connectTls } from 'node:tls';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newId, BaseId, UnitId } from '#protocol/ids.ts';
import { ClaimCodeCreated } from '#protocol/http/bases.ts';
import { SiteList } from './site-list.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { propertyRuns } from '../harness/property-runs.ts';
import { RawBase } from '../harness/raw-base.ts';
import { startedOnce } from '../harness/started-once.ts';
import { until } from '#platform/testing/until.ts';
import { type HubTarget, rawConnection, request, startHubTarget } from './hub-target.ts';

const IS_LONG = process.env['SIGNALBOX_LONG'] === '1';

interface Target extends HubTarget {
  /** Whole requests of every kind that anybody or a member can begin. */
  readonly requests: readonly (readonly [what: string, bytes: string])[];
}

const target = startedOnce<Target>(async (cleanup) => {
  const started = await startHubTarget(cleanup);
  const { owner, hub } = started;
  const { sites } = await owner.get(SiteList, '/api/sites');
  const site = sites[0]?.id ?? '';
  const { code } = await owner.post(ClaimCodeCreated, `/api/sites/${site}/claim-codes`, {
    baseName: 'Attic',
  });
  const base = await RawBase.claim(owner, code);
  const batch = base.batch([
    { seq: 1, type: 'unit.removed', data: { unitId: newId(UnitId) } },
    { seq: 2, type: 'filling', data: 'x'.repeat(3_000) },
  ]);
  const signed = Object.entries(base.headersFor(batch)).map(([name, value]) => `${name}: ${value}`);
  const json = 'Content-Type: application/json';
  const cookie = `Cookie: ${owner.cookie}`;
  const length = (body: string): string => `Content-Length: ${Buffer.byteLength(body)}`;
  const image = 'S'.repeat(2_000);
  const signIn = JSON.stringify({ email: 'nobody@example.org', password: 'x' });
  const chunked = `${signIn.length.toString(16)}\r\n${signIn}\r\n0\r\n\r\n`;
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
  const webhook = `POST /api/webhooks/bases/${base.id}`;
  const unknown = `POST /api/webhooks/bases/${newId(BaseId)}`;
  return {
    ...started,
    requests: [
      ['a page', request('GET /api/docs')],
      ['a list', request('GET /api/sites', [cookie])],
      ['pages one after the other', request('GET /api/docs').repeat(3)],
      ['a page and a body that is only declared', request('GET /api/docs', ['Content-Length: 9'])],
      ['a sign-in', request('POST /api/sign-in', [json, length(signIn)], signIn)],
      [
        'a sign-in in chunks',
        request('POST /api/sign-in', [json, 'Transfer-Encoding: chunked'], chunked),
      ],
      ['a webhook', request(webhook, [json, ...signed, length(batch)], batch)],
      ['a webhook of nobody', request(unknown, [json, ...signed, length(batch)], batch)],
      [
        'an upload',
        request(
          `POST /api/sites/${site}/firmware`,
          [
            cookie,
            'Sec-Fetch-Site: same-origin',
            'Content-Type: application/octet-stream',
            length(image),
          ],
          image,
        ),
      ],
      [
        'a socket',
        request('GET /socket.io/?EIO=4&transport=websocket', [...upgrade, key, cookie]) +
          textFrame('40{}') +
          textFrame('420["time.get"]'),
      ],
      ['a foreign protocol', request('GET /api/docs', ['Connection: Upgrade', 'Upgrade: h2c'])],
    ],
    hub,
  };
});

describe('requests that are broken off', () => {
  it('leave nothing behind that they declared and never sent', async () => {
    const page = request('GET /api/docs');
    const declared = request('GET /api/docs', ['Content-Length: 67108864']);
    for (const attack of [page.repeat(12) + declared, page.repeat(6) + declared, declared]) {
      for (let round = 0; round < 3; round += 1) await breakOff(attack, { isDeaf: true });
    }
    await expectNothingHeld('declared bodies');
    await expectOrdinaryAnswers();
  });

  it('leave nothing behind, at whichever byte', { timeout: 1_200_000 }, async () => {
    const { requests } = target();
    for (const [what, bytes] of requests) {
      const cuts = IS_LONG ? everyCut(bytes) : boundaries(bytes);
      for (let from = 0; from < cuts.length; from += 64) {
        await Promise.all(cuts.slice(from, from + 64).map((cut) => breakOff(bytes.slice(0, cut))));
      }
      await expectNothingHeld(what);
    }
    await expectOrdinaryAnswers();
  });

  it('leave nothing behind over TLS, in the handshake or after it', async () => {
    const { hub, requests } = target();
    const port = Number(new URL(hub.url).port);
    for (const [what, bytes] of requests) {
      await Promise.all(
        [0, 0.3, 0.7, 1].map(async (share) => {
          const socket = connectTls({ host: '127.0.0.1', port, ca: hub.ca });
          socket.on('error', () => undefined);
          // Half of them say hello and go at once.
          if (share > 0.5) await new Promise((resolve) => socket.once('secureConnect', resolve));
          socket.write(bytes.slice(0, Math.ceil(share * bytes.length)), 'latin1');
          await new Promise((resolve) => setImmediate(resolve));
          socket.destroy();
        }),
      );
      await expectNothingHeld(`${what} over TLS`);
    }
    const { socket } = await rawConnection(port, atTestEnd);
    socket.write(requests[0]?.[1] ?? '');
    socket.resetAndDestroy();
    await expectNothingHeld('no TLS');
    await expectOrdinaryAnswers();
  });

  it('leave nothing behind, however they are mixed', { timeout: 600_000 }, async () => {
    const step = fc.record({
      which: fc.nat({ max: target().requests.length - 1 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      isDeaf: fc.boolean(),
      isReset: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        await Promise.all(
          steps.map(async ({ which, share, isDeaf, isReset }) => {
            const [, bytes] = target().requests[which] ?? ['', ''];
            await breakOff(bytes.slice(0, Math.ceil(share * bytes.length)), { isDeaf, isReset });
          }),
        );
        await expectNothingHeld(JSON.stringify(steps));
      }),
      propertyRuns(IS_LONG ? 500 : 15),
    );
    await expectOrdinaryAnswers();
  });
});

async function breakOff(
  bytes: string,
  { isDeaf = false, isReset = true }: { isDeaf?: boolean; isReset?: boolean } = {},
): Promise<void> {
  const { socket } = await rawConnection(target().port, atTestEnd, { isDeaf });
  await new Promise<void>((resolve) => socket.write(bytes, 'latin1', () => resolve()));
  if (isReset) socket.resetAndDestroy();
  else socket.destroy();
}

async function expectNothingHeld(what: string): Promise<void> {
  const { hub, owner } = target();
  await until(`nothing is held after ${what}`, () => {
    const held = Object.entries(hub.gauges).filter(([name, value]) => value > bySelf(name));
    if (held.length > 0) throw new Error(JSON.stringify(held));
    return true;
  });
  expect((await owner.send('GET', '/api/sites')).status, what).toBe(200);
}

/** The test's own clients keep a few connections open. */
function bySelf(name: string): number {
  if (name === 'connections.connections' || name === 'connections.conversations') return 4;
  return name === 'connections.addresses' ? 1 : 0;
}

async function expectOrdinaryAnswers(): Promise<void> {
  const { owner, logged } = target();
  expect((await owner.send('GET', '/readyz')).status).toBe(200);
  expect((await owner.send('GET', '/healthz')).status).toBe(200);
  expect(logged.filter(({ level }) => level === 'error')).toEqual([]);
}

function everyCut(bytes: string): number[] {
  return Array.from({ length: bytes.length + 1 }, (_, index) => index);
}

/** Around every line and every part, and a sample of what is between them. */
function boundaries(bytes: string): number[] {
  const cuts = new Set([0, 1, bytes.length - 1, bytes.length]);
  for (let at = bytes.indexOf('\r\n'); at >= 0; at = bytes.indexOf('\r\n', at + 2)) {
    for (const cut of [at, at + 1, at + 2, at + 3]) cuts.add(cut);
  }
  for (let cut = 0; cut < bytes.length; cut += Math.ceil(bytes.length / 12)) cuts.add(cut);
  return [...cuts].filter((cut) => cut >= 0 && cut <= bytes.length);
}

/** A WebSocket text frame of a client, with a mask of zeros. */
function textFrame(text: string): string {
  return `\x81${String.fromCharCode(0x80 | text.length)}\0\0\0\0${text}`;
}
