import { expect, it, onTestFinished } from 'vitest';
import { connectHub } from '#client/hub.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import { TokenCreated } from '#protocol/http/accounts.ts';
import type { CommandId } from '#protocol/ids.ts';
import { finished, type LampSite, startLampSite } from '../../hub/testing/lamp-site.ts';
import { CutFetch } from './cut-fetch.ts';
import { follow } from './followed-news.ts';

const SWITCH = { verb: 'invoke', affordance: 'on', input: true } as const;

/** A program with a token, at a hub with a lamp. */
async function arrange(options: { readonly scope?: string; readonly clock?: ManualClock } = {}) {
  const { scope = 'control', clock } = options;
  const site = await startLampSite(clock ? { clock } : {});
  const { secret } = await site.owner.client.request(TokenCreated, {
    path: '/api/account/tokens',
    body: { name: 'program', scope },
  });
  const line = new CutFetch();
  const url = `${site.hub.addresses.http}/`;
  const hub = connectHub({ url, token: secret, fetch: line.fetch });
  return { site, hub, line };
}

/** The base reports the end of the next command that it gets. */
async function answerNext(site: LampSite, change: Parameters<typeof finished>[1] = {}) {
  const entry = await site.base.nextEntry(({ type }) => type === 'command.issued');
  if (entry.type !== 'command.issued') throw new Error('not a command');
  await site.base.send(finished(entry.data.id, change));
  return entry.data.id;
}

it('signs in with a token, and lists what that may see', async () => {
  const { site, hub } = await arrange({ scope: 'read' });
  expect(await hub.token()).toMatchObject({ token: { scope: 'read' }, user: { name: 'Ada' } });
  const [home] = await hub.sites();
  expect(home?.id).toBe(site.owner.siteId);
  const units = await hub.units(home?.id ?? '');
  expect(units.map(({ id }) => id)).toEqual([site.unitId]);
  expect(await hub.unit(site.unitId)).toEqual(units[0]);
  const page = await hub.eventsPage(site.owner.siteId, { type: ['unit.added'] });
  expect(page.events).toMatchObject([{ type: 'unit.added', data: { unitId: site.unitId } }]);
  const history = { property: 'brightness', from: 0, to: Date.now() };
  expect((await hub.history(site.unitId, history)).points).toEqual([]);
});

it.each([
  [{ output: true }, { state: 'succeeded', output: true }],
  [
    { outcome: 'failed', code: 'unit_busy' },
    { state: 'failed', code: 'unit_busy' },
  ],
] as const)('resolves a command with the answer of the unit: %j', async (answer, expected) => {
  const { site, hub } = await arrange();
  const [command, id] = await Promise.all([hub.run(site.unitId, SWITCH), answerNext(site, answer)]);
  expect(command).toMatchObject({ id, ...expected });
});

it('rejects with the code of what is wrong', async () => {
  const { site, hub } = await arrange({ scope: 'read' });
  const wrong = connectHub({ url: site.hub.addresses.http, token: 'sbx_made-up' });
  const nowhere = connectHub({ url: 'http://127.0.0.1:1' });
  const codes = await Promise.all(
    [
      hub.run(site.unitId, SWITCH),
      hub.unit(site.owner.siteId),
      wrong.sites(),
      nowhere.sites(),
      wrong.events(site.owner.siteId).next(),
    ].map((call) => call.then(String, (error: unknown) => error)),
  );
  expect(codes).toMatchObject(
    ['forbidden', 'unit_unknown', 'token_invalid', 'hub_unreachable', 'token_invalid'].map(
      (code) => ({ name: 'AppError', code }),
    ),
  );
  expect(() => hub.events('../account')).toThrow(expect.objectContaining({ code: 'site_unknown' }));
});

