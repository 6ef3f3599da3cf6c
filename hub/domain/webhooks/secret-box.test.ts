import { expect, it } from 'vitest';
import { newBoxKey, SecretBox } from './secret-box.ts';

const secret = Buffer.from('it is a secret of 24 and more bytes');

it('opens what it sealed, for the same owner', () => {
  const key = newBoxKey();
  const sealed = new SecretBox(key).seal(secret, 'webhook 1');
  expect(Buffer.from(new SecretBox(key).open(sealed, 'webhook 1'))).toEqual(secret);
  expect(Buffer.from(sealed, 'base64url').includes(secret)).toBe(false);
});

it('seals the same secret in another way each time', () => {
  const box = new SecretBox(newBoxKey());
  expect(box.seal(secret, 'a')).not.toBe(box.seal(secret, 'a'));
});

it('opens nothing of another owner, of another key, or changed', () => {
  const box = new SecretBox(newBoxKey());
  const sealed = box.seal(secret, 'webhook 1');
  const changed = Buffer.from(sealed, 'base64url');
  changed.writeUInt8(changed.readUInt8(20) ^ 1, 20);
  expect(() => box.open(sealed, 'webhook 2')).toThrow();
  expect(() => new SecretBox(newBoxKey()).open(sealed, 'webhook 1')).toThrow();
  expect(() => box.open(changed.toString('base64url'), 'webhook 1')).toThrow();
  expect(() => box.open('', 'webhook 1')).toThrow();
});
