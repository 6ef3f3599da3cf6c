import { beforeEach, describe, expect, it } from 'vitest';
import { capturePrinted, type Printed } from '../test/harness/printed.ts';
import { COMMANDS } from './commands.ts';
import { runCli } from './main.ts';

let printed: Printed;

beforeEach(() => {
  printed = capturePrinted();
});

function run(...argv: string[]): Promise<number> {
  return runCli({ argv, stop: new AbortController().signal, version: '1.2.3' });
}

describe('the command line', () => {
  it('prints its version', async () => {
    expect(await run('--version')).toBe(0);
    expect(printed.out).toBe('signalbox 1.2.3\n');
  });

  it('lists its commands on request, and as an error without arguments', async () => {
    expect(await run('--help')).toBe(0);
    for (const { words } of COMMANDS) expect(printed.out).toContain(words.join(' '));
    expect(await run()).toBe(64);
    expect(printed.err).toContain('Usage: signalbox');
  });

  it.each([
    [['fly'], 'unknown command "fly"'],
    [['base', 'fly'], 'unknown command "base fly"'],
    [['base'], 'base what?'],
  ])('says what is wrong with %j, and ends with 64', async (argv, sentence) => {
    expect(await run(...argv)).toBe(64);
    expect(printed.err).toContain(sentence);
    expect(printed.out).toBe('');
  });

  it('explains a group of commands', async () => {
    expect(await run('base', '--help')).toBe(0);
    expect(printed.out).toContain('base pair');
    expect(printed.out).not.toContain('unit run');
  });

  it.each(COMMANDS.map(({ words }) => [words]))('explains %j', async (words) => {
    expect(await run(...words, '--help')).toBe(0);
    expect(printed.out).toMatch(/usage: signalbox/i);
  });

  it.each(COMMANDS.map(({ words }) => [words]))(
    'refuses a flag that %j does not have, with a code for it and no stack',
    async (words) => {
      // The hub counts a wrong flag among the reasons why it cannot start.
      expect([2, 64]).toContain(await run(...words, '--no-such-flag'));
      expect(printed.err).not.toBe('');
      expect(printed.err).not.toMatch(/^\s+at /m);
    },
  );
});
