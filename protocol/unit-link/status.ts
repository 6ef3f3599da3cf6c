import type { ErrorCode } from '../errors.ts';
import { Status } from './unit_link_pb.ts';

/** What a unit's status means for the command behind the request. */
export type StatusMeaning =
  | { readonly outcome: 'succeeded' }
  | { readonly outcome: 'rejected' | 'failed' | 'expired'; readonly code: ErrorCode };

/**
 * Maps a status (docs/unit-link.md section 5.7). `rejected` and `expired`: not
 * executed. `failed`: tried. A duplicate has no meaning of its own: read its
 * `first_status`.
 */
export function meaningOf(status: Status): StatusMeaning {
  switch (status) {
    case Status.OK:
    case Status.ACCEPTED:
      return { outcome: 'succeeded' };
    case Status.BAD_REQUEST:
      return { outcome: 'rejected', code: 'unit_bad_request' };
    case Status.UNKNOWN_AFFORDANCE:
      return { outcome: 'rejected', code: 'unit_unknown_affordance' };
    case Status.READ_ONLY:
      return { outcome: 'rejected', code: 'unit_read_only' };
    case Status.OUT_OF_RANGE:
      return { outcome: 'rejected', code: 'unit_out_of_range' };
    case Status.BUSY:
      return { outcome: 'rejected', code: 'unit_busy' };
    case Status.DENIED:
      return { outcome: 'rejected', code: 'unit_denied' };
    case Status.EXPIRED:
      return { outcome: 'expired', code: 'expired' };
    case Status.UNSUPPORTED:
      return { outcome: 'rejected', code: 'unit_unsupported' };
    case Status.HARDWARE_ERROR:
      return { outcome: 'failed', code: 'unit_hardware_error' };
    case Status.NO_MEMORY:
      return { outcome: 'rejected', code: 'unit_no_memory' };
    case Status.DUPLICATE:
    case Status.UNSPECIFIED:
    default:
      // Also a status of a later version: the unit answered, but its meaning is unknown here.
      return { outcome: 'failed', code: 'unit_protocol_error' };
  }
}
