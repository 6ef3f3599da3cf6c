import { describe, expect, it } from 'vitest';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { startSystem, type System } from '../harness/system.ts';
import { firmwareIsBuilt } from '../harness/unit-process.ts';
import { until } from '#platform/testing/until.ts';

function startWithLamp(): Promise<System> {
  return startSystem({ units: ['lamp'], implementation: 'firmware', cleanup: atTestEnd });
}

async function stopBase(system: System): Promise<void> {
  await system.stopBase();
  await until('the hub holds the base to be offline', async () => {
    const { state } = (await system.base()).presence;
    return state === 'offline';
  });
}

describe.skipIf(!firmwareIsBuilt())('outages (on the C++ units: npm run build)', () => {
  it('fail an invoke at once while the base is offline', async () => {
    const system = await startWithLamp();
    await stopBase(system);
    const { command } = await system
      .unit('lamp')
      .command({ verb: 'invoke', affordance: 'on', input: true }, { wait: 5 });
    expect(command).toMatchObject({ state: 'failed', code: 'base_offline' });
  });

  it('do not lose what was enqueued: it is delivered when the base returns', async () => {
    const system = await startWithLamp();
    const lamp = system.unit('lamp');
    await stopBase(system);
    const colours = ['#111111', '#222222', '#333333'];
    const ids: string[] = [];
    for (const input of colours) {
      const { command } = await lamp.command({ verb: 'enqueue', affordance: 'color', input });
      expect(command.state).toBe('queued');
      ids.push(command.id);
    }
    system.startBase();
    for (const id of ids) expect((await lamp.ended(id)).state).toBe('succeeded');
    expect((await lamp.view()).reported.color?.value).toBe('#333333');
  });

  it('keep only the newest desired value of a set, and say so of the others', async () => {
    const system = await startWithLamp();
    const lamp = system.unit('lamp');
    await stopBase(system);
    const old = await lamp.command({ verb: 'set', affordance: 'color', input: '#aa0000' });
    const desired = await lamp.command({ verb: 'set', affordance: 'color', input: '#00aa00' });
    expect((await lamp.ended(old.command.id)).state).toBe('superseded');
    system.startBase();
    expect((await lamp.ended(desired.command.id)).state).toBe('succeeded');
    expect((await lamp.view()).reported.color?.value).toBe('#00aa00');
  });

  it('of the hub are survived: the base resumes, and nothing is lost', async () => {
    const system = await startSystem({
      units: ['light_sensor', 'lamp'],
      implementation: 'firmware',
      cleanup: atTestEnd,
    });
    const lamp = system.unit('lamp');
    const light = system.unit('light_sensor');
    const from = Date.now();
    await until('readings are stored', async () => (await light.rawHistory(from)).length > 3);
    await system.restartHub();
    const { command } = await lamp.command({
      verb: 'enqueue',
      affordance: 'color',
      input: '#0f0f0f',
    });
    expect((await lamp.ended(command.id)).state).toBe('succeeded');
    const before = (await light.rawHistory(from)).length;
    await until(
      'readings flow again',
      async () => (await light.rawHistory(from)).length > before + 5,
    );
    // The sensor reports every 200 ms: a hole would show as a gap of a second or more.
    const times = (await light.rawHistory(from)).map(({ atMs }) => atMs);
    const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? atMs));
    expect(Math.max(...gaps)).toBeLessThan(1_000);
  });

  it('of a unit show in its presence, and a new boot is distinguished from the old', async () => {
    const system = await startSystem({
      units: ['light_sensor'],
      implementation: 'firmware',
      cleanup: atTestEnd,
    });
    const light = system.unit('light_sensor');
    const socket = await system.watch();
    const boot = (await light.view()).identity?.bootId;
    await light.process.kill();
    await socket.delta(
      'unit.changed',
      ({ unit }) => unit.id === light.id && unit.presence.state === 'lost',
    );
    await light.process.start();
    await socket.delta(
      'unit.changed',
      ({ unit }) =>
        unit.id === light.id && unit.presence.state === 'ready' && unit.identity?.bootId !== boot,
    );
  });

  it('of one unit delay no other', async () => {
    const system = await startSystem({
      units: ['light_sensor', 'lamp'],
      implementation: 'firmware',
      cleanup: atTestEnd,
    });
    await system.unit('light_sensor').process.kill();
    const dead = system
      .unit('light_sensor')
      .command({ verb: 'invoke', affordance: 'uptime', ttlMs: 2_000 });
    const startedAt = performance.now();
    const { command } = await system
      .unit('lamp')
      .command({ verb: 'invoke', affordance: 'on', input: true }, { wait: 5 });
    expect(command.state).toBe('succeeded');
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    const end = await system.unit('light_sensor').ended((await dead).command.id);
    expect(['failed', 'expired', 'unknown']).toContain(end.state);
  });
});
