import { expect, it } from 'vitest';
import { STAGE } from '#protocol/command/command-stage.ts';
import { Command } from '#protocol/command/command.ts';
import { CommandTrace } from '#protocol/http/commands.ts';
import { CommandId, newId, UnitId } from '#protocol/ids.ts';
import { fromInstant } from '#protocol/json.ts';
import { describeOnFirmware } from '../harness/describe-system.ts';

describeOnFirmware('a command', (system) => {
  it('changes the lamp, which reports what is now in force', async () => {
    const lamp = system().unit('lamp');
    const socket = await system().watch();
    const sent = await lamp.command({ verb: 'invoke', affordance: 'color', input: '#ff8800' });
    expect(sent.status).toBe(202);
    expect(['queued', 'dispatched']).toContain(sent.command.state);
    expect(sent.command.expiresAt).not.toBeNull();
    const { command } = await socket.delta(
      'command.changed',
      ({ command: { id, state } }) => id === sent.command.id && state === 'succeeded',
    );
    expect(command.output).toBe('#ff8800');
    await socket.delta(
      'unit.values',
      ({ unitId, reported }) => unitId === lamp.id && reported.color?.value === '#ff8800',
    );
  });

  it('answers with the result when it is waited for', async () => {
    const { status, command } = await system()
      .unit('lamp')
      .command({ verb: 'invoke', affordance: 'brightness', input: 42 }, { wait: 10 });
    expect(status).toBe(200);
    expect(command).toMatchObject({ state: 'succeeded', output: 42, operation: 'writeproperty' });
  });

  it('reads a property', async () => {
    const { command } = await system()
      .unit('lamp')
      .command({ verb: 'invoke', affordance: 'rssi' }, { wait: 10 });
    expect(command).toMatchObject({ state: 'succeeded', operation: 'readproperty' });
    expect(command.output).toBeTypeOf('number');
  });

  it('invokes an action with named arguments', async () => {
    const { command } = await system()
      .unit('lamp')
      .command({ verb: 'invoke', affordance: 'analogRead' }, { wait: 10 });
    expect(command).toMatchObject({ state: 'succeeded', operation: 'invokeaction' });
    expect(command.output).toBeTypeOf('object');
  });

  it('sets a desired value, which counts as reached once the unit reports it', async () => {
    const lamp = system().unit('lamp');
    const { command } = await lamp.command(
      { verb: 'set', affordance: 'color', input: '#0044ff' },
      { wait: 10 },
    );
    expect(command.state).toBe('succeeded');
    expect(command.expiresAt).toBeNull();
    const view = await lamp.view();
    expect(view.reported.color?.value).toBe('#0044ff');
  });

  it('enqueues in order', async () => {
    const lamp = system().unit('lamp');
    const colours = ['#100000', '#200000', '#300000', '#400000'];
    const sent = await Promise.all(
      colours.map((input) => lamp.command({ verb: 'enqueue', affordance: 'color', input })),
    );
    const ends = await Promise.all(sent.map(({ command }) => lamp.ended(command.id)));
    expect(ends.map(({ state }) => state)).toEqual(colours.map(() => 'succeeded'));
    const last = ends.reduce((a, b) => ((a.seq ?? 0) > (b.seq ?? 0) ? a : b));
    expect((await lamp.view()).reported.color?.value).toBe(last.output);
  });

  it('traces each stage of its path, in the order of time', async () => {
    const lamp = system().unit('lamp');
    const { command } = await lamp.command(
      { verb: 'invoke', affordance: 'on', input: true },
      { wait: 10 },
    );
    const { steps } = await system().api.get(CommandTrace, `/api/commands/${command.id}/trace`);
    const passed = steps.map(({ stage }) => stage);
    expect(passed).toEqual(
      expect.arrayContaining([
        STAGE.hubStored,
        STAGE.hubSent,
        STAGE.baseJournalled,
        STAGE.baseDequeued,
        STAGE.baseMatched,
        STAGE.hubRecorded,
      ]),
    );
    // The base's times are corrected by its measured offset, which is good to a few milliseconds.
    const times = steps.map(({ at }) => fromInstant(at));
    const advances = times.slice(1).map((atMs, index) => atMs - (times[index] ?? atMs));
    expect(Math.min(...advances)).toBeGreaterThan(-5);
    expect(steps.at(-1)?.state).toBe('succeeded');
  });

  it('is done once, however often it is sent', async () => {
    const lamp = system().unit('lamp');
    const body = {
      id: newId(CommandId),
      verb: 'enqueue',
      affordance: 'color',
      input: '#123456',
    } as const;
    const first = await lamp.command(body, { wait: 10 });
    const second = await lamp.command(body, { wait: 10 });
    expect(second.command).toEqual(first.command);
    const conflict = await system().api.refused('POST', `/api/units/${lamp.id}/commands`, {
      body: { ...body, input: '#654321' },
    });
    expect(conflict).toEqual({ status: 409, code: 'idempotency_conflict' });
  });

  it('is recognised by an Idempotency-Key as well', async () => {
    const lamp = system().unit('lamp');
    const request = {
      body: { verb: 'enqueue', affordance: 'color', input: '#abcdef' },
      headers: { 'idempotency-key': newId(CommandId) },
    };
    const path = `/api/units/${lamp.id}/commands`;
    const first = await system().api.call(Command, 'POST', path, request);
    const second = await system().api.call(Command, 'POST', path, request);
    expect(second.id).toBe(first.id);
  });
});

