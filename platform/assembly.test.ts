import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Assembly, type Module } from './assembly.ts';
import { ClosingStack } from './closing-stack.ts';

interface Names {
  readonly names: readonly string[];
}

function named(needs: { readonly prefix: string }): Module<Names> {
  return { offers: { names: [`${needs.prefix} ada`] }, gauges: () => ({ names: 1 }) };
}

function said({ names }: Names): Module<{ readonly greeting: string }> {
  return { offers: { greeting: `Hello, ${names.join()}` }, gauges: () => ({ sentences: 2 }) };
}

describe('an assembly', () => {
  it('makes each module of what those before it offer', () => {
    const { offers, gauges } = new Assembly({ prefix: 'Ms' }).add(named).add(said);
    expect(offers).toMatchObject({ prefix: 'Ms', greeting: 'Hello, Ms ada' });
    expect(gauges).toEqual({ names: 1, sentences: 2 });
  });

  it('has no module before what it needs', () => {
    const early = () =>
      // @ts-expect-error: the names come after.
      new Assembly({ prefix: 'Ms' }).add(said).add(named);
    expect(early).toThrow();
  });
});

describe('what is closed', () => {
  it('is closed in the reverse order, once, whatever fails', async () => {
    const closed: string[] = [];
    const closing = new ClosingStack({ log: pino({ level: 'silent' }) });
    closing.push(
      () => void closed.push('store'),
      () => {
        throw new Error('no');
      },
      () => void closed.push('listeners'),
    );
    await Promise.all([closing.close(), closing.close()]);
    expect(closed).toEqual(['listeners', 'store']);
  });
});
