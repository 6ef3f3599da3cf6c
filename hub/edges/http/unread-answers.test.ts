import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { UnreadAnswers } from './unread-answers.ts';

it('closes the oldest of the address that has the most, and no other', () => {
  const unread = new UnreadAnswers(100);
  const hold = (address: string, bytes: number): { socket: Socket; accepted: () => void } => {
    const socket = new Socket();
    return { socket, accepted: unread.hold(address, { bytes, socket }) };
  };
  const small = hold('a', 10);
  const [oldest, newer] = [hold('b', 50), hold('b', 50)];
  const last = hold('c', 30);
  expect(oldest.socket.destroyed).toBe(true);
  expect([small, newer, last].map(({ socket }) => socket.destroyed)).toEqual([false, false, false]);
  expect(unread.bytes).toBe(90);
  for (const { accepted } of [oldest, newer, small, last, last]) accepted();
  expect(unread.bytes).toBe(0);
});

it('lets an idle hub give an answer of any size', () => {
  const unread = new UnreadAnswers(100);
  const socket = new Socket();
  const accepted = unread.hold('a', { bytes: 1_000, socket });
  expect(socket.destroyed).toBe(false);
  accepted();
  expect(unread.bytes).toBe(0);
});
