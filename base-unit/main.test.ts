import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { newId, BaseId, SiteId } from '#protocol/ids.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { capturePrinted, type Printed } from '../test/harness/printed.ts';
import { until } from '#platform/testing/until.ts';
import { pairBase, printBaseStatus, runBase } from './main.ts';
import { FakeHub } from './testing/fake-hub.ts';
import { makeTestCertificates } from './testing/test-certificates.ts';
import { giveUnitKey } from './cli/unit-commands.ts';

const certificates = await makeTestCertificates();
const MINIMAL = {
  hubUrl: 'https://hub.example',
  baseId: newId(BaseId),
  siteId: newId(SiteId),
  name: 'A',
};
const never = new AbortController().signal;

let folder: string;
let hub: FakeHub;
let printed: Printed;

beforeEach(async () => {
  folder = join(temporaryFolder(atTestEnd), 'base');
  hub = new FakeHub(certificates);
  await hub.start();
  onTestFinished(() => hub.close());
  printed = capturePrinted();
});

const data = () => ['--data', folder];
const pair = async (...more: string[]) => pairBase([hub.url, hub.claimCode, ...data(), ...more]);
const oneSentence = () => {
  expect(printed.err).toMatch(/^signalbox base: [^\n]+\n$/);
};

describe('base pair', () => {
  it('keeps a fresh key for itself, pins the CA, and writes the configuration', async () => {
    expect(await pair()).toBe(0);
    expect(printed.out).toBe(`Paired as "Workshop" with ${hub.url}.\n`);
    for (const name of ['base-key.pem', 'hub-ca.pem', 'base.json']) {
      expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600);
    }
    expect(JSON.parse(readFileSync(join(folder, 'base.json'), 'utf8'))).toMatchObject({
      hubUrl: hub.url,
      baseId: hub.baseId,
    });
    const sent = JSON.stringify(hub.claims);
    expect(readFileSync(join(folder, 'base-key.pem'), 'utf8')).toContain('PRIVATE KEY');
    expect(sent).not.toContain('PRIVATE');
    expect(hub.claims[0]?.publicKey).toHaveLength(43);
  });

  it('sends nothing to a hub whose CA is not that of the code', async () => {
    const other = new FakeHub(await makeTestCertificates());
    await other.start();
    onTestFinished(() => other.close());
    expect(await pairBase([other.url, hub.claimCode, ...data()])).toBe(1);
    expect(printed.err).toContain('not the one that created the claim code');
    oneSentence();
    expect(other.claims).toEqual([]);
  });

  it('sends nothing to a hub that shows the right CA but has no certificate of it', async () => {
    const other = await makeTestCertificates();
    const impostor = new FakeHub({
      ...other,
      caPem: certificates.caPem,
      caDer: certificates.caDer,
    });
    await impostor.start();
    onTestFinished(() => impostor.close());
    expect(await pairBase([impostor.url, impostor.claimCode, ...data()])).toBe(1);
    expect(printed.err).toContain('not the one that created the claim code');
    expect(impostor.claims).toEqual([]);
  });

  it('says that the name is missing in the certificate, and how it gets there', async () => {
    const elsewhere = new FakeHub(await makeTestCertificates({ name: 'hub.example' }));
    await elsewhere.start();
    onTestFinished(() => elsewhere.close());
    expect(await pairBase([elsewhere.url, elsewhere.claimCode, ...data()])).toBe(1);
    expect(printed.err).toContain('does not contain the name 127.0.0.1, only: hub.example.');
    expect(printed.err).toContain('--tls-names 127.0.0.1');
    oneSentence();
    expect(elsewhere.claims).toEqual([]);
  });

  it('pairs a machine whose clock is far from the dates of the certificate', async () => {
    for (const atMs of [Date.UTC(1975, 0, 1), Date.now() + 3 * 365 * 86_400_000]) {
      const distant = new FakeHub(await makeTestCertificates({ atMs }));
      await distant.start();
      onTestFinished(() => distant.close());
      expect(await pairBase([distant.url, distant.claimCode, ...data(), '--force'])).toBe(0);
    }
  });

  it.each([
    ['claim_code_used', 'already used'],
    ['claim_code_expired', 'has expired'],
    ['claim_code_invalid', 'unknown'],
  ] as const)('says in one sentence that the hub answered %s', async (code, words) => {
    hub.claimRefusal = code;
    expect(await pair()).toBe(1);
    expect(printed.err).toContain(words);
    oneSentence();
  });

  it('reads the code from a file, or from its input, instead of an argument', async () => {
    const claimFile = `${folder}-claim`;
    writeFileSync(claimFile, `${hub.claimCode}\n`);
    const from = (source: string, ...more: string[]) =>
      pairBase(
        [hub.url, '--claim-file', source, ...data(), ...more],
        Readable.from([`${hub.claimCode}\n`]),
      );
    expect(await from(claimFile)).toBe(0);
    expect(await from('-', '--force')).toBe(0);
    expect(hub.claims).toHaveLength(2);
    expect(await from(`${claimFile}-gone`, '--force')).toBe(1);
    expect(printed.err).toContain('-claim-gone: this is not readable (ENOENT)');
    oneSentence();
    writeFileSync(claimFile, 'x'.repeat(10_000));
    printed.err = '';
    expect(await from(claimFile, '--force')).toBe(1);
    expect(printed.err).toContain('malformed');
  });

  it('finds a malformed code before it sends anything', async () => {
    const typed = hub.claimCode.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    expect(await pairBase([hub.url, typed, ...data()])).toBe(1);
    expect(printed.err).toContain('malformed');
    expect(hub.claims).toEqual([]);
  });

  it('does not replace a pairing unless it is forced to', async () => {
    expect(await pair()).toBe(0);
    const before = readFileSync(join(folder, 'base-key.pem'), 'utf8');
    expect(await pair()).toBe(1);
    oneSentence();
    expect(readFileSync(join(folder, 'base-key.pem'), 'utf8')).toBe(before);
    expect(await pair('--force')).toBe(0);
    expect(readFileSync(join(folder, 'base-key.pem'), 'utf8')).not.toBe(before);
  });

  it('says that nothing answers', async () => {
    await hub.close();
    expect(await pair()).toBe(1);
    expect(printed.err).toContain('The hub does not answer: nothing is listening');
    oneSentence();
  });

  it.each([
    [[]],
    [['https://hub.example']],
    [['https://hub.example', 'A', 'B']],
    [['http://hub.example', 'A']],
    [['ftp://hub.example', 'A']],
    [['https://hub.example', 'A', '--what']],
    [['https://hub.example', 'A', '--claim-file', 'B']],
  ])('answers %j with 64', async (argv) => {
    expect(await pairBase(argv)).toBe(64);
    expect(printed.err).not.toBe('');
  });
});

