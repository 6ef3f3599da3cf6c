import type { Answer } from '../drivers/framed/pending-requests.ts';
import { fromJson } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { UpdateError, UpdateState, UpdateStatusSchema } from '#protocol/unit-link/unit_link_pb.ts';
import type { FirmwareImage } from '#protocol/update/firmware-file.ts';
import { newFirmwareKeyPair, signFirmware } from '#protocol/update/firmware-signature.ts';
import { manualClock } from '../../test/harness/virtual-units.ts';
import { ScriptedUpdatable } from '../testing/scripted-updatable.ts';
import { testLog } from '../testing/test-base.ts';
import { UpdateRun } from './update-run.ts';

const SIZE = 4_000;
/** Far more than an honest update of this size takes. */
const MAX_STEPS_AT_ONE_TIME = 50;
const HOUR_MS = 3_600_000;

const firmware: Promise<FirmwareImage> = newFirmwareKeyPair().then(async (keys) =>
  signFirmware({
    keys,
    image: new Uint8Array(SIZE).fill(7),
    manifest: {
      ...{ model: 'rgb-lamp', platform: 'test', version: '2.0.0', minVersion: null },
      ...{ protocolMin: 1, protocolMax: 1, allowsDowngrade: false },
    },
  }),
);

interface Lie {
  /** Also of no state or error that there is. */
  readonly state: number;
  readonly nextOffset?: number;
  readonly error?: number;
}

function answer(lie: Lie): Answer {
  const value = fromJson(UpdateStatusSchema, { ...lie });
  return { ok: true, atMs: 0, body: { case: 'updateStatus', value } };
}

/** Plays the unit for an hour, as the unit does: whatever is due is done at once. */
async function play(
  lieOf: (request: string) => Answer | undefined,
): Promise<{ readonly end: readonly [string, string | null]; readonly unit: ScriptedUpdatable }> {
  const clock = manualClock();
  const unit = new ScriptedUpdatable();
  unit.size = SIZE;
  unit.answer = ({ case: request }) => lieOf(request ?? '');
  const run = new UpdateRun('queued', {
    ...{ clock, log: testLog, firmware: await firmware, changed: () => undefined },
  });
  const session = unit.connect();
  const startedAtMs = clock.monotonicMs();
  while (!run.isOver && clock.monotonicMs() - startedAtMs < HOUR_MS) {
    let steps = 0;
    while (run.dueAtMs <= clock.monotonicMs()) {
      steps += 1;
      if (steps > MAX_STEPS_AT_ONE_TIME) throw new Error('never rests');
      await run.step(session);
    }
    clock.advance(Math.max(250, Math.min(run.dueAtMs, 1e12) - clock.monotonicMs()));
  }
  return { end: [run.state, run.code], unit };
}

const requests = ['updateBegin', 'updateChunk', 'updateQuery', 'updateApply'];
const states = [0, 1, 2, 3, 4, 5, 99];
const errors = [
  UpdateError.UNSPECIFIED,
  UpdateError.OUT_OF_ORDER,
  UpdateError.BAD_HASH,
  UpdateError.NO_MEMORY,
  UpdateError.OUTPUT_ON,
  99,
];
const offsets = [0, 4, 896, SIZE - 1, SIZE, SIZE + 1, 0xffff_ffff];

describe('an update of a unit that lies', () => {
  it.each([SIZE, SIZE + 1, 0xffff_ffff])(
    'ends where the unit wants more at byte %i than there is',
    async (nextOffset) => {
      const { end } = await play((request) =>
        request === 'updateBegin'
          ? answer({ state: UpdateState.RECEIVING, nextOffset })
          : undefined,
      );
      expect(end).toEqual(['failed', 'unit_protocol_error']);
    },
  );

  it('ends if the unit never stores what it accepts', async () => {
    const { end, unit } = await play(() => answer({ state: UpdateState.RECEIVING }));
    expect(end).toEqual(['failed', 'unit_protocol_error']);
    expect(unit.heard.length).toBeLessThan(100);
  });

  it('ends where the unit loses its place again and again', async () => {
    const { end, unit } = await play((request) =>
      request === 'updateChunk'
        ? answer({ state: UpdateState.RECEIVING, error: UpdateError.OUT_OF_ORDER })
        : undefined,
    );
    expect(end).toEqual(['failed', 'unit_protocol_error']);
    expect(unit.heard.length).toBeLessThan(100);
  });

  it('ends where the unit has all of it and then nothing again', async () => {
    let had = 0;
    const { end, unit } = await play((request) => {
      switch (request) {
        case 'updateBegin':
        case 'updateQuery':
          had = 0;
          return answer({ state: UpdateState.RECEIVING });
        case 'updateChunk': {
          had = Math.min(SIZE, had + 896);
          const state = had === SIZE ? UpdateState.VERIFYING : UpdateState.RECEIVING;
          return answer({ state, nextOffset: had });
        }
        default:
          return undefined;
      }
    });
    expect(end).toEqual(['failed', 'unit_protocol_error']);
    expect(unit.heard.length).toBeLessThan(500);
  });

  it.each(requests)('rests, comes on or ends, whatever it answers to %s', async (lied) => {
    for (const state of states) {
      for (const error of errors) {
        for (const nextOffset of offsets) {
          const { unit } = await play((request) =>
            request === lied ? answer({ state, error, nextOffset }) : undefined,
          );
          // Looking four times a second while it says that it reads back is the most.
          expect(unit.heard.length, `${state} ${error} ${nextOffset}`).toBeLessThan(15_000);
        }
      }
    }
  });
});
