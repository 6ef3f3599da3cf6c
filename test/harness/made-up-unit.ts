import { create } from '@bufbuild/protobuf';
import { LIMITS } from '#protocol/limits.ts';
import {
  type Affordance,
  AffordanceKind,
  AffordanceSchema,
  DataType,
  type Envelope,
  SessionPolicy,
  Status,
} from '#protocol/unit-link/unit_link_pb.ts';
import { schemaHashOf } from './schema-hash.ts';
import type { ScriptedPeer } from './scripted-unit.ts';

export interface MadeUpUnit {
  readonly hardwareId: string;
  readonly bootId: number;
  readonly affordances: readonly Affordance[];
  readonly policy?: SessionPolicy;
}

export const PID = { level: 1, entrance: 2 } as const;

/** One number that can be watched, and one switch that can be written. */
export const TWO_PROPERTIES: readonly Affordance[] = [
  create(AffordanceSchema, {
    pid: PID.level,
    kind: AffordanceKind.PROPERTY,
    name: 'level',
    readable: true,
    observable: true,
    idempotent: true,
    outputs: [{ type: DataType.NUMBER }],
  }),
  create(AffordanceSchema, {
    pid: PID.entrance,
    kind: AffordanceKind.PROPERTY,
    name: 'door',
    readable: true,
    writable: true,
    observable: true,
    idempotent: true,
    outputs: [{ type: DataType.BOOLEAN }],
  }),
];

/** Answers as a well-behaved unit does; writes and invokes return what was requested. */
export function answerHonestly(unit: MadeUpUnit, peer: ScriptedPeer, envelope: Envelope): void {
  const { requestId, body } = envelope;
  const schemaHash = schemaHashOf(unit.affordances);
  switch (body.case) {
    case 'hello':
      peer.say(requestId, {
        case: 'hello',
        value: {
          protocolMin: 1,
          protocolMax: 1,
          maxBodyBytes: LIMITS.frameBodyBytes,
          identity: {
            case: 'unit',
            value: {
              hardwareId: unit.hardwareId,
              model: 'made-up',
              firmwareVersion: '0.0.0',
              schemaHash,
              bootId: unit.bootId,
              uptimeMs: 1_000n,
              maxInFlight: 1,
              sessionPolicy: unit.policy ?? SessionPolicy.HELD,
            },
          },
        },
      });
      return;
    case 'describe': {
      const { index } = body.value;
      const affordance = unit.affordances[index];
      if (affordance === undefined) {
        peer.say(requestId, { case: 'result', value: { status: Status.OUT_OF_RANGE } });
        return;
      }
      const count = unit.affordances.length;
      peer.say(requestId, {
        case: 'description',
        value: { schemaHash, count, index, affordance },
      });
      return;
    }
    case 'ping':
      peer.say(requestId, { case: 'pong', value: { uptimeMs: 2_000n } });
      return;
    case 'subscribe':
      peer.say(requestId, { case: 'result', value: { status: Status.OK } });
      return;
    case 'write': {
      const { value } = body.value;
      peer.say(requestId, {
        case: 'result',
        value: { status: Status.OK, values: value === undefined ? [] : [value] },
      });
      return;
    }
    default:
      if (requestId !== 0) {
        peer.say(requestId, { case: 'result', value: { status: Status.UNSUPPORTED } });
      }
  }
}
