import { describe, expect, it } from 'vitest';
import { STAGE } from '#protocol/command/command-stage.ts';
import { Command } from '#protocol/command/command.ts';
import { Problem } from '#protocol/http/problem.ts';
import { CommandId, newId } from '#protocol/ids.ts';
import { UnitView } from '#protocol/http/units.ts';
import {
  commandAtBase,
  finished,
  issue,
  sendCommand,
  startLampSite,
  traceOf,
} from '../../testing/lamp-site.ts';
import { snapshotOf } from '../../testing/test-hub.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import { watchSite } from '../../testing/watcher.ts';

describe('a command on its path', () => {
  it('is sent to the base, returns with its result, and traces every stage', async () => {
    const site = await startLampSite();
    const watcher = await watchSite(site.hub, site.owner.client, site.owner.siteId);
    const command = await issue(site, { verb: 'invoke', affordance: 'color', input: '#ff8800' });
    expect(command).toMatchObject({ state: 'dispatched', operation: 'writeproperty' });
    const atBase = await commandAtBase(site, command.id);
    expect(atBase).toMatchObject({
      id: command.id,
      input: '#ff8800',
      expiresAt: command.expiresAt,
    });
    const receipt = await site.base.send(finished(command.id, { output: '#ff8800' }));
    expect(receipt).toEqual({ accepted: 1, duplicates: 0, refused: [] });
    const { command: ended, steps } = await traceOf(site, command.id);
    expect(ended).toMatchObject({ state: 'succeeded', output: '#ff8800' });
    expect(steps.map((step) => step.stage)).toEqual([
      STAGE.hubStored,
      STAGE.hubSent,
      STAGE.baseJournalled,
      STAGE.baseRouted,
      STAGE.baseDequeued,
      STAGE.baseWritten,
      STAGE.baseMatched,
      STAGE.hubRecorded,
    ]);
    expect(steps.map((step) => step.state)).toEqual([
      'queued',
      'dispatched',
      'received',
      undefined,
      'running',
      undefined,
      undefined,
      'succeeded',
    ]);
    const delta = await watcher.next('command.changed', (d) => d.command.state === 'succeeded');
    expect(delta.trace).toEqual(steps);
    const { units } = await snapshotOf(site.owner);
    expect(units[0]?.reported['color']?.value).toBe('#ff8800');
    // What has not changed of the unit is not published.
    const values = await watcher.next('unit.values', (d) => d.unitId === site.unitId);
    expect(values).toMatchObject({ reported: units[0]?.reported, desired: {} });
    expect(watcher.received.filter(({ name }) => name === 'unit.changed')).toEqual([]);
  });

  it('answers with the end when the client prefers to wait', async () => {
    const site = await startLampSite();
    const waiting = sendCommand(
      site,
      { verb: 'invoke', affordance: 'brightness', input: 7 },
      { prefer: 'wait=20' },
    );
    const entry = await site.base.nextEntry((e) => e.type === 'command.issued');
    const issued = entry.type === 'command.issued' ? entry.data.id : newId(CommandId);
    await site.base.send(finished(issued, { output: 7 }));
    const answer = await waiting;
    expect(answer.status).toBe(200);
    expect(Command.parse(answer.body)).toMatchObject({ state: 'succeeded', output: 7 });
  });

  it('counts as received once the base acknowledged it', async () => {
    const site = await startLampSite();
    const command = await issue(site, { verb: 'invoke', affordance: 'reset' });
    await until('received', async () => {
      const { command: now } = await traceOf(site, command.id);
      return now.state === 'received' ? now : undefined;
    });
  });

  it('is stored as received with the time at which that was shown', async () => {
    const clock = new ManualClock(Date.now());
    const site = await startLampSite({ clock });
    const watcher = await watchSite(site.hub, site.owner.client, site.owner.siteId);
    const command = await issue(site, { verb: 'invoke', affordance: 'reset' });
    const received = async () =>
      (await traceOf(site, command.id)).steps.find(({ state }) => state === 'received');
    const shown = await until('it is shown', () => {
      clock.advance(1);
      return received();
    });
    clock.advance(5_000);
    await watcher.next('command.changed', (delta) => delta.command.state === 'received');
    expect(await received()).toEqual(shown);
  });

  it('is rejected when the base refuses the entry', async () => {
    const site = await startLampSite();
    site.base.acknowledge = () => ({ ok: false, code: 'unit_unknown', message: 'no' });
    const command = await issue(site, { verb: 'invoke', affordance: 'reset' });
    const ended = await until('rejected', async () => {
      const { command: now } = await traceOf(site, command.id);
      return now.state === 'rejected' ? now : undefined;
    });
    expect(ended.code).toBe('unit_unknown');
  });

  it('shows progress that the base reports on the socket', async () => {
    const site = await startLampSite();
    const command = await issue(site, { verb: 'invoke', affordance: 'reset' });
    site.base.socket.emit('command.progress', {
      commandId: command.id,
      state: 'running',
      stage: STAGE.baseDequeued,
      atMs: Date.now(),
    });
    await until('running', async () => {
      const { command: now } = await traceOf(site, command.id);
      return now.state === 'running' ? now : undefined;
    });
  });

  it('keeps the first end when a second report differs', async () => {
    const site = await startLampSite();
    const command = await issue(site, { verb: 'invoke', affordance: 'reset' });
    await site.base.send(finished(command.id));
    const again = await site.base.send(
      finished(command.id, { outcome: 'failed', code: 'unit_timeout' }),
    );
    expect(again).toMatchObject({ accepted: 1, refused: [] });
    expect((await traceOf(site, command.id)).command.state).toBe('succeeded');
  });

  it("corrects the base's times by its clock offset", async () => {
    const site = await startLampSite();
    const command = await issue(site, { verb: 'invoke', affordance: 'reset' });
    const atMs = Date.now() - 3_600_000;
    const body = site.base.batch(
      [finished(command.id, { trace: [{ stage: STAGE.baseRouted, atMs }] })],
      3_600_000,
    );
    expect((await site.base.post(body)).status).toBe(200);
    const { steps } = await traceOf(site, command.id);
    const step = steps.find(({ stage }) => stage === STAGE.baseRouted);
    expect(Date.parse(step?.at ?? '')).toBe(atMs + 3_600_000);
    expect(step).not.toHaveProperty('uncorrected');
  });

  it("marks the base's times while its clock offset is not known", async () => {
    const site = await startLampSite();
    const command = await issue(site, { verb: 'invoke', affordance: 'reset' });
    const trace = [{ stage: STAGE.baseRouted, atMs: Date.now() }];
    const body = site.base.batch([finished(command.id, { trace })], null);
    expect((await site.base.post(body)).status).toBe(200);
    const { steps } = await traceOf(site, command.id);
    expect(steps.filter((step) => step.uncorrected).map(({ stage }) => stage)).toEqual([
      STAGE.baseRouted,
    ]);
  });
});

