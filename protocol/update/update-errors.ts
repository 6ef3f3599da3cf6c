import type { ErrorEntry } from '../error-entry.ts';

/** How the update of one unit ends, where it does not succeed; part of the table of protocol/errors.ts. */
export const UPDATE_ERRORS = {
  firmware_file_invalid: {
    http: 400,
    retryable: false,
    message: 'The file is not a signed firmware image, or it is damaged.',
  },
  firmware_unsigned: {
    http: 422,
    retryable: false,
    message: 'The firmware image is not signed with a key that is trusted.',
  },
  update_wrong_model: {
    http: 409,
    retryable: false,
    message: 'The firmware is for another model or another board than this unit.',
  },
  update_not_newer: {
    http: 409,
    retryable: false,
    message: 'The unit has this firmware already, or a newer one.',
  },
  update_step_missing: {
    http: 409,
    retryable: false,
    message: 'The unit must first get a firmware between its own and this one.',
  },
  update_too_large: {
    http: 409,
    retryable: false,
    message: 'The unit has no room for the firmware.',
  },
  update_link_plain: {
    http: 409,
    retryable: false,
    message: 'A unit takes firmware over an encrypted link only. Give it a key first.',
  },
  update_protocol_unsupported: {
    http: 409,
    retryable: false,
    message: 'The base would not understand the unit with this firmware. Update the base first.',
  },
  update_image_unknown: {
    http: 404,
    retryable: true,
    message: 'The base does not have the firmware image.',
  },
  update_in_progress: {
    http: 409,
    retryable: true,
    message: 'Another update of this unit is under way.',
  },
  update_corrupted: {
    http: 502,
    retryable: true,
    message: 'What the unit stored was not the firmware that was sent.',
  },
  update_output_on: {
    http: 409,
    retryable: true,
    message:
      'The unit has something switched on that a restart would switch off. The new firmware starts once it is off.',
  },
  update_timed_out: {
    http: 504,
    retryable: true,
    message: 'The update did not end in time.',
  },
  update_cancelled: { http: 409, retryable: false, message: 'The update was called off.' },
  update_rolled_back: {
    http: 502,
    retryable: false,
    message: 'The unit could not work with the new firmware and went back to the one before.',
  },
} as const satisfies Record<string, ErrorEntry>;
