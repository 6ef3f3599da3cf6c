import { describe, expect, it } from 'vitest';
import type { CommandFinished } from '#protocol/hub-link/base-events.ts';
import { type CommandId, Epoch, newId } from '#protocol/ids.ts';
import { issue, type LampSite, startLampSite, traceOf } from '../../testing/lamp-site.ts';
import { until } from '#platform/testing/until.ts';

const present = (site: LampSite) => ({
  type: 'unit.presence' as const,
  data: { unitId: site.unitId, state: 'ready' as const, atMs: 1, lastContactAtMs: null },
});

async function online(): Promise<{
  readonly site: LampSite;
  readonly epoch: Epoch;
  readonly headSeq: number;
}> {
  const site = await startLampSite();
  const reply = await site.base.resume();
  if (!reply.ok) throw new Error(reply.code);
  return { site, epoch: reply.epoch, headSeq: reply.headSeq };
}

async function received(site: LampSite, verb: 'invoke' | 'set' = 'invoke') {
  const command = await issue(
    site,
    verb === 'invoke'
      ? { verb, affordance: 'reset' }
      : { verb, affordance: 'brightness', input: 1 },
  );
  await until(
    'received',
    async () => (await traceOf(site, command.id)).command.state === 'received',
  );
  return command;
}

const finished = (commandId: CommandId): CommandFinished => ({
  commandId,
  outcome: 'succeeded',
  trace: [],
});

describe('a base that was restored from a backup', () => {
  it('is accepted, though its numbers were used before', async () => {
    const { site } = await online();
    site.base.batchMore = { run: newId(Epoch) };
    const first = await site.base.post(site.base.batch([{ ...present(site), seq: 900 }]));
    expect(first).toMatchObject({ body: { accepted: 1 } });
    site.base.batchMore = { run: newId(Epoch) };
    const second = await site.base.post(site.base.batch([{ ...present(site), seq: 900 }]));
    expect(second).toMatchObject({ body: { accepted: 1, duplicates: 0 } });
  });

  it('gets the whole state when the hub has numbers of it that it does not know of', async () => {
    const { site, epoch, headSeq } = await online();
    const run = newId(Epoch);
    site.base.batchMore = { run };
    await site.base.post(site.base.batch([{ ...present(site), seq: 900 }]));
    site.base.resumeMore = { outbox: { earlier: { run, seq: 900 } } };
    expect(await site.base.resume(epoch, headSeq)).toMatchObject({ recovered: true });
    site.base.resumeMore = { outbox: { earlier: { run, seq: 899 } } };
    const reply = await site.base.resume(epoch, headSeq);
    expect(reply).toMatchObject({ recovered: false, reason: 'base_behind' });
    expect(reply).not.toMatchObject({ epoch });
  });

  it('is not given again what it may have executed: that is unknown', async () => {
    const { site, epoch, headSeq } = await online();
    const command = await received(site);
    const reply = await site.base.resume(epoch, headSeq);
    expect(reply).toMatchObject({ recovered: false, reason: 'base_behind', commands: [] });
    expect((await traceOf(site, command.id)).command).toMatchObject({
      state: 'unknown',
      code: 'outcome_unknown',
    });
  });
});

describe('a hub that was restored from a backup', () => {
  it('recognises it by an event that it has confirmed and lacks', async () => {
    const { site, epoch, headSeq } = await online();
    site.base.resumeMore = { outbox: { settled: { run: newId(Epoch), seq: 7 } } };
    const reply = await site.base.resume(epoch, headSeq);
    expect(reply).toMatchObject({ recovered: false, reason: 'hub_behind' });
  });

  it('recognises it by a batch as well, and has the base resume at once', async () => {
    const { site, epoch } = await online();
    site.base.batchMore = { settled: { run: newId(Epoch), seq: 7 } };
    const answer = await site.base.post(site.base.batch([{ ...present(site), seq: 900 }]));
    expect(answer).toMatchObject({ body: { accepted: 1 } });
    const beat = await until('a beat', () => site.base.heartbeats.at(-1));
    expect(beat).not.toMatchObject({ epoch });
  });

  it('recognises it by a base that holds another entry in the same place', async () => {
    const { site, epoch, headSeq } = await online();
    await issue(site, { verb: 'set', affordance: 'brightness', input: 1 });
    const entry = await site.base.nextEntry(({ seq }) => seq === headSeq + 1);
    site.base.resumeMore = entry.mark === undefined ? {} : { mark: entry.mark };
    expect(await site.base.resume(epoch, entry.seq)).toMatchObject({ recovered: true });
    site.base.resumeMore = { mark: 'another' };
    const reply = await site.base.resume(epoch, entry.seq);
    expect(reply).toMatchObject({ recovered: false, reason: 'log_changed' });
  });

  it('requests the end of what the base held again, also when its time is over', async () => {
    const { site, epoch, headSeq } = await online();
    const command = await received(site);
    site.base.resumeMore = { outbox: { settled: { run: newId(Epoch), seq: 7 } } };
    const reply = await site.base.resume(epoch, headSeq + 1);
    expect(reply).toMatchObject({ recovered: false, commands: [{ id: command.id }] });
    await site.base.send({ type: 'command.finished', data: finished(command.id) });
    expect((await traceOf(site, command.id)).command.state).toBe('succeeded');
  });
});