it('waits for an end by the events when the hub does not hold the answer that long', async () => {
  const clock = new ManualClock(Date.now());
  const { site, hub, line } = await arrange({ clock });
  const set = { verb: 'set', affordance: 'brightness', input: 7 } as const;
  const running = hub.run(site.unitId, set, { timeoutMs: 120_000 });
  const entry = await site.base.nextEntry(({ type }) => type === 'command.issued');
  await until('the hub answers that it has not ended', () => {
    clock.advance(1_000);
    return line.requested.some((path) => path.endsWith('/events'));
  });
  if (entry.type !== 'command.issued') throw new Error('not a command');
  await site.base.send(finished(entry.data.id, { output: 7 }));
  expect(await running).toMatchObject({ id: entry.data.id, state: 'succeeded', output: 7 });
  await until('no stream is left', () => site.hub.gauges()['services.eventStreams'] === 0);
});

it('gives up in time, and says which command it is', async () => {
  const { site, hub } = await arrange();
  const running = hub.run(site.unitId, SWITCH, { timeoutMs: 50 });
  await expect(running).rejects.toMatchObject({ code: 'timed_out' });
  const { commands } = await hub.snapshot(site.owner.siteId);
  await expect(running).rejects.toMatchObject({ details: { commandId: commands[0]?.id } });
});

it('sends a command once, however often the line is cut while it waits', async () => {
  const { site, hub, line } = await arrange();
  const running = hub.run(site.unitId, SWITCH);
  const entry = await site.base.nextEntry(({ type }) => type === 'command.issued');
  line.cut();
  line.mend();
  await until('it is sent again', () => line.requested.length === 2);
  if (entry.type !== 'command.issued') throw new Error('not a command');
  const id: CommandId = entry.data.id;
  await site.base.send(finished(id));
  expect(await running).toMatchObject({ id, state: 'succeeded' });
  expect((await hub.snapshot(site.owner.siteId)).commands).toHaveLength(1);
});

it('ends with the reason of its signal: a call, a wait, a stream', async () => {
  const { site, hub } = await arrange();
  const reason = new Error('no longer wanted');
  expect(await hub.sites({ signal: AbortSignal.abort(reason) }).catch(String)).toBe(String(reason));
  const leaving = new AbortController();
  const running = hub.run(site.unitId, SWITCH, { signal: leaving.signal });
  const stream = follow(hub.events(site.owner.siteId, { signal: leaving.signal }));
  await site.base.nextEntry(({ type }) => type === 'command.issued');
  await until('it is open', () => stream.types().includes('opened'));
  leaving.abort(reason);
  await expect(running).rejects.toBe(reason);
  await stream.end;
  await until('no stream is left', () => site.hub.gauges()['services.eventStreams'] === 0);
});

it('resumes after a minute without a line, at 100 events a second, without a gap', async () => {
  const { site, hub, line } = await arrange({ scope: 'read' });
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  const { signal } = leaving;
  const stream = follow(hub.events(site.owner.siteId, { signal, types: ['unit.event'] }));
  await until('it is open', () => stream.types().includes('opened'));
  let seq = 0;
  const press = async (count: number) => {
    const pressed = Array.from({ length: count }, () => {
      seq += 1;
      const measured = { bootId: '0000002a', seq, measuredAtMs: seq, receivedAtMs: seq };
      const data = { unitId: site.unitId, event: 'pressed', ...measured };
      return { type: 'unit.event' as const, data };
    });
    await site.base.send(...pressed);
  };
  await press(100);
  await until('they are there', () => stream.events().length === 100);
  line.cut();
  await until('it is cut', () => stream.types().includes('waiting'));
  // A minute of them; how long the test takes for it changes nothing.
  for (let sent = 0; sent < 6_000; sent += 200) await press(200);
  line.mend();
  await press(100);
  await until('all of them', () => stream.events().length >= 6_200);
  const revs = stream.events().map(({ rev }) => rev);
  expect(revs).toEqual(Array.from({ length: 6_200 }, (_, index) => (revs[0] ?? 0) + index));
  expect(stream.types()).not.toContain('gap');
});