describeOnFirmware('a command that cannot be', (system) => {
  const refusals: readonly [name: string, body: object, status: number, code: string][] = [
    ['of an unknown verb', { verb: 'push', affordance: 'on', input: true }, 400, 'bad_request'],
    ['with an unknown member', { verb: 'set', affordance: 'on', x: 1 }, 400, 'bad_request'],
    [
      'for a property that is not there',
      { verb: 'invoke', affordance: 'sound', input: 1 },
      404,
      'affordance_unknown',
    ],
    [
      'with a value of the wrong kind',
      { verb: 'invoke', affordance: 'on', input: 'yes' },
      422,
      'input_invalid',
    ],
    [
      'with a value out of range',
      { verb: 'invoke', affordance: 'brightness', input: 101 },
      422,
      'input_invalid',
    ],
    [
      'that writes what can only be read',
      { verb: 'invoke', affordance: 'rssi', input: 1 },
      422,
      'operation_not_allowed',
    ],
    ['that sets an action', { verb: 'set', affordance: 'reset' }, 422, 'operation_not_allowed'],
  ];

  it.each(refusals)('%s is refused with a code', async (_name, body, status, code) => {
    const path = `/api/units/${system().unit('lamp').id}/commands`;
    expect(await system().api.refused('POST', path, { body })).toEqual({ status, code });
  });

  it('for a unit that is not there is refused', async () => {
    const body = { verb: 'invoke', affordance: 'on', input: true };
    expect(
      await system().api.refused('POST', `/api/units/${newId(UnitId)}/commands`, { body }),
    ).toEqual({ status: 404, code: 'unit_unknown' });
  });

  it('because the body is broken JSON is refused', async () => {
    const path = `/api/units/${system().unit('lamp').id}/commands`;
    expect(await system().api.refused('POST', path, { rawBody: '{"verb":' })).toEqual({
      status: 400,
      code: 'malformed_json',
    });
  });

  it('because the body is too large is refused', async () => {
    const path = `/api/units/${system().unit('lamp').id}/commands`;
    const body = { verb: 'invoke', affordance: 'color', input: 'x'.repeat(70_000) };
    expect(await system().api.refused('POST', path, { body })).toEqual({
      status: 413,
      code: 'body_too_large',
    });
  });
});
