import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { SiteSnapshot } from '#protocol/http/sites.ts';
import { signUpOwner, startTestHub } from '../../testing/test-hub.ts';
import { acceptsGzip, CompressionLimit } from './compression.ts';

interface RawAnswer {
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
}

/** As it comes over the wire: `fetch` would unpack it. */
function raw(url: string, headers: Record<string, string>, method = 'GET'): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
    });
    call.on('error', reject);
    call.end(method === 'POST' ? JSON.stringify({ name: 'x'.repeat(60), scope: 'read' }) : '');
  });
}

it('compresses reads, for clients that accept it', async () => {
  const hub = await startTestHub();
  const url = `${hub.addresses.http}/api/openapi.json`;
  const packed = await raw(url, { 'accept-encoding': 'gzip, deflate, br' });
  const plain = await raw(url, {});
  expect(packed.headers['content-encoding']).toBe('gzip');
  expect(packed.headers.vary).toContain('accept-encoding');
  expect(Number(packed.headers['content-length'])).toBe(packed.body.length);
  expect(packed.body.length).toBeLessThan(plain.body.length / 5);
  expect(gunzipSync(packed.body)).toEqual(plain.body);
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(plain.headers.vary).toContain('accept-encoding');
});

it('leaves short answers, and all that is not read, as they are', async () => {
  const hub = await startTestHub();
  const { client, siteId } = await signUpOwner(hub);
  const snapshot = await client.request(SiteSnapshot, { path: `/api/sites/${siteId}/snapshot` });
  expect(snapshot.units).toEqual([]);
  const accept = { 'accept-encoding': 'gzip', 'content-type': 'application/json' };
  const short = await raw(`${hub.addresses.http}/api/session`, accept);
  const head = await raw(`${hub.addresses.http}/api/openapi.json`, accept, 'HEAD');
  const written = await raw(`${hub.addresses.http}/api/account/tokens`, accept, 'POST');
  for (const { headers } of [short, head, written]) {
    expect(headers['content-encoding']).toBeUndefined();
  }
});

it.each([
  ['gzip', true],
  ['deflate, gzip;q=0.5', true],
  ['GZIP', true],
  ['*', true],
  ['', false],
  [undefined, false],
  ['br', false],
  ['gzip;q=0, *', false],
  ['*;q=0', false],
  ['gzip;q=nonsense', false],
])('reads %j as gzip: %s', (header, expected) => {
  expect(acceptsGzip(header)).toBe(expected);
});

it('works on so many at once, lets so many wait, and turns the rest away', async () => {
  const limit = new CompressionLimit({ atOnce: 2, waiting: 1 });
  const ends: (() => void)[] = [];
  let running = 0;
  let largest = 0;
  const work = async (): Promise<string> => {
    running += 1;
    largest = Math.max(largest, running);
    await new Promise<void>((resolve) => ends.push(resolve));
    running -= 1;
    return 'done';
  };
  const runs = [limit.run(work), limit.run(work), limit.run(work), limit.run(work)];
  expect(await runs[3]).toBeUndefined();
  while (ends.length > 0) {
    ends.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await Promise.all(runs.slice(0, 3))).toEqual(['done', 'done', 'done']);
  expect(largest).toBe(2);
  const failing = limit.run(() => Promise.reject(new RangeError('no room')));
  await expect(failing).rejects.toThrow('no room');
  const [first, second] = [limit.run(work), limit.run(work)];
  ends.shift()?.();
  ends.shift()?.();
  expect(await Promise.all([first, second])).toEqual(['done', 'done']);
});