describe('repeats', () => {
  const body = { verb: 'enqueue', affordance: 'brightness', input: 5 };

  it('answers the same id and body with the command that there is', async () => {
    const site = await startLampSite({ online: false });
    const id = newId(CommandId);
    const first = await issue(site, { ...body, id });
    const second = await issue(site, { ...body, id });
    expect(second).toEqual(first);
    expect((await snapshotOf(site.owner)).commands).toHaveLength(1);
  });

  it('answers the same Idempotency-Key and body with the command that there is', async () => {
    const site = await startLampSite({ online: false });
    const key = { 'idempotency-key': 'evening' };
    const first = Command.parse((await sendCommand(site, body, key)).body);
    const second = Command.parse((await sendCommand(site, body, key)).body);
    expect(second.id).toBe(first.id);
  });

  it('refuses the same id or key with another body', async () => {
    const site = await startLampSite({ online: false });
    const id = newId(CommandId);
    await issue(site, { ...body, id });
    const other = { ...body, input: 6 };
    expect(Problem.parse((await sendCommand(site, { ...other, id })).body).code).toBe(
      'idempotency_conflict',
    );
    const key = { 'idempotency-key': 'morning' };
    await sendCommand(site, body, key);
    expect(Problem.parse((await sendCommand(site, other, key)).body).code).toBe(
      'idempotency_conflict',
    );
  });
});

