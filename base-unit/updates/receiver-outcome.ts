import type { ErrorCode } from '#protocol/errors.ts';
import type { ReceiverError, ReceiverStatus } from '../drivers/port/firmware-receiver.ts';

/** Why a unit refuses a firmware for good; undefined for what another try may change. */
export function refusalOf(error: ReceiverError | undefined): ErrorCode | undefined {
  switch (error) {
    case 'bad_manifest':
      return 'firmware_file_invalid';
    case 'unknown_key':
    case 'bad_signature':
      return 'firmware_unsigned';
    case 'wrong_model':
      return 'update_wrong_model';
    case 'not_newer':
      return 'update_not_newer';
    case 'min_version':
      return 'update_step_missing';
    case 'no_room':
      return 'update_too_large';
    case 'not_encrypted':
      return 'update_link_plain';
    case 'storage':
      return 'unit_hardware_error';
    case 'unknown':
      // Of a later version: refused, for a reason that nobody here knows.
      return 'unit_protocol_error';
    case 'out_of_order':
    case 'bad_hash':
    case 'unconfirmed':
    case 'no_memory':
    case 'output_on':
    case undefined:
      return undefined;
    default:
      return error satisfies never;
  }
}

/** What a unit made of a chunk. */
export type ChunkOutcome = 'stored' | 'complete' | 'misplaced' | 'corrupted' | 'nonsense';

/**
 * The unit says where it goes on, and a base that believed any number would
 * send the same for ever, or nothing at all: only the end of this chunk will do.
 */
export function outcomeOfChunk(
  { error, state, nextOffset }: ReceiverStatus,
  chunk: { readonly endBytes: number; readonly size: number },
): ChunkOutcome {
  if (error === 'out_of_order') return 'misplaced';
  if (error === 'bad_hash') return 'corrupted';
  if (error !== undefined || nextOffset !== chunk.endBytes) return 'nonsense';
  if (chunk.endBytes < chunk.size) return state === 'receiving' ? 'stored' : 'nonsense';
  return state === 'verifying' || state === 'verified' ? 'complete' : 'nonsense';
}
