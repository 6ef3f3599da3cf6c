import { expect, it } from 'vitest';
import { everyRoute } from '../../testing/every-route.ts';

/** One in so many is sent; with SIGNALBOX_LONG=1 all are. */
const STRIDE = process.env['SIGNALBOX_LONG'] === '1' ? 1 : 61;

/** What no person types, and every scanner does. */
const ODD: readonly unknown[] = [
  '__proto__',
  'constructor',
  'toString',
  '',
  ' ',
  '\u0000',
  '\ud800',
  '\u202e\u200b\ufeff',
  '\u{1f469}\u200d\u{1f467}',
  "'; drop table units; --",
  '../../../etc/passwd',
  'x'.repeat(20_000),
  -1,
  -0,
  0.5,
  1e308,
  2 ** 53,
  null,
  true,
  [],
  {},
  [[[[]]]],
  JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {}}}'),
];

/** The value once for each place in it that could hold another, with the odd one there. */
function withOdd(value: unknown, odd: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [odd];
  const inside = Object.entries(value).flatMap(([key, part]) =>
    withOdd(part, odd).map((changed) =>
      Array.isArray(value)
        ? value.map((one: unknown, index) => (String(index) === key ? changed : one))
        : { ...value, [key]: changed },
    ),
  );
  return [odd, ...inside];
}

it('answers every request with a code that says why', { timeout: 120_000 }, async () => {
  const { site, routes } = await everyRoute({ online: false });
  const { client } = site.owner;
  const failed: string[] = [];
  let prompts = 0;
  const call = async (
    name: string,
    requested: Parameters<typeof client.call>[0],
  ): Promise<void> => {
    prompts += 1;
    if (prompts % STRIDE !== 0) return;
    const { status, body } = await client.call(requested);
    if (status === 500)
      failed.push(
        `${name} ${JSON.stringify({ ...requested, body: requested.body })}`.slice(0, 300),
      );
    else if (status >= 400) expect(body).toMatchObject({ status });
  };
  for (const { name, method, path, body } of routes) {
    if (body !== undefined) {
      for (const odd of ODD) {
        for (const changed of withOdd(body, odd)) await call(name, { method, path, body: changed });
      }
    }
    if (method !== 'GET') continue;
    for (const odd of ODD) {
      const text = encodeURIComponent(
        typeof odd === 'string' ? odd.replace('\ud800', '%').slice(0, 3_000) : JSON.stringify(odd),
      );
      for (const part of name.match(/\{\w+\}/g) ?? []) {
        await call(name, {
          path: name
            .replace('GET ', '')
            .replace(part, text)
            .replace(/\{\w+\}/g, site.unitId),
        });
      }
      for (const key of ['property', 'from', 'to', 'resolution', 'limit', 'before', '__proto__']) {
        const [bare = '', query = ''] = path.split('?');
        const changed = new URLSearchParams(query);
        changed.delete(key);
        await call(name, { path: `${bare}?${changed.toString()}&${key}=${text}` });
      }
    }
  }
  expect(failed).toEqual([]);
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
});