describe('a base that is away', () => {
  it('fails an invoke at once', async () => {
    const site = await startLampSite({ online: false });
    const command = await issue(site, { verb: 'invoke', affordance: 'color', input: '#000000' });
    expect(command).toMatchObject({ state: 'failed', code: 'base_offline', seq: null });
  });

  it('keeps what is enqueued, and gives it at the next resume', async () => {
    const site = await startLampSite({ online: false });
    const command = await issue(site, { verb: 'enqueue', affordance: 'brightness', input: 5 });
    expect(command.state).toBe('queued');
    const reply = await site.base.goOnline();
    expect(reply).toMatchObject({ ok: true, recovered: false, reason: 'first_contact' });
    if (!reply.ok || reply.recovered) throw new Error('no snapshot');
    expect(reply.commands.map(({ id }) => id)).toEqual([command.id]);
    expect((await traceOf(site, command.id)).command.state).toBe('dispatched');
  });

  it('drops the older of two desired values for a property, and says so', async () => {
    const site = await startLampSite({ online: false });
    const watcher = await watchSite(site.hub, site.owner.client, site.owner.siteId);
    const older = await issue(site, { verb: 'set', affordance: 'brightness', input: 5 });
    const newer = await issue(site, { verb: 'set', affordance: 'brightness', input: 6 });
    expect((await traceOf(site, older.id)).command).toMatchObject({
      state: 'superseded',
      code: 'superseded',
    });
    const unit = await site.owner.client.request(UnitView, { path: `/api/units/${site.unitId}` });
    expect(unit.desired['brightness']).toMatchObject({
      value: 6,
      version: 2,
      commandId: newer.id,
    });
    await watcher.next('unit.values', (d) => d.desired['brightness']?.commandId === newer.id);
    const reply = await site.base.goOnline();
    expect(reply.ok && !reply.recovered && reply.commands.map(({ id }) => id)).toEqual([newer.id]);
    await site.base.send(finished(newer.id, { output: 6 }));
    const after = await site.owner.client.request(UnitView, { path: `/api/units/${site.unitId}` });
    expect(after.desired).toEqual({});
    expect(after.reported['brightness']?.value).toBe(6);
  });

  it('cancels what was never sent at once', async () => {
    const site = await startLampSite({ online: false });
    const { client } = site.owner;
    const command = await issue(site, { verb: 'enqueue', affordance: 'brightness', input: 5 });
    const cancel = { method: 'POST', path: `/api/commands/${command.id}/cancel` };
    expect((await client.request(Command, cancel)).state).toBe('cancelled');
    expect(await client.refused(cancel)).toBe('command_final');
  });

  it('requests a cancellation from the base, once, and accepts its result', async () => {
    const site = await startLampSite();
    const { client } = site.owner;
    const sent = await issue(site, { verb: 'enqueue', affordance: 'brightness', input: 6 });
    const cancel = { method: 'POST', path: `/api/commands/${sent.id}/cancel` };
    for (let time = 0; time < 2; time += 1) {
      expect(['dispatched', 'received']).toContain((await client.request(Command, cancel)).state);
    }
    const requested = await site.base.nextEntry(({ type }) => type === 'command.cancelled');
    expect(requested).toMatchObject({ data: { commandId: sent.id } });
    await site.base.send(finished(sent.id, { outcome: 'cancelled', code: 'cancelled' }));
    const { command, steps } = await traceOf(site, sent.id);
    expect(command).toMatchObject({ state: 'cancelled', code: 'cancelled' });
    expect(steps.filter(({ note }) => note === 'cancel requested')).toHaveLength(1);
    expect(site.base.entries.map(({ type }) => type)).toEqual([
      'command.issued',
      'command.cancelled',
    ]);
  });

  it('ends as reported when it was cancelled too late', async () => {
    const site = await startLampSite();
    const sent = await issue(site, { verb: 'enqueue', affordance: 'brightness', input: 6 });
    const path = `/api/commands/${sent.id}/cancel`;
    await site.owner.client.request(Command, { method: 'POST', path });
    await site.base.send(finished(sent.id, { output: 6 }));
    expect((await traceOf(site, sent.id)).command.state).toBe('succeeded');
  });

  it('is not given to a base that never held it, once it was cancelled', async () => {
    const site = await startLampSite({ online: false });
    const live = await site.base.goOnline();
    if (!live.ok) throw new Error(live.code);
    site.base.acknowledge = () => undefined;
    const sent = await issue(site, { verb: 'enqueue', affordance: 'brightness', input: 6 });
    await site.base.nextEntry();
    site.base.disconnect();
    const path = `/api/commands/${sent.id}/cancel`;
    await site.owner.client.request(Command, { method: 'POST', path });
    await site.base.connect();
    await site.base.join();
    expect(await site.base.resume(live.epoch, live.headSeq)).toMatchObject({
      entries: [{ type: 'command.cancelled' }, { type: 'command.cancelled' }],
    });
    expect((await traceOf(site, sent.id)).command.state).toBe('cancelled');
  });

  it('holds at most 50 waiting commands for a unit', async () => {
    const site = await startLampSite({ online: false });
    for (let input = 0; input < 50; input += 1) {
      await issue(site, { verb: 'enqueue', affordance: 'brightness', input });
    }
    const refused = await sendCommand(site, { verb: 'enqueue', affordance: 'reset' });
    expect(Problem.parse(refused.body).code).toBe('operation_not_allowed');
    const full = await sendCommand(site, { verb: 'enqueue', affordance: 'on', input: true });
    expect(Problem.parse(full.body).code).toBe('queue_full');
  });
});

