import { expect, it } from 'vitest';
import { caFingerprintOf, claimSecretFrom, formatClaimCode, parseClaimCode } from './claim-code.ts';

const code = {
  secret: claimSecretFrom(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)),
  caFingerprint: caFingerprintOf(new Uint8Array(32).fill(0xa5)),
};

it('survives being written down and typed with small letters, spaces and look-alikes', () => {
  const text = formatClaimCode(code);
  expect(text).toMatch(/^([0-9A-Z]{5}-){5}[0-9A-Z]{5}$/);
  expect(parseClaimCode(text)).toEqual(code);
  expect(
    parseClaimCode(` ${text.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o')} `),
  ).toEqual(code);
});

it('finds every single wrong character', () => {
  const text = formatClaimCode(code).replaceAll('-', '');
  for (let index = 0; index < text.length; index += 1) {
    for (const wrong of '0123456789ABCDEFGHJKMNPQRSTVWXYZ') {
      if (wrong === text[index]) continue;
      const typed = text.slice(0, index) + wrong + text.slice(index + 1);
      expect(parseClaimCode(typed), typed).toBeUndefined();
    }
  }
});

it('refuses codes of another length and with other letters', () => {
  expect(parseClaimCode('')).toBeUndefined();
  expect(parseClaimCode('A'.repeat(29))).toBeUndefined();
  expect(parseClaimCode('U'.repeat(30))).toBeUndefined();
});

it('finds every swap of two different characters', () => {
  const text = formatClaimCode(code).replaceAll('-', '');
  for (let a = 0; a < text.length; a += 1) {
    for (let b = a + 1; b < text.length; b += 1) {
      if (text.charAt(a) === text.charAt(b)) continue;
      const swapped = Array.from(text);
      swapped[a] = text.charAt(b);
      swapped[b] = text.charAt(a);
      expect(parseClaimCode(swapped.join('')), swapped.join('')).toBeUndefined();
    }
  }
});
