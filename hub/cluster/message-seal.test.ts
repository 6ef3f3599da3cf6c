import { expect, it } from 'vitest';
import { MAX_MESSAGE_BYTES } from './bus.ts';
import { MessageSeal } from './message-seal.ts';

function pair() {
  return [new MessageSeal('secret'), new MessageSeal('secret')] as const;
}

it('opens what another with the same secret has sealed, and its own', () => {
  const [one, two] = pair();
  expect(one.channel).toBe(two.channel);
  for (const text of ['', 'größer', 'x'.repeat(MAX_MESSAGE_BYTES)]) {
    const message = one.seal(text);
    expect(two.open(message)).toBe(text);
    expect(one.open(message)).toBe(text);
  }
});

it('meets none with another secret, and opens nothing of theirs', () => {
  const [one] = pair();
  const other = new MessageSeal('another');
  expect(other.channel).not.toBe(one.channel);
  expect(other.open(one.seal('text'))).toBeUndefined();
});

it('shows neither the text nor the secret, nor the same bytes twice', () => {
  const [one] = pair();
  const messages = [one.seal('the same text'), one.seal('the same text')];
  expect(messages[0]).not.toEqual(messages[1]);
  expect(Buffer.concat(messages).toString('latin1')).not.toMatch(/same|secret/);
  expect(one.channel).not.toContain('secret');
});

it('opens nothing that was changed, cut or made up', () => {
  const [one, two] = pair();
  const message = one.seal('text');
  for (let at = 0; at < message.length; at += 1) {
    const changed = Buffer.from(message);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    expect(two.open(changed)).toBeUndefined();
    expect(two.open(message.subarray(0, at))).toBeUndefined();
  }
  expect(two.open(Buffer.alloc(60_000))).toBeUndefined();
  // What was made up costs the sender nothing.
  expect(two.open(message)).toBe('text');
});

it('opens each message once, and in order', () => {
  const [one, two] = pair();
  const [first, second] = [one.seal('first'), one.seal('second')];
  expect(two.open(second)).toBe('second');
  expect(two.open(second)).toBeUndefined();
  expect(two.open(first)).toBeUndefined();
  expect(two.open(one.seal('third'))).toBe('third');
});
