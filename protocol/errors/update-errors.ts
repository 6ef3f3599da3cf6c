import type { ErrorEntry } from '../error-entry.ts';

/** How the update of one unit ends, where it does not succeed; part of the table of protocol/errors.ts. */
export const UPDATE_ERRORS = {
  firmware_file_invalid: {
    http: 400,
    retryable: false,
    message: 'The file is not a signed firmware image, or it is corrupt.',
  },
  firmware_unsigned: {
    http: 422,
    retryable: false,
    message: 'The firmware image is not signed with a trusted key.',
  },
  update_wrong_model: {
    http: 409,
    retryable: false,
    message: 'The firmware is for another model or another board than this unit.',
  },
  update_not_newer: {
    http: 409,
    retryable: false,
    message: 'The unit already runs this firmware or a newer one.',
  },
  update_step_missing: {
    http: 409,
    retryable: false,
    message: 'The unit needs an intermediate firmware first.',
  },
  update_too_large: {
    http: 409,
    retryable: false,
    message: 'The firmware is too large for the unit.',
  },
  update_link_plain: {
    http: 409,
    retryable: false,
    message: 'A unit accepts firmware only over an encrypted link. Give it a key first.',
  },
  update_protocol_unsupported: {
    http: 409,
    retryable: false,
    message: 'The base does not support the protocol of this firmware. Update the base first.',
  },
  update_image_unknown: {
    http: 404,
    retryable: true,
    message: 'The base does not have the firmware image.',
  },
  update_in_progress: {
    http: 409,
    retryable: true,
    message: 'Another update of this unit is in progress.',
  },
  update_corrupted: {
    http: 502,
    retryable: true,
    message: 'The firmware arrived corrupted at the unit.',
  },
  update_output_on: {
    http: 409,
    retryable: true,
    message:
      'The unit has an output switched on that a restart would switch off. The new firmware starts once it is off.',
  },
  update_timed_out: {
    http: 504,
    retryable: true,
    message: 'The update did not finish in time.',
  },
  update_cancelled: { http: 409, retryable: false, message: 'The update was cancelled.' },
  update_rolled_back: {
    http: 502,
    retryable: false,
    message: 'The new firmware did not work, so the unit rolled back to the previous one.',
  },
} as const satisfies Record<string, ErrorEntry>;
