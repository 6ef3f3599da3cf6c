import { expect, it } from 'vitest';
import { sameOrigin } from './same-origin.ts';

const host = 'hub.example:8443';

it('is the same scheme, host and port', () => {
  expect(sameOrigin({ host, origin: `https://${host}` }, true)).toBe(true);
  expect(sameOrigin({ host, origin: `http://${host}` }, true)).toBe(false);
  expect(sameOrigin({ host, origin: `https://${host}` }, false)).toBe(false);
  expect(sameOrigin({ host, origin: 'https://hub.example' }, true)).toBe(false);
  expect(sameOrigin({ host, origin: 'https://evil.example:8443' }, true)).toBe(false);
  expect(sameOrigin({ host: 'HUB.example:443', origin: 'https://hub.example' }, true)).toBe(true);
  expect(sameOrigin({ host, origin: 'null' }, true)).toBe(false);
});

it('is not what a header says by itself: whose headers count, trusted proxies decide', () => {
  const proxied = { host: 'hub.example', 'x-forwarded-proto': 'https' };
  expect(sameOrigin({ ...proxied, origin: 'https://hub.example' }, false)).toBe(false);
  expect(sameOrigin({ ...proxied, origin: 'https://hub.example' }, true)).toBe(true);
});

it('is anything that no browser sent, and nothing that one calls foreign', () => {
  expect(sameOrigin({ host }, true)).toBe(true);
  expect(sameOrigin({ host, 'sec-fetch-site': 'same-site' }, true)).toBe(false);
  expect(sameOrigin({ host, 'sec-fetch-site': 'cross-site' }, true)).toBe(false);
  expect(sameOrigin({ host, 'sec-fetch-site': 'none' }, true)).toBe(true);
});
