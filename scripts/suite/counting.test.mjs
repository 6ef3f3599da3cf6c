import { describe, expect, it } from 'vitest';
import { countOutput } from './command-part.mjs';
import { Tally } from './tally.mjs';
import { countReport } from './vitest-part.mjs';

describe('countReport', () => {
  it('counts each test, names the skipped, and counts a file that did not load as one failure', () => {
    const report = {
      testResults: [
        {
          status: 'failed',
          assertionResults: [
            { status: 'passed', fullName: 'a' },
            { status: 'failed', fullName: 'b' },
            { status: 'skipped', fullName: ' c (needs d)' },
          ],
        },
        { status: 'failed', assertionResults: [] },
      ],
    };
    expect(countReport(report)).toEqual({ passed: 1, failed: 2, skipped: ['c (needs d)'] });
  });
});

describe('countOutput', () => {
  it('reads the closing lines of our own scripts', () => {
    const output = '[doctest] …\nskipped: fuzz (needs clang)\n14 passed, 1 failed, 1 skipped\n';
    expect(countOutput(output)).toEqual({ passed: 14, failed: 1, skipped: ['fuzz (needs clang)'] });
    expect(countOutput('3 passed, 0 failed')).toEqual({ passed: 3, failed: 0, skipped: [] });
  });

  it('counts nothing where nothing was said', () => {
    expect(countOutput('Segmentation fault')).toEqual({ passed: 0, failed: 0, skipped: [] });
  });
});

describe('Tally', () => {
  async function closingLines(fill) {
    const lines = [];
    const tally = new Tally((line) => lines.push(line));
    await fill(tally);
    tally.close();
    return { lines, failed: tally.failed };
  }

  it('ends with the plain total', async () => {
    const { lines } = await closingLines((tally) =>
      tally.part('one', async () => ({ passed: 3, failed: 0, skipped: [], output: '' })),
    );
    expect(lines.at(-1)).toBe('3 passed, 0 failed');
  });

  it('names and counts what was skipped', async () => {
    const { lines } = await closingLines(async (tally) => {
      await tally.part('one', async () => ({ passed: 1, failed: 0, skipped: ['x'], output: '' }));
      tally.skip('two', 'no compiler');
    });
    expect(lines.slice(-3)).toEqual([
      'skipped one: x',
      'skipped two: no compiler',
      '1 passed, 0 failed, 2 skipped',
    ]);
  });

  it('counts a part that throws as a failure, shows why, and goes on', async () => {
    const { lines, failed } = await closingLines(async (tally) => {
      await tally.part('one', async () => {
        throw new Error('broken part');
      });
      await tally.part('two', async () => ({ passed: 1, failed: 0, skipped: [], output: '' }));
    });
    expect(failed).toBe(1);
    expect(lines.join('\n')).toContain('broken part');
    expect(lines.at(-1)).toBe('1 passed, 1 failed');
  });
});
