import { expect, it } from 'vitest';
import { Command } from '#protocol/command/command.ts';
import type { CommandState } from '#protocol/command/command-state.ts';
import { CommandTrace } from '#protocol/http/commands.ts';
import { describeOnFirmware } from '../harness/describe-system.ts';
import type { System } from '../harness/system.ts';
import { until } from '#platform/testing/until.ts';

describeOnFirmware('while a unit is away', (system) => {
  /** The lamp's process is gone, as after a power cut; base and hub are there. */
  async function lampAway() {
    const lamp = system().unit('lamp');
    await lamp.process.kill();
    return lamp;
  }

  /** A request makes the base try at once; otherwise it may wait for up to 30 s. */
  async function back(lamp: Awaited<ReturnType<typeof lampAway>>): Promise<void> {
    await lamp.process.start();
    const { command } = await lamp.command({ verb: 'invoke', affordance: 'rssi' }, { wait: 10 });
    expect(command.state).toBe('succeeded');
  }

  it('a desired value lasts, is shown, and is reached when the unit is back', async () => {
    const lamp = await lampAway();
    const { command } = await lamp.command({
      verb: 'set',
      affordance: 'color',
      input: '#00ff77',
    });
    await reaches(system(), command.id, 'received');
    const { desired, reported } = await lamp.view();
    expect(desired.color).toMatchObject({ value: '#00ff77' });
    expect(reported.color?.value).not.toBe('#00ff77');
    await lamp.process.start();
    expect((await lamp.ended(command.id)).state).toBe('succeeded');
    expect((await lamp.view()).reported.color?.value).toBe('#00ff77');
  });

  it('a newer desired value supersedes the one that waits at the base, which reports it', async () => {
    const lamp = await lampAway();
    const desired = { verb: 'set', affordance: 'brightness' } as const;
    const older = (await lamp.command({ ...desired, input: 11 })).command;
    await reaches(system(), older.id, 'received');
    const newer = (await lamp.command({ ...desired, input: 22 })).command;
    expect(await lamp.ended(older.id)).toMatchObject({ state: 'superseded', code: 'superseded' });
    await back(lamp);
    expect((await lamp.ended(newer.id)).state).toBe('succeeded');
    expect(doneBy(lamp.process.output, older.id)).toBe(0);
    expect((await lamp.view()).reported.brightness?.value).toBe(22);
  });

  it('a desired value that was reached is not sent again for the next boot', async () => {
    const lamp = system().unit('lamp');
    const { command } = await lamp.command(
      { verb: 'set', affordance: 'on', input: true },
      { wait: 10 },
    );
    expect(command.state).toBe('succeeded');
    await lamp.process.kill();
    await lamp.process.start();
    const next = await lamp.command({ verb: 'invoke', affordance: 'on' }, { wait: 10 });
    expect(next.command).toMatchObject({ state: 'succeeded', output: false });
    expect(doneBy(lamp.process.output, command.id)).toBe(1);
  });

  it('a command that waits at the base can be cancelled, and is never executed', async () => {
    const lamp = await lampAway();
    const queued = { verb: 'enqueue', affordance: 'brightness' } as const;
    const unwanted = (await lamp.command({ ...queued, input: 33 })).command;
    const wanted = (await lamp.command({ ...queued, input: 44 })).command;
    await reaches(system(), unwanted.id, 'received');
    await system().api.call(Command, 'POST', `/api/commands/${unwanted.id}/cancel`, {});
    expect((await lamp.ended(unwanted.id)).state).toBe('cancelled');
    await back(lamp);
    expect((await lamp.ended(wanted.id)).state).toBe('succeeded');
    expect(doneBy(lamp.process.output, unwanted.id)).toBe(0);
    expect(doneBy(lamp.process.output, wanted.id)).toBe(1);
  });

  it('a command whose time runs out at the base is expired, and is never done', async () => {
    const lamp = await lampAway();
    const { command } = await lamp.command({
      verb: 'enqueue',
      affordance: 'brightness',
      input: 55,
      ttlMs: 1_500,
    });
    await reaches(system(), command.id, 'received');
    expect((await lamp.ended(command.id)).state).toBe('expired');
    await back(lamp);
    expect(doneBy(lamp.process.output, command.id)).toBe(0);
  });
});

async function reaches(system: System, commandId: string, state: CommandState): Promise<void> {
  await until(`command ${commandId} is ${state}`, async () => {
    const path = `/api/commands/${commandId}/trace`;
    return (await system.api.get(CommandTrace, path)).command.state === state;
  });
}

/** How often a unit logs that it executed a command (docs/flows/command.md, "In the logs"). */
function doneBy(output: string, commandId: string): number {
  const end = commandId.split('-').slice(3).join('-');
  return output.split(`stage=unit_replied command=${end} status=ok`).length - 1;
}
