import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { capturePrinted } from '../../test/harness/printed.ts';
import { runHub } from '../main.ts';
import type { StorePlace } from '../store/open-store.ts';
import { temporaryFolder } from '../testing/test-hub.ts';
import { blankPlace, testEngines } from '../testing/test-store.ts';

const QUESTION = 'Which name or address will others use to reach this hub?';

/** A person who types these lines, each when asked, and then no more. */
function terminalOf(answers: readonly string[], isTTY = true) {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = Object.assign(new PassThrough(), { isTTY });
  let shown = '';
  let requested = 0;
  output.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    if (!text.includes(QUESTION)) return;
    const answer = answers[requested];
    requested += 1;
    if (answer === undefined) input.end();
    else input.write(`${answer}\n`);
  });
  return { terminal: { input, output }, shown: () => shown, requested: () => requested };
}

async function startHub(
  { dataFolder: data, database }: StorePlace,
  answers: readonly string[],
  options: { readonly flags?: readonly string[]; readonly isTTY?: boolean } = {},
) {
  const printed = capturePrinted();
  const at = terminalOf(answers, options.isTTY);
  const ports = ['--https-port', '0', '--https-host', '127.0.0.1', '--http-port', '0'];
  const kept = ['--data', data, ...(database === undefined ? [] : ['--database', database])];
  const argv = [...kept, '--log-level', 'silent', ...ports, ...(options.flags ?? [])];
  // Stops as soon as it has started, or else once nobody is asked any more.
  const stop = new AbortController();
  const ended = runHub(argv, stop.signal, { terminal: at.terminal });
  const watch = setInterval(() => {
    if (existsSync(join(data, 'tls', 'server.pem'))) stop.abort();
  }, 5);
  onTestFinished(() => clearInterval(watch));
  const code = await ended;
  return { code, ...at, err: printed.err };
}

const stored = (data: string): unknown => JSON.parse(readFileSync(join(data, 'hub.json'), 'utf8'));

describe('the first start of a hub at a terminal', () => {
  it('asks for its name, stores it, puts it in the certificate, and does not ask again', async () => {
    const data = temporaryFolder(onTestFinished);
    const first = await startHub({ dataFolder: data }, ['999.1.1.1', 'Hub.Example, 203.0.113.9']);
    expect(first.code).toBe(0);
    expect(first.requested()).toBe(2);
    expect(first.shown()).toContain('"999.1.1.1" is no name and no address');
    expect(stored(data)).toEqual({ tlsNames: ['hub.example', '203.0.113.9'] });
    const certificate = new X509Certificate(readFileSync(join(data, 'tls', 'server.pem')));
    expect(certificate.checkHost('hub.example')).toBe('hub.example');
    expect(certificate.checkIP('203.0.113.9')).toBe('203.0.113.9');
    expect(await startHub({ dataFolder: data }, ['other.example'])).toMatchObject({ code: 0 });
    expect(stored(data)).toEqual({ tlsNames: ['hub.example', '203.0.113.9'] });
  });

  it.each(testEngines())(
    'asks nothing where a hub has kept data before, on %s, even without an answer of its own',
    async (engine) => {
      const place = await blankPlace(engine);
      const first = await startHub(place, ['hub.example']);
      expect([first.code, first.requested()]).toEqual([0, 1]);
      for (const file of ['hub.json', join('tls', 'server.pem')]) {
        rmSync(join(place.dataFolder, file));
      }
      const second = await startHub(place, ['other.example']);
      expect([second.code, second.requested()]).toEqual([0, 0]);
    },
  );

  it('says in a sentence that the database does not answer, and asks nothing', async () => {
    const dataFolder = temporaryFolder(onTestFinished);
    const database = 'postgres://nobody@127.0.0.1:1/signalbox';
    const { code, err, requested } = await startHub({ dataFolder, database }, ['hub.example']);
    expect([code, requested()]).toEqual([2, 0]);
    expect(err).toMatch(/^signalbox hub: The database at 127\.0\.0\.1:1\/signalbox [^\n]*\n$/);
  });

  it('leaves it to the names of the machine when nothing is typed, and spares other settings', async () => {
    const data = temporaryFolder(onTestFinished);
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, 'hub.json'), '{"signUp": "open"}');
    const { code, requested, shown } = await startHub({ dataFolder: data }, ['']);
    expect([code, requested()]).toEqual([0, 1]);
    expect(shown()).toMatch(/use to reach this hub\? \[\S+\] /);
    expect(stored(data)).toEqual({ signUp: 'open', tlsNames: [] });
  });

  it('starts nothing when the person breaks off', async () => {
    const data = temporaryFolder(onTestFinished);
    const { code, err } = await startHub({ dataFolder: data }, []);
    expect([code, err]).toEqual([2, '']);
    expect(existsSync(join(data, 'hub.db'))).toBe(false);
    expect(existsSync(join(data, 'hub.json'))).toBe(false);
  });

  it('says in a sentence that the answer cannot be kept', async () => {
    const folder = temporaryFolder(onTestFinished);
    writeFileSync(join(folder, 'file'), '');
    const { code, err } = await startHub({ dataFolder: join(folder, 'file', 'data') }, [
      'hub.example',
    ]);
    expect(code).toBe(2);
    expect(err).toMatch(/^signalbox hub: .* is not a folder: [^\n]*\n$/);
  });

  it.each<[string, { flags?: readonly string[]; isTTY?: boolean }]>([
    ['--yes', { flags: ['--yes'] }],
    ['names are given', { flags: ['--tls-names', 'hub.example'] }],
    ['a program starts it for itself', { flags: ['--local-claim-file', 'claim'] }],
    ['there is no terminal', { isTTY: false }],
  ])('asks nothing where %s', async (_why, options) => {
    const data = temporaryFolder(onTestFinished);
    const flags = options.flags?.map((flag) => (flag === 'claim' ? join(data, flag) : flag));
    const { code, requested } = await startHub({ dataFolder: data }, [], {
      ...options,
      ...(flags ? { flags } : {}),
    });
    expect([code, requested()]).toEqual([0, 0]);
  });
});
