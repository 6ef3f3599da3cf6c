import { create } from '@bufbuild/protobuf';
import type { EnvelopeBody } from '#protocol/unit-link/envelope.ts';
import {
  type Affordance,
  DescriptionSchema,
  type Envelope,
  PongSchema,
  ResumedSchema,
  type Result,
  Status,
} from '#protocol/unit-link/unit_link_pb.ts';
import { type Dispatcher, resultOf } from './dispatcher.ts';
import type { Reporter } from './reporter.ts';

interface Answering {
  readonly dispatcher: Dispatcher;
  readonly reporter: Reporter;
  readonly affordances: readonly Affordance[];
  readonly schemaHash: bigint;
  readonly uptimeMs: number;
  readonly waitedMs: number;
}

const result = (value: Result): NonNullable<EnvelopeBody> => ({ case: 'result', value });

/** The answer to a request of an authenticated peer; undefined where none is due (section 3). */
export function answerRequest(
  { requestId, body }: Envelope,
  unit: Answering,
): NonNullable<EnvelopeBody> | undefined {
  if (requestId === 0) return undefined;
  switch (body.case) {
    case 'describe':
      return describe(body.value.index, unit);
    case 'read':
      return result(unit.dispatcher.read(body.value));
    case 'write':
      return result(unit.dispatcher.write(body.value, unit.waitedMs));
    case 'invoke':
      return result(unit.dispatcher.invoke(body.value, unit.waitedMs));
    case 'subscribe':
      return result(resultOf(unit.reporter.subscribe(body.value)));
    case 'resume': {
      const nextSeq = unit.reporter.resume(body.value.afterSeq);
      return { case: 'resumed', value: create(ResumedSchema, { nextSeq }) };
    }
    case 'ping':
      return {
        case: 'pong',
        value: create(PongSchema, { uptimeMs: BigInt(Math.floor(unit.uptimeMs)) }),
      };
    case 'hello':
      return result(resultOf(Status.BAD_REQUEST));
    case 'updateBegin':
    case 'updateChunk':
    case 'updateApply':
    case 'updateAbort':
    case 'updateQuery':
    case undefined:
      return result(resultOf(Status.UNSUPPORTED));
    case 'description':
    case 'report':
    case 'event':
    case 'result':
    case 'time':
    case 'pong':
    case 'goodbye':
    case 'resumed':
    case 'updateStatus':
      return undefined;
    default:
      return body satisfies never;
  }
}

function describe(index: number, unit: Answering): NonNullable<EnvelopeBody> {
  const affordance = unit.affordances[index];
  if (!affordance) return result(resultOf(Status.OUT_OF_RANGE));
  return {
    case: 'description',
    value: create(DescriptionSchema, {
      schemaHash: unit.schemaHash,
      count: unit.affordances.length,
      index,
      affordance,
    }),
  };
}