describe('base run and base status', () => {
  const start = () => {
    const stop = new AbortController();
    const ended = runBase([...data(), '--log-level', 'silent'], stop.signal);
    atTestEnd.add(async () => {
      stop.abort();
      await ended;
    });
    return { stop, ended };
  };

  it('runs until it is told to stop, and shows its status', async () => {
    await pair();
    const { stop, ended } = start();
    await until('the base is online', async () => {
      printed.out = '';
      return (
        (await printBaseStatus([...data(), '--json'])) === 0 && printed.out.includes('"online"')
      );
    });
    printed.out = '';
    expect(await printBaseStatus(data())).toBe(0);
    expect(printed.out).toContain('Workshop');
    expect(printed.out).toContain('online');
    expect(statSync(join(folder, 'run', 'status.sock')).mode & 0o777).toBe(0o600);
    stop.abort();
    expect(await ended).toBe(0);
    printed.err = '';
    expect(await printBaseStatus(data())).toBe(1);
    expect(printed.err).toContain('no base is running');
  });

  it('runs with a hub whose certificate is good by its own clock alone', async () => {
    const atMs = Date.now() + 3 * 365 * 86_400_000;
    const distant = new FakeHub(await makeTestCertificates({ atMs }));
    distant.timeShiftMs = atMs - Date.now();
    await distant.start();
    onTestFinished(() => distant.close());
    expect(await pairBase([distant.url, distant.claimCode, ...data()])).toBe(0);
    start();
    await until('the base is online', async () => {
      printed.out = '';
      return (
        (await printBaseStatus([...data(), '--json'])) === 0 && printed.out.includes('"online"')
      );
    });
  });

  it('says why it does not get to its hub', async () => {
    await pair();
    const port = new URL(hub.url).port;
    await hub.close();
    const other = new FakeHub(await makeTestCertificates());
    await other.start(Number(port));
    onTestFinished(() => other.close());
    start();
    await until('the status says so', async () => {
      printed.out = '';
      await printBaseStatus(data());
      return printed.out.includes('hub_not_trusted');
    });
    expect(printed.out).toContain('not the one that created the claim code');
  });

  it('does not start twice on one folder', async () => {
    await pair();
    start();
    await until('it runs', async () => (await printBaseStatus(data())) === 0);
    printed.err = '';
    expect(await runBase(data(), never)).toBe(2);
    expect(printed.err).toContain('already running on this data folder');
    oneSentence();
  });

  it('does not lose its data to another pairing while it runs', async () => {
    await pair();
    const { stop, ended } = start();
    await until('it runs', async () => (await printBaseStatus(data())) === 0);
    printed.err = '';
    expect(await pair('--force')).toBe(1);
    expect(printed.err).toContain('a base is already running on this data folder');
    oneSentence();
    // The code is good for another try.
    expect(hub.claims).toHaveLength(1);
    stop.abort();
    expect(await ended).toBe(0);
    expect(await pair('--force')).toBe(0);
  });

  it('says what to do when it is not paired', async () => {
    expect(await runBase(data(), never)).toBe(2);
    expect(printed.err).toContain('signalbox base pair');
    expect(printed.err).toContain(`in ${folder} is`);
    oneSentence();
  });

  it.each([
    ['{', 'not valid JSON'],
    ['{}', 'hubUrl'],
    [
      JSON.stringify({
        ...MINIMAL,
        units: [{ name: 'Lamp', address: { host: 'a b' } }],
      }),
      'units.0.address.host',
    ],
  ])('says what is wrong with its configuration: %s', async (text, words) => {
    mkdirSync(folder);
    writeFileSync(join(folder, 'base.json'), text);
    expect(await runBase(data(), never)).toBe(2);
    expect(printed.err).toContain(words);
    oneSentence();
  });

  it.each<[string, (path: string) => void, RegExp]>([
    ['a file', (path) => writeFileSync(path, ''), /\/base is not a folder: /],
    [
      'without its key',
      (path) => {
        mkdirSync(path);
        writeFileSync(join(path, 'base.json'), JSON.stringify(MINIMAL));
      },
      /base-key\.pem is missing: put back a copy/,
    ],
    [
      'with another folder for its configuration',
      (path) => mkdirSync(join(path, 'base.json'), { recursive: true }),
      /base\.json is a folder, where a file/,
    ],
    [
      'whose configuration leads to itself',
      (path) => {
        mkdirSync(path);
        symlinkSync('base.json', join(path, 'base.json'));
      },
      /base\.json is a symbolic link that leads to itself/,
    ],
  ])('says so where its folder is %s, and not that it is not paired', async (_, make, words) => {
    make(folder);
    expect(await runBase(data(), never)).toBe(2);
    expect(printed.err).toMatch(words);
    expect(printed.err).not.toContain('paired');
    oneSentence();
  });

  it('lets a flag win over the file', async () => {
    await pair();
    expect(await runBase([...data(), '--log-level', 'loud'], never)).toBe(2);
    expect(printed.err).toContain('logLevel');
  });

  it.each([
    [{ key: 'short' }, 'units.0.key'],
    [{ keyFile: 'lamp.key', plain: true }, 'units.0'],
    [{ keyFile: 'lamp.key', link: 'line-lamp' }, 'cannot encrypt'],
    [{ keyFile: 'none.key' }, 'units.0.keyFile is not readable'],
    [{ keyFile: 'open.key' }, 'units.0.keyFile can be read by others'],
    [{ keyFile: 'empty.key' }, 'units.0.keyFile contains no key'],
  ])('says what is wrong with the key of a unit: %j', async (key, words) => {
    await pair();
    for (const name of ['open.key', 'empty.key']) {
      writeFileSync(join(folder, name), '', { mode: 0o600 });
    }
    chmodSync(join(folder, 'open.key'), 0o644);
    const path = join(folder, 'base.json');
    const config = z.looseObject({}).parse(JSON.parse(readFileSync(path, 'utf8')));
    const units = [{ name: 'Lamp', address: { host: '127.0.0.1' }, ...key }];
    writeFileSync(path, JSON.stringify({ ...config, units }));
    expect(await runBase(data(), never)).toBe(2);
    expect(printed.err).toContain(words);
    oneSentence();
  });

  it.each([runBase, printBaseStatus])('explains itself', async (command) => {
    expect(await command(['--help'], never)).toBe(0);
    expect(printed.out).toContain('usage: signalbox base');
    expect(await command(['surplus'], never)).toBe(64);
  });
});

describe('base unit-key', () => {
  it('wants a base that is paired, and a unit of it', async () => {
    expect(await giveUnitKey(['Lamp', ...data()])).toBe(1);
    expect(printed.err).toContain('not paired');
    await pair();
    expect(await giveUnitKey(['Lamp', ...data()])).toBe(1);
    expect(printed.err).toContain('There is no such unit. (unit Lamp)');
    expect(printed.out).not.toContain('=');
  });

  it('explains itself', async () => {
    expect(await giveUnitKey(['--help'])).toBe(0);
    expect(printed.out).toContain('usage: signalbox base unit-key');
    expect(await giveUnitKey([])).toBe(64);
    expect(await giveUnitKey(['Lamp', '--plain', '--key-file', 'x'])).toBe(64);
  });
});
