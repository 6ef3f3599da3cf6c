import { describe, expect, it } from 'vitest';
import { PathCheck } from './path-check.ts';

function checkWith(dial: () => Promise<boolean>) {
  const connection = { packetsHeard: 7 };
  return { connection, check: new PathCheck({ canReach: dial }) };
}

describe('the path to the hub', () => {
  it('is gone if neither a dial is answered nor anything received', async () => {
    const { connection, check } = checkWith(async () => Promise.resolve(false));
    expect(await check.isGone(connection)).toBe(true);
  });

  it('is there where a dial is answered', async () => {
    const { connection, check } = checkWith(async () => Promise.resolve(true));
    expect(await check.isGone(connection)).toBe(false);
  });

  it('is there where the connection brings something while the dial waits', async () => {
    const { connection, check } = checkWith(async () => {
      connection.packetsHeard += 1;
      return Promise.resolve(false);
    });
    expect(await check.isGone(connection)).toBe(false);
  });

  it('is checked with one dial at a time, and again after it', async () => {
    let dials = 0;
    let answer: (isReachable: boolean) => void = () => undefined;
    const answered = new Promise<boolean>((resolve) => (answer = resolve));
    const { connection, check } = checkWith(async () => {
      dials += 1;
      return answered;
    });
    const first = check.isGone(connection);
    expect(await check.isGone(connection)).toBe(false);
    expect(dials).toBe(1);
    answer(false);
    expect(await first).toBe(true);
    expect(await check.isGone(connection)).toBe(true);
    expect(dials).toBe(2);
  });
});
