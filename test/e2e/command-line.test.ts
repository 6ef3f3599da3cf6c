import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { Command } from '#protocol/command/command.ts';
import { HubCa } from '#protocol/http/device-logins.ts';
import { TokenView } from '#protocol/http/accounts.ts';
import { CommandId, Epoch, newId } from '#protocol/ids.ts';
import { atTestEnd, type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { startReceiver } from '../../hub/testing/webhook-site.ts';
import { CliProcess } from '../harness/cli-process.ts';
import { describeOnFirmware } from '../harness/describe-system.ts';
import { startedOnce } from '../harness/started-once.ts';
import type { System } from '../harness/system.ts';

const Tokens = z.object({ tokens: z.array(TokenView) });

/** Signs a command line in as a person does: the code is read from its terminal, and approved. */
async function signIn(system: System, scope: string, cleanup: Cleanup): Promise<string> {
  const config = temporaryFolder(cleanup);
  const { fingerprint } = await system.api.get(HubCa, '/api/ca');
  const args = ['login', system.hub.url, '--fingerprint', fingerprint];
  const login = new CliProcess(args, { config, cleanup });
  const userCode = await until(
    'the code is shown',
    () => /^ {4}([A-Z]{4}-[A-Z]{4})$/m.exec(login.err)?.[1],
  );
  expect(login.err).toContain(`${system.hub.url}/connect`);
  await system.api.send('POST', '/api/account/device-logins/approve', {
    body: { userCode, scope, siteIds: [system.site.id], expiresInDays: 1 },
  });
  const { code, err, out } = await login.ended;
  expect([code, err]).toEqual([0, expect.stringContaining('Signed in as')]);
  expect(err + out).not.toContain('sbx_');
  return config;
}

describeOnFirmware('the command line at a hub', (system) => {
  const run = (config: string, ...args: readonly string[]) =>
    new CliProcess(args, { config, cleanup: atTestEnd });
  /** A login with which one may do everything: to sign in takes as long as its first poll. */
  const manager = startedOnce((cleanup) => signIn(system(), 'manage', cleanup));

  it('signs in, keeps its token for its user alone, and signs out', async () => {
    const config = await signIn(system(), 'read', atTestEnd);
    const folder = join(config, 'signalbox');
    const [file = ''] = readdirSync(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, file), 'utf8')).toContain('"secret": "sbx_');
    const who = await run(config, 'whoami').ended;
    expect([who.code, who.out]).toEqual([0, expect.stringContaining('scope read, 1 of the sites')]);
    const refused = await run(config, 'send', 'lamp', 'brightness', '20').ended;
    expect([refused.code, refused.err]).toEqual([
      1,
      expect.stringContaining('permission to do this'),
    ]);
    const { code, err } = await run(config, 'logout').ended;
    expect([code, err]).toEqual([0, expect.stringContaining('Signed out')]);
    expect(readdirSync(folder)).toEqual([]);
    expect((await run(config, 'units').ended).code).toBe(77);
  });

  it('trusts no other hub than the one with the fingerprint', async () => {
    const config = temporaryFolder(atTestEnd);
    const fingerprint = 'A'.repeat(17);
    const args = ['login', system().hub.url, '--fingerprint', fingerprint];
    const wrong = await run(config, ...args).ended;
    expect([wrong.code, wrong.err]).toEqual([
      1,
      expect.stringContaining('does not have this fingerprint'),
    ]);
    // A CA that was named is all that counts, be it the hub's or another's.
    const [own, foreign] = [join(config, 'own.pem'), join(config, 'foreign.pem')];
    writeFileSync(own, system().hub.ca);
    writeFileSync(foreign, rootCertificates[0] ?? '');
    const named = run(config, 'login', system().hub.url, '--ca', own);
    await until('the code is shown', () => named.err.includes('/connect'));
    expect((await named.interrupt()).code).toBe(1);
    const other = await run(config, 'login', system().hub.url, '--ca', foreign).ended;
    expect([other.code, other.err]).toEqual([1, expect.stringContaining('not the hub')]);
    // There is nobody to ask.
    const unasked = await run(config, 'login', system().hub.url).ended;
    expect([unasked.code, unasked.err]).toEqual([1, expect.stringContaining('--fingerprint')]);
  });

  it('lists units, sends commands to them and says how they ended', async () => {
    const config = manager();
    const lamp = system().unit('lamp');
    const { name } = await lamp.view();
    const list = await run(config, 'units').ended;
    expect([list.code, list.out]).toEqual([
      0,
      expect.stringMatching(/^NAME +BASE +PRESENCE +VALUES$/m),
    ]);
    expect(list.out).toContain(name);
    const json = await run(config, 'units', '--json').ended;
    const listed = json.out
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(listed).toContainEqual(expect.objectContaining({ id: lamp.id }));

    const id = newId(CommandId);
    const sent = await run(config, 'send', name, 'color', 'orange', '--id', id, '--json').ended;
    expect([sent.code, sent.err]).toEqual([0, `command ${id}\n`]);
    const command = Command.parse(JSON.parse(sent.out));
    expect(command).toMatchObject({ id, state: 'succeeded', output: '#ffa500' });
    // Tried again with the same id it is the same command.
    const again = await run(config, 'send', name, 'color', 'orange', '--id', id, '--json').ended;
    expect(Command.parse(JSON.parse(again.out))).toMatchObject({ id, endedAt: command.endedAt });
    const wrong = await run(config, 'send', name, 'brightness', '400').ended;
    expect([wrong.code, wrong.out]).toEqual([1, '']);
    expect(wrong.err).toContain('must be at most');
    const unknown = await run(config, 'send', 'no such unit', 'color', 'red').ended;
    expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining(name)]);
  });

  it('registers devices, writes their keys for its user alone, changes them over and removes them', async () => {
    const config = manager();
    const out = join(config, 'boiler');
    const added = await run(config, 'device', 'add', 'Boiler', '--out', out).ended;
    expect([added.code, added.err]).toEqual([0, '']);
    const files = ['ca.pem', 'cert.pem', 'key.pem'];
    expect(readdirSync(out).toSorted()).toEqual(files);
    for (const file of files) expect(statSync(join(out, file)).mode & 0o777).toBe(0o600);
    const certificate = new X509Certificate(readFileSync(join(out, 'cert.pem')));
    const key = createPrivateKey(readFileSync(join(out, 'key.pem')));
    expect(certificate.checkPrivateKey(key)).toBe(true);
    const ca = new X509Certificate(readFileSync(join(out, 'ca.pem')));
    expect(certificate.verify(ca.publicKey)).toBe(true);
    const [, clientId = ''] = /CN=(.+)/.exec(certificate.subject) ?? [];
    expect(added.out).toContain(`-i ${clientId}`);
    expect(added.out).not.toContain('PRIVATE');
    // A key that is in use somewhere stays.
    const twice = await run(config, 'device', 'add', 'Boiler', '--out', out).ended;
    expect([twice.code, twice.err]).toEqual([1, expect.stringContaining('--out')]);

    const password = ['device', 'rotate', 'boiler', '--password', '--out', out];
    const rotated = await run(config, ...password, '--revoke-others').ended;
    expect([rotated.code, rotated.out]).toEqual([0, expect.stringMatching(/sbd_[\w-]{32}/)]);
    const listed = await run(config, 'device', 'list').ended;
    expect(listed.out).toMatch(new RegExp(`^Boiler +${clientId} +\\w+ +never +password$`, 'm'));
    const wrong = join(config, 'wrong.csr');
    writeFileSync(wrong, 'hello');
    const unsigned = await run(config, 'device', 'add', 'Pump', '--csr', wrong).ended;
    expect([unsigned.code, unsigned.err]).toEqual([1, expect.stringContaining('cannot be signed')]);
    const removed = await run(config, 'device', 'remove', clientId).ended;
    expect([removed.code, removed.out]).toEqual([0, expect.stringContaining('unregistered')]);
    const gone = await run(config, 'device', 'remove', clientId).ended;
    expect([gone.code, gone.err]).toEqual([1, expect.stringContaining('no such device')]);
  });

  it('adds webhooks, tests them, shows what was sent and why not, and removes them', async () => {
    const config = manager();
    const name = 'Stock';
    const receiver = await startReceiver();
    receiver.answer = () => ({ status: 500, body: 'no room' });
    const { url } = receiver;
    const added = await run(config, 'webhook', 'add', name, url, '--events', 'site.*').ended;
    expect([added.code, added.out]).toEqual([0, expect.stringMatching(/whsec_[\w+/=]{44}/)]);
    const listed = await run(config, 'webhook', 'list').ended;
    expect(listed.out).toMatch(/^Stock +enabled +0 +never +site\.\* +http:/m);
    const tested = await run(config, 'webhook', 'test', name).ended;
    expect([tested.code, tested.out]).toEqual([1, expect.stringContaining('exhausted')]);
    expect(tested.out).toContain('no room');
    const log = await run(config, 'webhook', 'log', name).ended;
    expect(log.out).toMatch(/webhook\.test +exhausted +1 +500/);
    const replayed = await run(config, 'webhook', 'replay', name, '--since', '1h').ended;
    expect([replayed.code, replayed.out]).toEqual([0, expect.stringContaining('1 message is')]);
    const rotated = await run(config, 'webhook', 'rotate', name).ended;
    expect(rotated.out).toMatch(/whsec_/);
    const removed = await run(config, 'webhook', 'remove', name).ended;
    expect([removed.code, removed.out]).toEqual([0, 'Stock is removed\n']);
  });

  it('watches changes, until Ctrl-C, or until its output is closed', async () => {
    const config = manager();
    const lamp = system().unit('lamp');
    const { name } = await lamp.view();
    const lines = run(config, 'watch', name);
    const json = run(config, 'watch', '--json');
    await until('both are live', () => lines.err.includes('live') && json.err.includes('live'));
    await lamp.command({ verb: 'set', affordance: 'color', input: '#102030' }, { wait: 10 });
    await until('it is printed', () => lines.out.includes(`${name} color = #102030`));
    await until('it is printed for programs', () =>
      json.out
        .split('\n')
        .some((line) => line.includes('"key":"color"') && line.includes('"#102030"')),
    );
    expect((await lines.interrupt()).code).toBe(0);
    json.closeOutput();
    await lamp.command({ verb: 'set', affordance: 'color', input: '#000000' }, { wait: 10 });
    await lamp.command({ verb: 'set', affordance: 'color', input: '#112233' }, { wait: 10 });
    expect((await json.ended).code).toBe(0);
  });

  it('continues after what it printed last when the hub was away: every event, once and in order', async () => {
    const config = manager();
    const lamp = system().unit('lamp');
    const { name } = await lamp.view();
    const setColor = (input: string) =>
      lamp.command({ verb: 'set', affordance: 'color', input }, { wait: 10 });
    await setColor('#010203');
    const lines = run(config, 'watch', name);
    const json = run(config, 'watch', name, '--json');
    const watches = [lines, json];
    await until('both are live', () => watches.every(({ err }) => err.includes('live')));
    await setColor('#040506');
    await until('both printed it', () => watches.every(({ out }) => out.includes('#040506')));
    for (const watch of watches) watch.freeze();
    await system().restartHub();
    const { presence } = await until('the base is back', async () => {
      const base = await system().base();
      return base.presence.state === 'online' ? base : undefined;
    });
    expect(presence.state).toBe('online');
    // Both are as they were by the time that anybody looks again.
    for (const color of ['#070809', '#040506']) await setColor(color);
    for (const watch of watches) watch.thaw();
    await until('both are live again', () =>
      watches.every(({ err }) => err.split(': live').length > 2),
    );
    await setColor('#0a0b0c');
    await until('both printed it', () => watches.every(({ out }) => out.includes('#0a0b0c')));
    const colorsIn = (out: string) => out.match(/#0[0-9a-f]{5}/g);
    const colors = ['#040506', '#070809', '#040506', '#0a0b0c'];
    expect(watches.map(({ out }) => colorsIn(out))).toEqual([colors, colors]);
    expect(lines.err).toContain('retrying');
    for (const watch of watches) {
      expect(watch.err).not.toContain('missed');
      expect((await watch.interrupt()).code).toBe(0);
    }
    // A program resumes later from the cursor that it stored.
    const line = json.out.split('\n').find((one) => one.includes('#040506')) ?? '';
    const cursor = /"cursor":"([^"]+)"/.exec(line)?.[1];
    const later = run(config, 'watch', name, '--after', cursor ?? '');
    await until('it printed what is stored', () => later.out.includes('#0a0b0c'));
    expect(colorsIn(later.out)).toEqual(colors.slice(1));
    await later.interrupt();
  });

  it('prints what happened after a revision first, and says what it cannot print', async () => {
    const config = manager();
    const lamp = system().unit('lamp');
    const { name } = await lamp.view();
    await lamp.command({ verb: 'set', affordance: 'color', input: '#abcdef' }, { wait: 10 });
    const all = run(config, 'watch', '--after', '0', '--json');
    await until('it printed the last', () => all.out.includes('#abcdef'));
    const revs = [...all.out.matchAll(/"cursor":"[^/]+\/(\d+)"/g)].map(([, rev]) => Number(rev));
    expect(revs).toEqual([...revs].sort((a, b) => a - b));
    expect(all.err).not.toContain('missed');
    expect((await all.interrupt()).code).toBe(0);

    const other = run(config, 'watch', name, '--after', `${newId(Epoch)}/1`, '--json');
    await until('it is live', () => other.err.includes('live'));
    await until('it says so', () => other.err.includes('events missed after revision 1'));
    expect(other.out).toMatch(/^\{[^\n]*"type":"missed"[^\n]*"reason":"epoch"/);
    expect((await other.interrupt()).code).toBe(0);
    const wrong = await run(config, 'watch', '--after', 'yesterday').ended;
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('must be a revision')]);
  });

  it('says that its login was revoked on the dashboard', async () => {
    // The last to use it.
    const config = manager();
    const { tokens } = await system().api.get(Tokens, '/api/account/tokens');
    const programs = tokens.filter(({ name }) => name.startsWith('signalbox on '));
    expect(programs.length).toBeGreaterThan(0);
    for (const { id } of programs) await system().api.send('DELETE', `/api/account/tokens/${id}`);
    const { code, err } = await run(config, 'units').ended;
    expect([code, err]).toEqual([77, expect.stringContaining('signalbox login')]);
  });
});
