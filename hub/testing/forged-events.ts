import type { BaseEventBody, BaseEventType } from '#protocol/hub-link/base-events.ts';
import type { CommandId, UnitId } from '#protocol/ids.ts';
import type { UpdateOrder } from '#protocol/rollout/update-order.ts';
import { finished } from './lamp-site.ts';
import { updateChanged } from './rollout-site.ts';
import { describedLamp } from './things.ts';

/** Targets of reports by a base that does not own them. */
export interface TargetBase {
  readonly unitId: UnitId;
  readonly commandId: CommandId;
  readonly order: UpdateOrder;
}

type EventOf<T extends BaseEventType> = Extract<BaseEventBody, { readonly type: T }>;

const bootId = '00000001';
const measured = { measuredAtMs: 1, receivedAtMs: 1, seq: 1 };

/** One message of each type there is; a new type does not compile without its own. */
const MESSAGES: { readonly [T in BaseEventType]: (of: TargetBase) => EventOf<T> } = {
  'command.finished': ({ commandId }) => finished(commandId),
  'readings.recorded': ({ unitId }) => ({
    type: 'readings.recorded',
    data: {
      unitId,
      bootId,
      readings: [{ property: 'temperature', value: 66, clock: 'synced', ...measured }],
    },
  }),
  'readings.dropped': ({ unitId }) => ({
    type: 'readings.dropped',
    data: { unitId, fromMs: 1, toMs: 2, count: 9, reason: 'outbox_full' },
  }),
  'unit.presence': ({ unitId }) => ({
    type: 'unit.presence',
    data: { unitId, state: 'lost', atMs: 1, lastContactAtMs: null },
  }),
  'unit.described': ({ unitId }) => ({
    type: 'unit.described',
    data: describedLamp(unitId, { model: 'forged' }),
  }),
  'unit.event': ({ unitId }) => ({
    type: 'unit.event',
    data: { unitId, bootId, event: 'forged', ...measured },
  }),
  'update.changed': ({ unitId, order }) => updateChanged(unitId, order),
  'units.declared': ({ unitId }) => ({
    type: 'units.declared',
    data: {
      units: [{ unitId, name: 'Forged', address: { host: '192.0.2.99', port: 1 }, link: 'frames' }],
    },
  }),
};

export function forgedEvent(type: BaseEventType, of: TargetBase): BaseEventBody {
  return MESSAGES[type](of);
}
