import { expect, it } from 'vitest';
import { TicketBox } from './ticket-box.ts';

const HOUR_MS = 3_600_000;
const key = new Uint8Array(32).fill(1);
const ticket = (mark: number) => ({
  id: new Uint8Array(16).fill(mark),
  key: new Uint8Array(32).fill(mark),
});

it('gives a ticket once', () => {
  const box = new TicketBox();
  box.put({ ticket: ticket(1), key, isResumed: false }, 0);
  expect(box.use(key, 1)?.id[0]).toBe(1);
  expect(box.use(key, 1)).toBeUndefined();
});

it('gives none under another key, and overwrites it', () => {
  const box = new TicketBox();
  const one = ticket(1);
  box.put({ ticket: one, key, isResumed: false }, 0);
  expect(box.use(new Uint8Array(32), 1)).toBeUndefined();
  expect(one.key).toEqual(new Uint8Array(32));
});

it('counts age and uses from the full handshake on', () => {
  const box = new TicketBox();
  box.put({ ticket: ticket(1), key, isResumed: false }, 0);
  for (let use = 0; use < 100; use += 1) {
    expect(box.use(key, use), `use ${use}`).toBeDefined();
    box.put({ ticket: ticket(2), key, isResumed: true }, use);
  }
  expect(box.use(key, 100)).toBeUndefined();

  box.put({ ticket: ticket(3), key, isResumed: false }, 0);
  expect(box.use(key, 22 * HOUR_MS)).toBeDefined();
  box.put({ ticket: ticket(4), key, isResumed: true }, 22 * HOUR_MS);
  expect(box.use(key, 23 * HOUR_MS)).toBeUndefined();
});
