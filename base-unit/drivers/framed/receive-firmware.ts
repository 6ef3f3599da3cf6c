import { create } from '@bufbuild/protobuf';
import type { EnvelopeBody } from '#protocol/unit-link/envelope.ts';
import { meaningOf } from '#protocol/unit-link/status.ts';
import {
  Status,
  UpdateApplySchema,
  UpdateBeginSchema,
  UpdateChunkSchema,
  UpdateError,
  UpdateQuerySchema,
  UpdateState,
  type UpdateStatus,
} from '#protocol/unit-link/unit_link_pb.ts';
import type {
  FirmwareReceiver,
  ReceiverAnswer,
  ReceiverError,
  ReceiverState,
  ReceiverStatus,
} from '../port/firmware-receiver.ts';
import type { Answer, RequestOptions } from './pending-requests.ts';

type Request = NonNullable<EnvelopeBody>;

/** An ESP8266 answers an offer when its signature is checked, half a second later or more. */
const ANSWER_TIMEOUT_MS = 15_000;

/** Updates over the unit link (docs/unit-link.md section 11.2). */
export function receiveFirmware(
  send: (body: Request, options: RequestOptions) => Promise<Answer>,
): FirmwareReceiver {
  const request = async (body: Request): Promise<ReceiverAnswer> =>
    read(
      await send(body, {
        expected: ['updateStatus', 'result'],
        timeoutMs: ANSWER_TIMEOUT_MS,
      }),
    );
  return {
    begin: ({ manifestBytes: manifest, signature, keyId }) =>
      request({
        case: 'updateBegin',
        value: create(UpdateBeginSchema, { manifest, signature, keyId }),
      }),
    chunk: (offset, data) =>
      request({ case: 'updateChunk', value: create(UpdateChunkSchema, { offset, data }) }),
    query: () => request({ case: 'updateQuery', value: create(UpdateQuerySchema) }),
    apply: () => request({ case: 'updateApply', value: create(UpdateApplySchema) }),
  };
}

function read(answer: Answer): ReceiverAnswer {
  if (!answer.ok) {
    const code = answer.code === 'unit_timeout' ? 'unit_timeout' : 'unit_unreachable';
    return { kind: 'later', code };
  }
  const { body } = answer;
  if (body.case === 'updateStatus') return { kind: 'status', status: statusOf(body.value) };
  const status = body.case === 'result' ? body.value.status : Status.UNSPECIFIED;
  const meaning = meaningOf(status);
  const code = meaning.outcome === 'succeeded' ? 'unit_protocol_error' : meaning.code;
  return { kind: status === Status.BUSY ? 'later' : 'refused', code };
}

function statusOf(status: UpdateStatus): ReceiverStatus {
  const { nextOffset, confirmed, failedVersion, outputOn } = status;
  return {
    state: STATES.get(status.state) ?? 'unknown',
    error:
      status.error === UpdateError.UNSPECIFIED
        ? undefined
        : (ERRORS.get(status.error) ?? 'unknown'),
    ...{ nextOffset, confirmed, failedVersion, outputOn },
  };
}

const STATES: ReadonlyMap<UpdateState, ReceiverState> = new Map([
  [UpdateState.IDLE, 'idle'],
  [UpdateState.RECEIVING, 'receiving'],
  [UpdateState.VERIFYING, 'verifying'],
  [UpdateState.VERIFIED, 'verified'],
  [UpdateState.ARMED, 'armed'],
]);

const ERRORS: ReadonlyMap<UpdateError, ReceiverError> = new Map([
  [UpdateError.BAD_MANIFEST, 'bad_manifest'],
  [UpdateError.UNKNOWN_KEY, 'unknown_key'],
  [UpdateError.BAD_SIGNATURE, 'bad_signature'],
  [UpdateError.WRONG_MODEL, 'wrong_model'],
  [UpdateError.NOT_NEWER, 'not_newer'],
  [UpdateError.MIN_VERSION, 'min_version'],
  [UpdateError.NO_ROOM, 'no_room'],
  [UpdateError.NOT_ENCRYPTED, 'not_encrypted'],
  [UpdateError.OUT_OF_ORDER, 'out_of_order'],
  [UpdateError.BAD_HASH, 'bad_hash'],
  [UpdateError.STORAGE, 'storage'],
  [UpdateError.UNCONFIRMED, 'unconfirmed'],
  [UpdateError.NO_MEMORY, 'no_memory'],
  [UpdateError.OUTPUT_ON, 'output_on'],
]);
