import { z } from 'zod';
import type { ErrorEntry } from './error-entry.ts';
import { UPDATE_ERRORS } from './update/update-errors.ts';

/**
 * Every error code of Signalbox: HTTP problem details, socket
 * acknowledgements, webhook answers and command results all draw from here.
 * Codes never change their meaning; tests compare codes, never messages.
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
  storage_full: { http: 507, retryable: true, message: 'The disk is full. Nothing was stored.' },

  // Authentication
  unauthenticated: { http: 401, retryable: false, message: 'Sign in first.' },
  session_expired: {
    http: 401,
    retryable: false,
    message: 'Your session has ended. Sign in again.',
  },
  token_invalid: { http: 401, retryable: false, message: 'The token is not valid.' },
  credentials_invalid: {
    http: 401,
    retryable: false,
    message: 'The e-mail address or the password is wrong.',
  },
  forbidden: { http: 403, retryable: false, message: 'You do not have the right to do this.' },
  reauthentication_required: {
    http: 403,
    retryable: false,
    message: 'Confirm your password, then try again.',
  },
  origin_refused: {
    http: 403,
    retryable: false,
    message: 'The request came from another website.',
  },
  sign_up_closed: {
    http: 403,
    retryable: false,
    message: 'This hub does not accept new accounts.',
  },
  setup_code_invalid: {
    http: 403,
    retryable: false,
    message: 'The one-time sign-in is invalid or was used. The hub prints it when it starts.',
  },
  invitation_invalid: {
    http: 403,
    retryable: false,
    message: 'The invitation is invalid, was used, or has expired.',
  },
  email_taken: {
    http: 409,
    retryable: false,
    message: 'An account with this address already exists.',
  },
  password_too_weak: {
    http: 422,
    retryable: false,
    message: 'The password is too short or too easy to guess.',
  },
  login_code_invalid: {
    http: 404,
    retryable: false,
    message: 'No program is waiting with this code.',
  },
  login_pending: {
    http: 409,
    retryable: true,
    message: 'Nobody has approved the login yet.',
  },
  login_slow_down: { http: 429, retryable: true, message: 'Poll for the token less often.' },
  login_denied: { http: 403, retryable: false, message: 'The login was denied.' },
  login_expired: {
    http: 410,
    retryable: false,
    message: 'The login was not approved in time. Start again.',
  },
  login_used: {
    http: 409,
    retryable: false,
    message: 'The code was already used. Start the login again.',
  },
  last_owner: { http: 409, retryable: false, message: 'A site needs at least one owner.' },

  // Bases
  base_unknown: { http: 404, retryable: false, message: 'There is no such base.' },
  base_revoked: { http: 401, retryable: false, message: 'This base was removed from the hub.' },
  claim_code_malformed: {
    http: 400,
    retryable: false,
    message: 'The claim code is malformed. It has 30 letters and digits in groups of five.',
  },
  claim_code_invalid: { http: 404, retryable: false, message: 'The claim code is unknown.' },
  claim_code_expired: {
    http: 410,
    retryable: false,
    message: 'The claim code has expired. Create a new one on the dashboard.',
  },
  claim_code_used: { http: 409, retryable: false, message: 'The claim code was already used.' },
  hub_not_trusted: {
    http: 502,
    retryable: false,
    message: 'The hub that answered is not the one that created the claim code.',
  },
  hub_name_missing: {
    http: 502,
    retryable: true,
    message:
      'The hub’s certificate does not contain the name that the base uses. Start the hub with --tls-names and that name.',
  },
  hub_certificate_expired: {
    http: 502,
    retryable: true,
    message: 'The hub’s certificate is not valid now, according to the hub’s own clock.',
  },
  hub_unreachable: { http: 502, retryable: true, message: 'The hub does not answer.' },
  hub_answer_foreign: {
    http: 502,
    retryable: true,
    message:
      'Something other than the hub answered: a proxy, or a network that requires a sign-in first.',
  },
  assertion_invalid: {
    http: 401,
    retryable: false,
    message: 'The base’s assertion is not valid.',
  },
  clock_skewed: {
    http: 401,
    retryable: true,
    message: "The sender's clock differs too much from the hub's.",
  },

  // Channels
  channel_unknown: { http: 404, retryable: false, message: 'There is no such channel.' },
  channel_forbidden: {
    http: 403,
    retryable: false,
    message: 'You do not have the right to join this channel.',
  },
  channel_token_invalid: {
    http: 401,
    retryable: false,
    message: 'The channel token is not valid for this channel and socket.',
  },
  channel_token_expired: { http: 401, retryable: true, message: 'The channel token has expired.' },
  channel_limit: { http: 429, retryable: false, message: 'Too many channels on one socket.' },
  grant_expired: {
    http: 401,
    retryable: true,
    message: 'The grant for this channel has expired and was not renewed.',
  },
  revoked: { http: 401, retryable: false, message: 'The access was revoked.' },
  taken_over: {
    http: 409,
    retryable: false,
    message: 'Another connection of the same base took over.',
  },
  slow_consumer: {
    http: 503,
    retryable: true,
    message: 'The connection was too slow and was closed. Reconnect and resync.',
  },
  idle_unjoined: {
    http: 408,
    retryable: true,
    message: 'The connection joined no channel in time.',
  },

  // Webhooks
  webhook_headers_missing: {
    http: 400,
    retryable: false,
    message: 'A Standard Webhooks header is missing or malformed.',
  },
  webhook_signature_invalid: {
    http: 401,
    retryable: false,
    message: 'The webhook has no valid signature.',
  },
  webhook_timestamp_invalid: {
    http: 401,
    retryable: true,
    message: 'The timestamp is too far from the current time.',
  },
  event_invalid: {
    http: 400,
    retryable: false,
    message: 'The event is malformed.',
  },
  event_foreign: {
    http: 403,
    retryable: false,
    message: 'The event refers to something that does not belong to this base.',
  },

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
  property_not_numeric: {
    http: 422,
    retryable: false,
    message: 'Only numbers and switches have a history.',
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

  // Commands, before they are accepted
  command_unknown: { http: 404, retryable: false, message: 'There is no such command.' },
  command_final: { http: 409, retryable: false, message: 'The command has already ended.' },
  command_not_cancellable: {
    http: 409,
    retryable: false,
    message: 'The command is on its way to the unit and can no longer be cancelled.',
  },
  idempotency_conflict: {
    http: 409,
    retryable: false,
    message: 'The same id or key was used for another request.',
  },
  queue_full: {
    http: 429,
    retryable: true,
    message: 'Too many commands are waiting for this unit.',
  },

  // Commands, how they ended
  base_offline: { http: 503, retryable: true, message: 'The base is offline.' },
  expired: { http: 504, retryable: true, message: 'The command expired before it was executed.' },
  cancelled: { http: 409, retryable: false, message: 'The command was cancelled.' },
  superseded: { http: 409, retryable: false, message: 'A newer value took its place.' },
  outcome_unknown: {
    http: 502,
    retryable: false,
    message: 'It was sent, but the link was lost before the answer. It may have been executed.',
  },
  unconfirmed: {
    http: 502,
    retryable: false,
    message: 'It was sent. This unit never answers, so the outcome is unknown.',
  },
  timed_out: { http: 504, retryable: false, message: 'No answer in time. It may still arrive.' },
  unit_unreachable: { http: 502, retryable: true, message: 'The base cannot reach the unit.' },
  unit_name_unresolved: {
    http: 502,
    retryable: true,
    message: 'Neither DNS nor the base’s network knows the unit’s host name.',
  },
  unit_timeout: { http: 504, retryable: true, message: 'The unit did not answer in time.' },
  unit_wrong: {
    http: 502,
    retryable: false,
    message: 'A different unit answers at this address.',
  },
  unit_identity_conflict: {
    http: 502,
    retryable: false,
    message: 'Another unit of this base claims to be the same board. Remove the wrong one.',
  },
  unit_address_refused: {
    http: 403,
    retryable: false,
    message:
      'The base does not connect to this address: it belongs to the base or its machine, and the base’s configuration does not allow that.',
  },
  unit_protocol_error: {
    http: 502,
    retryable: false,
    message: 'The unit violated the unit-link protocol.',
  },
  unit_key_missing: {
    http: 409,
    retryable: false,
    message:
      'The base has no key for this unit, and unencrypted links are off. On the base, run: signalbox base unit-key.',
  },
  unit_key_wrong: {
    http: 502,
    retryable: false,
    message: 'The base’s key for this unit does not match the unit that answers.',
  },
  unit_encryption_required: {
    http: 502,
    retryable: false,
    message: 'The unit requires encryption, and the base has no key for it.',
  },
  unit_encryption_missing: {
    http: 502,
    retryable: false,
    message:
      'The base has a key for this unit, but the device that answers does not use encryption. Nothing was sent to it.',
  },
  unit_safe_mode: {
    http: 503,
    retryable: true,
    message: 'The unit’s firmware does not start. It is waiting for an update.',
  },
  wifi_refused: {
    http: 502,
    retryable: true,
    message:
      'The unit could not join the Wi-Fi network: it is out of range, or the password is wrong.',
  },
  unit_version_unsupported: {
    http: 502,
    retryable: false,
    message: 'The unit and the base have no protocol version in common.',
  },
  unit_bad_request: {
    http: 502,
    retryable: false,
    message: 'The unit did not understand the request.',
  },
  unit_unknown_affordance: {
    http: 502,
    retryable: false,
    message: 'The unit does not know this property or action.',
  },
  unit_read_only: {
    http: 409,
    retryable: false,
    message: 'The unit does not allow this to be written.',
  },
  unit_out_of_range: { http: 422, retryable: false, message: 'The value is out of range.' },
  unit_busy: { http: 503, retryable: true, message: 'The unit is busy.' },
  unit_denied: { http: 403, retryable: false, message: 'The unit refused it.' },
  unit_unsupported: { http: 501, retryable: false, message: "The unit's firmware cannot do this." },
  unit_hardware_error: { http: 502, retryable: false, message: "The unit's hardware failed." },
  unit_no_memory: { http: 503, retryable: true, message: 'The unit is out of memory.' },

  ...UPDATE_ERRORS,
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
