import { expect, it } from 'vitest';
import { invitationLink } from './invitation-link.ts';

const URLS = ['https://localhost:8443', 'https://hub.example:8443', 'https://192.168.1.2:8443'];

it.each([
  ['http://localhost:8080', 'https://hub.example:8443'],
  ['http://127.0.0.1:8080', 'https://hub.example:8443'],
  ['https://[::1]:8443', 'https://hub.example:8443'],
  ['https://192.168.1.2:8443', 'https://192.168.1.2:8443'],
])('invites from %s to %s', (origin, expected) => {
  expect(invitationLink(origin, URLS, 'a b')).toBe(`${expected}/welcome#invitation=a%20b`);
});

it('gives what it has where the hub knows no other address', () => {
  expect(invitationLink('http://localhost:8080', [], 'x')).toMatch(/^http:\/\/localhost:8080/);
});
