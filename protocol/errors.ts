import { z } from 'zod';
import type { ErrorEntry } from './error-entry.ts';
import { ACCESS_ERRORS } from './errors/access-errors.ts';
import { COMMAND_ERRORS } from './errors/command-errors.ts';
import { HUB_LINK_ERRORS } from './errors/hub-link-errors.ts';
import { UPDATE_ERRORS } from './errors/update-errors.ts';
import { WEBHOOK_ERRORS } from './errors/webhook-errors.ts';

/**
 * Every error code of Signalbox: HTTP problem details, socket
 * acknowledgements, webhook answers and command results all draw from here.
 * Codes never change their meaning; tests compare codes, never messages.
 * Those of one part of the contract are beside it.
 */
export const ERRORS = {
  // Requests
  bad_request: {
    http: 400,
    retryable: false,
    message: 'The request is malformed.',
  },
  malformed_json: { http: 400, retryable: false, message: 'The body is not valid JSON.' },
  body_too_large: { http: 413, retryable: false, message: 'The body is too large.' },
  unsupported_media_type: {
    http: 415,
    retryable: false,
    message: 'The content type of the body is not supported.',
  },
  not_found: { http: 404, retryable: false, message: 'There is nothing at this address.' },
  rate_limited: { http: 429, retryable: true, message: 'Too many requests. Wait a moment.' },
  overloaded: { http: 503, retryable: true, message: 'The hub is busy. Try again shortly.' },
  not_ready: { http: 503, retryable: true, message: 'The program is starting or stopping.' },
  internal: { http: 500, retryable: true, message: 'An internal error occurred.' },
  large_messages_lost: {
    http: 503,
    retryable: true,
    message:
      'Small messages reach the hub, large ones do not: something on the path drops large packets (check the router’s MTU), or the line is very slow.',
  },
  storage_unavailable: {
    http: 503,
    retryable: true,
    message: 'The database does not answer. Try again shortly.',
  },
  storage_unfinished: {
    http: 503,
    retryable: false,
    message: 'The database holds a copy that was not finished.',
  },
  storage_newer: {
    http: 503,
    retryable: false,
    message: 'The database was written by a newer version of this program.',
  },
  storage_full: { http: 507, retryable: true, message: 'The disk is full. Nothing was stored.' },

  ...ACCESS_ERRORS,

  ...HUB_LINK_ERRORS,

  // Sites and units
  site_unknown: { http: 404, retryable: false, message: 'There is no such site.' },
  unit_unknown: { http: 404, retryable: false, message: 'There is no such unit.' },
  unit_limit: { http: 409, retryable: false, message: 'The base has reached its limit of units.' },
  unit_address_taken: {
    http: 409,
    retryable: false,
    message: 'Another unit of this base has this address.',
  },
  unit_undescribed: {
    http: 409,
    retryable: true,
    message: 'The unit was never reached, so its description is unknown.',
  },
  affordance_unknown: {
    http: 404,
    retryable: false,
    message: 'The unit has no property or action of this name.',
  },
  operation_not_allowed: {
    http: 422,
    retryable: false,
    message: 'The property or action does not allow this operation or verb.',
  },
  input_invalid: {
    http: 422,
    retryable: false,
    message: "The input does not fit the unit's description.",
  },
  deletion_unconfirmed: {
    http: 409,
    retryable: false,
    message: 'This would delete readings. Confirm it, then try again.',
  },
  property_not_numeric: {
    http: 422,
    retryable: false,
    message: 'Only numbers and switches have a history.',
  },

  // Devices
  device_unknown: { http: 404, retryable: false, message: 'There is no such device.' },
  device_limit: { http: 409, retryable: false, message: 'The site has reached its device limit.' },
  offer_changed: {
    http: 409,
    retryable: false,
    message: 'The device does not describe itself so, or not any more.',
  },
  device_has_unit: {
    http: 409,
    retryable: false,
    message: 'The device is a unit already.',
  },
  device_name_taken: {
    http: 409,
    retryable: false,
    message: 'Another device of the site has this name.',
  },
  client_id_taken: {
    http: 409,
    retryable: false,
    message: 'Another device has this client id.',
  },
  credential_unknown: {
    http: 404,
    retryable: false,
    message: 'The device has no such certificate or password.',
  },
  credential_limit: {
    http: 409,
    retryable: false,
    message: 'The device has as many certificates and passwords as it may. Remove one first.',
  },
  csr_invalid: {
    http: 422,
    retryable: false,
    message: 'The certificate request cannot be signed.',
  },

  // Firmware and rollouts
  firmware_unknown: { http: 404, retryable: false, message: 'There is no such firmware.' },
  firmware_limit: {
    http: 409,
    retryable: false,
    message: 'The site has reached its firmware limit. Delete some that you no longer need.',
  },
  firmware_in_use: {
    http: 409,
    retryable: false,
    message: 'An open rollout needs this firmware.',
  },
  rollout_unknown: { http: 404, retryable: false, message: 'There is no such rollout.' },
  rollout_empty: {
    http: 422,
    retryable: false,
    message: 'No unit of the site needs this firmware.',
  },
  rollout_unit_unfit: {
    http: 422,
    retryable: false,
    message:
      'A unit has another model than the firmware, already runs it, or does not support updates.',
  },
  rollout_state: {
    http: 409,
    retryable: false,
    message: 'The rollout’s state does not allow this.',
  },
  unit_updating: {
    http: 409,
    retryable: false,
    message: 'An open rollout is about to update this unit.',
  },

  ...COMMAND_ERRORS,
  ...UPDATE_ERRORS,
  ...WEBHOOK_ERRORS,
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text);
}

/** Accepts exactly the codes of the table. */
export const ErrorCodeSchema = z.custom<ErrorCode>(
  (value) => typeof value === 'string' && isErrorCode(value),
  'must be an error code',
);

/** One entry, seen through its general shape. */
export function errorEntry(code: ErrorCode): ErrorEntry {
  return ERRORS[code];
}

export interface AppErrorOptions {
  readonly cause?: unknown;
  /** Safe for the client: which field, which limit, which name. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The only error Signalbox throws. Everything else that is thrown is a surprise. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(errorEntry(code).message, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.details = options.details ?? {};
  }
}
