import { expect, it } from 'vitest';
import { HubUrl } from './hub-url.ts';

it.each([
  ['https://hub.example:8443/path', 'https://hub.example:8443'],
  ['HTTPS://Hub.Example', 'https://hub.example'],
  ['https://203.0.113.9:8443', 'https://203.0.113.9:8443'],
  ['https://[2001:db8::1]:8443', 'https://[2001:db8::1]:8443'],
  ['http://localhost:8080', 'http://localhost:8080'],
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
])('is the origin of a hub: %s', (text, origin) => {
  expect(HubUrl.parse(text)).toBe(origin);
});

it.each([
  'https://127.1:8443',
  'https://0x7f.1:8443',
  'https://2130706433',
  'https://0177.0.0.1',
  'https://999.1.1.1',
  'http://127.1:8080',
  'http://hub.example:8080',
  'hub.example',
])('is none: %s', (text) => {
  expect(HubUrl.safeParse(text).success).toBe(false);
});