describe('what the unit could not do', () => {
  it.each([
    ['affordance_unknown', { verb: 'invoke', affordance: 'nothing' }],
    ['affordance_unknown', { verb: 'invoke', affordance: 'constructor' }],
    ['operation_not_allowed', { verb: 'set', affordance: 'reset' }],
    ['operation_not_allowed', { verb: 'enqueue', affordance: 'reset' }],
    ['operation_not_allowed', { verb: 'set', affordance: 'key', input: 'x' }],
    ['operation_not_allowed', { verb: 'invoke', affordance: 'key' }],
    ['operation_not_allowed', { verb: 'set', affordance: 'temperature', input: 1 }],
    ['operation_not_allowed', { verb: 'set', affordance: 'color' }],
    ['operation_not_allowed', { verb: 'invoke', affordance: 'color', operation: 'invokeaction' }],
    ['operation_not_allowed', { verb: 'invoke', affordance: 'reset', operation: 'readproperty' }],
    ['input_invalid', { verb: 'invoke', affordance: 'color', input: 'reddish' }],
    ['input_invalid', { verb: 'invoke', affordance: 'brightness', input: 101 }],
    ['input_invalid', { verb: 'invoke', affordance: 'blink' }],
    ['input_invalid', { verb: 'invoke', affordance: 'blink', input: { times: 11 } }],
    ['input_invalid', { verb: 'invoke', affordance: 'key', input: 'x'.repeat(5_000) }],
    ['bad_request', { verb: 'invoke', affordance: 'color', input: '#000000', ttlMs: 1 }],
    ['bad_request', { verb: 'shout', affordance: 'color' }],
    ['bad_request', { verb: 'invoke', affordance: 'color', surplus: 1 }],
  ])('is refused with %s', async (code, body) => {
    const site = await startLampSite();
    const answer = await sendCommand(site, body);
    expect(Problem.parse(answer.body).code).toBe(code);
  });
});
