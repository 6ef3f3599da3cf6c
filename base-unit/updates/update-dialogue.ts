import type { UnitSession } from '../drivers/port/unit-driver.ts';
import { create } from '@bufbuild/protobuf';
import type { ErrorCode } from '#protocol/errors.ts';
import type { EnvelopeBody } from '#protocol/unit-link/envelope.ts';
import { meaningOf } from '#protocol/unit-link/status.ts';
import {
  Status,
  UpdateApplySchema,
  UpdateBeginSchema,
  UpdateChunkSchema,
  UpdateError,
  UpdateQuerySchema,
  UpdateState as UnitState,
  type UpdateStatus,
} from '#protocol/unit-link/unit_link_pb.ts';
import type { FirmwareImage } from '#protocol/update/firmware-file.ts';

export type UpdateRequest = NonNullable<EnvelopeBody>;

/** `later`: nothing is wrong with the request, only with the moment or the connection. */
export type UpdateAnswer =
  | { readonly kind: 'status'; readonly status: UpdateStatus }
  | { readonly kind: 'later'; readonly code: ErrorCode }
  | { readonly kind: 'refused'; readonly code: ErrorCode };

/** An ESP8266 answers an offer when its signature is checked, half a second later or more. */
const ANSWER_TIMEOUT_MS = 15_000;

/** Says one update request to a unit (docs/unit-link.md section 11.2). */
export async function requestUpdate(
  session: UnitSession,
  request: UpdateRequest,
): Promise<UpdateAnswer> {
  if (!session.request) return { kind: 'refused', code: 'unit_unsupported' };
  const answer = await session.request(request, {
    expected: ['updateStatus', 'result'],
    timeoutMs: ANSWER_TIMEOUT_MS,
  });
  if (!answer.ok) {
    const code = answer.code === 'unit_timeout' ? 'unit_timeout' : 'unit_unreachable';
    return { kind: 'later', code };
  }
  const { body } = answer;
  if (body.case === 'updateStatus') return { kind: 'status', status: body.value };
  const status = body.case === 'result' ? body.value.status : Status.UNSPECIFIED;
  const meaning = meaningOf(status);
  const code = meaning.outcome === 'succeeded' ? 'unit_protocol_error' : meaning.code;
  return { kind: status === Status.BUSY ? 'later' : 'refused', code };
}

export const updateRequest = {
  begin: ({ manifestBytes: manifest, signature, keyId }: FirmwareImage): UpdateRequest => ({
    case: 'updateBegin',
    value: create(UpdateBeginSchema, { manifest, signature, keyId }),
  }),
  chunk: (offset: number, data: Uint8Array): UpdateRequest => ({
    case: 'updateChunk',
    value: create(UpdateChunkSchema, { offset, data }),
  }),
  query: (): UpdateRequest => ({ case: 'updateQuery', value: create(UpdateQuerySchema) }),
  apply: (): UpdateRequest => ({ case: 'updateApply', value: create(UpdateApplySchema) }),
} as const;

/** Why a unit refuses a firmware for good; undefined for what another try may change. */
export function refusalOf(error: UpdateError): ErrorCode | undefined {
  switch (error) {
    case UpdateError.BAD_MANIFEST:
      return 'firmware_file_invalid';
    case UpdateError.UNKNOWN_KEY:
    case UpdateError.BAD_SIGNATURE:
      return 'firmware_unsigned';
    case UpdateError.WRONG_MODEL:
      return 'update_wrong_model';
    case UpdateError.NOT_NEWER:
      return 'update_not_newer';
    case UpdateError.MIN_VERSION:
      return 'update_step_missing';
    case UpdateError.NO_ROOM:
      return 'update_too_large';
    case UpdateError.NOT_ENCRYPTED:
      return 'update_link_plain';
    case UpdateError.STORAGE:
      return 'unit_hardware_error';
    case UpdateError.UNSPECIFIED:
    case UpdateError.OUT_OF_ORDER:
    case UpdateError.BAD_HASH:
    case UpdateError.UNCONFIRMED:
    case UpdateError.NO_MEMORY:
    case UpdateError.OUTPUT_ON:
      return undefined;
    default:
      // Of a later version: refused, for a reason that nobody here knows.
      return 'unit_protocol_error';
  }
}

/** What a unit made of a chunk. */
export type ChunkOutcome = 'stored' | 'complete' | 'misplaced' | 'corrupted' | 'nonsense';

/**
 * The unit says where it goes on, and a base that believed any number would
 * send the same for ever, or nothing at all: only the end of this chunk will do.
 */
export function outcomeOfChunk(
  { error, state, nextOffset }: UpdateStatus,
  chunk: { readonly endBytes: number; readonly size: number },
): ChunkOutcome {
  if (error === UpdateError.OUT_OF_ORDER) return 'misplaced';
  if (error === UpdateError.BAD_HASH) return 'corrupted';
  if (error !== UpdateError.UNSPECIFIED || nextOffset !== chunk.endBytes) return 'nonsense';
  if (chunk.endBytes < chunk.size) return state === UnitState.RECEIVING ? 'stored' : 'nonsense';
  const isComplete = state === UnitState.VERIFYING || state === UnitState.VERIFIED;
  return isComplete ? 'complete' : 'nonsense';
}
