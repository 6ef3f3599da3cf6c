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
    message: 'The request does not have the right form.',
  },
  malformed_json: { http: 400, retryable: false, message: 'The body is not valid JSON.' },
  body_too_large: { http: 413, retryable: false, message: 'The body is larger than allowed.' },
  unsupported_media_type: {
    http: 415,
    retryable: false,
    message: 'The body has a content type that is not supported here.',
  },
  not_found: { http: 404, retryable: false, message: 'There is nothing at this address.' },
  rate_limited: { http: 429, retryable: true, message: 'Too many requests. Wait a little.' },
  overloaded: { http: 503, retryable: true, message: 'The hub is busy. Try again shortly.' },
  not_ready: { http: 503, retryable: true, message: 'The program is starting or stopping.' },
  internal: { http: 500, retryable: true, message: 'Something went wrong on our side.' },
  large_messages_lost: {
    http: 503,
    retryable: true,
    message:
      'Small messages get through to the hub and large ones do not: something on the way swallows large packets (look at the MTU of the router), or the line is very slow.',
  },
  storage_full: { http: 507, retryable: true, message: 'The disk is full. Nothing was stored.' },

  // Who is asking
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
    message: 'Prove with your password that it is you, and ask again.',
  },
  origin_refused: {
    http: 403,
    retryable: false,
    message: 'The request comes from another web site.',
  },
  sign_up_closed: { http: 403, retryable: false, message: 'This hub takes no new accounts.' },
  setup_code_invalid: {
    http: 403,
    retryable: false,
    message: 'The one-time sign-in is wrong or was used. The hub prints it when it starts.',
  },
  invitation_invalid: {
    http: 403,
    retryable: false,
    message: 'The invitation is wrong, was used, or has expired.',
  },
  email_taken: { http: 409, retryable: false, message: 'There is an account with this address.' },
  password_too_weak: {
    http: 422,
    retryable: false,
    message: 'The password is too short or too easy to guess.',
  },
  login_code_invalid: { http: 404, retryable: false, message: 'No program waits with this code.' },
  login_pending: {
    http: 409,
    retryable: true,
    message: 'Nobody has approved the login yet.',
  },
  login_slow_down: { http: 429, retryable: true, message: 'Ask for the token less often.' },
  login_denied: { http: 403, retryable: false, message: 'The login was denied.' },
  login_expired: {
    http: 410,
    retryable: false,
    message: 'The login was not approved in time. Begin it again.',
  },
  login_used: {
    http: 409,
    retryable: false,
    message: 'The code was used already. Begin the login again.',
  },
  last_owner: { http: 409, retryable: false, message: 'A site needs at least one owner.' },

  // Bases
  base_unknown: { http: 404, retryable: false, message: 'There is no such base.' },
  base_revoked: { http: 401, retryable: false, message: 'This base was removed from the hub.' },
  claim_code_malformed: {
    http: 400,
    retryable: false,
    message: 'The claim code is mistyped. It has 30 letters and digits in groups of five.',
  },
  claim_code_invalid: { http: 404, retryable: false, message: 'The claim code is not known.' },
  claim_code_expired: {
    http: 410,
    retryable: false,
    message: 'The claim code has expired. Make a new one on the dashboard.',
  },
  claim_code_used: { http: 409, retryable: false, message: 'The claim code was used already.' },
  hub_not_trusted: {
    http: 502,
    retryable: false,
    message: 'The hub that answered is not the one that made the claim code.',
  },
  hub_name_missing: {
    http: 502,
    retryable: true,
    message:
      'The certificate of the hub does not bear the name that the base dials: start the hub with --tls-names and that name.',
  },
  hub_certificate_expired: {
    http: 502,
    retryable: true,
    message: "The certificate of the hub is not valid at this time, by the hub's own clock.",
  },
  hub_unreachable: { http: 502, retryable: true, message: 'The hub does not answer.' },
  hub_answer_foreign: {
    http: 502,
    retryable: true,
    message:
      "What answered in the hub's place is not the hub: a proxy, or a network that wants a sign-in first.",
  },
  assertion_invalid: {
    http: 401,
    retryable: false,
    message: "The base's proof of identity is not valid.",
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
    message: 'The channel token is not for this channel and socket.',
  },
  channel_token_expired: { http: 401, retryable: true, message: 'The channel token has expired.' },
  channel_limit: { http: 429, retryable: false, message: 'Too many channels on one socket.' },
  grant_expired: {
    http: 401,
    retryable: true,
    message: 'The right to this channel has run out and was not renewed.',
  },
  revoked: { http: 401, retryable: false, message: 'The right to this was taken back.' },
  taken_over: {
    http: 409,
    retryable: false,
    message: 'Another connection of the same base has taken over.',
  },
  slow_consumer: {
    http: 503,
    retryable: true,
    message: 'The connection was too slow and was cut. Reconnect and resync.',
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
  webhook_signature_invalid: { http: 401, retryable: false, message: 'No signature is valid.' },
  webhook_timestamp_invalid: {
    http: 401,
    retryable: true,
    message: 'The timestamp is too far from now.',
  },
  event_invalid: {
    http: 400,
    retryable: false,
    message: 'The event does not have the right form.',
  },
  event_foreign: {
    http: 403,
    retryable: false,
    message: 'The event speaks of something that is not of this base.',
  },

  // Sites and units
  site_unknown: { http: 404, retryable: false, message: 'There is no such site.' },
  unit_unknown: { http: 404, retryable: false, message: 'There is no such unit.' },
  unit_limit: { http: 409, retryable: false, message: 'The base has as many units as it can.' },
  unit_address_taken: {
    http: 409,
    retryable: false,
    message: 'Another unit of this base has this address.',
  },
  unit_undescribed: {
    http: 409,
    retryable: true,
    message: 'The unit was never reached, so it is not known what it can do.',
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
    message: 'The site keeps as much firmware as it can. Delete some that is not needed.',
  },
  firmware_in_use: {
    http: 409,
    retryable: false,
    message: 'A rollout that has not ended needs this firmware.',
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
    message: 'A unit is of another model than the firmware, has it already, or takes no updates.',
  },
  rollout_state: {
    http: 409,
    retryable: false,
    message: 'The rollout is in a state in which this cannot be done.',
  },
  unit_updating: {
    http: 409,
    retryable: false,
    message: 'A rollout that has not ended is about to update this unit.',
  },

  // Commands, before they are accepted
  command_unknown: { http: 404, retryable: false, message: 'There is no such command.' },
  command_final: { http: 409, retryable: false, message: 'The command has ended already.' },
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
  expired: { http: 504, retryable: true, message: 'The time to live ran out before it was done.' },
  cancelled: { http: 409, retryable: false, message: 'The command was cancelled.' },
  superseded: { http: 409, retryable: false, message: 'A newer value took its place.' },
  outcome_unknown: {
    http: 502,
    retryable: false,
    message: 'It was sent, but the link was lost before the answer. It may have happened.',
  },
  unconfirmed: {
    http: 502,
    retryable: false,
    message: 'It was sent. This unit never answers, so nobody can tell whether it was done.',
  },
  timed_out: { http: 504, retryable: false, message: 'No answer came in time. It may still come.' },
  unit_unreachable: { http: 502, retryable: true, message: 'The base cannot reach the unit.' },
  unit_name_unresolved: {
    http: 502,
    retryable: true,
    message:
      'Neither a name server nor anybody in the network of the base knows the name by which it looks for the unit.',
  },
  unit_timeout: { http: 504, retryable: true, message: 'The unit did not answer in time.' },
  unit_wrong: {
    http: 502,
    retryable: false,
    message: 'Another unit answers at this address than the one that was added.',
  },
  unit_identity_conflict: {
    http: 502,
    retryable: false,
    message:
      'Another unit of this base says that it is the same board: one of the two is not what it says. Remove the wrong one.',
  },
  unit_address_refused: {
    http: 403,
    retryable: false,
    message:
      'The base does not connect to this address: it is its own, or of this machine alone, and its file does not allow that.',
  },
  unit_protocol_error: {
    http: 502,
    retryable: false,
    message: 'The unit broke the rules of the unit link.',
  },
  unit_key_missing: {
    http: 409,
    retryable: false,
    message:
      'The base has no key for this unit, and does not speak to it unencrypted unless told to. On the base: signalbox base unit-key.',
  },
  unit_key_wrong: {
    http: 502,
    retryable: false,
    message: 'The key that the base has for this unit is not the key of the unit that answers.',
  },
  unit_encryption_required: {
    http: 502,
    retryable: false,
    message: 'The unit speaks only encrypted, and the base has no key for it.',
  },
  unit_encryption_missing: {
    http: 502,
    retryable: false,
    message:
      'The base has a key for this unit, but what answers does not speak encrypted. Nothing was told to it.',
  },
  unit_safe_mode: {
    http: 503,
    retryable: true,
    message: "The unit's firmware does not start. It waits for a firmware that does.",
  },
  wifi_refused: {
    http: 502,
    retryable: true,
    message:
      'The unit could not join the Wi-Fi network: it is out of reach, or the password is another.',
  },
  unit_version_unsupported: {
    http: 502,
    retryable: false,
    message: 'The unit and the base have no protocol version in common.',
  },
  unit_bad_request: { http: 502, retryable: false, message: 'The unit did not understand.' },
  unit_unknown_affordance: {
    http: 502,
    retryable: false,
    message: 'The unit does not know this property or action.',
  },
  unit_read_only: {
    http: 409,
    retryable: false,
    message: 'The unit does not let this be written.',
  },
  unit_out_of_range: { http: 422, retryable: false, message: 'The value is out of range.' },
  unit_busy: { http: 503, retryable: true, message: 'The unit is busy.' },
  unit_denied: { http: 403, retryable: false, message: 'A guard of the unit refused it.' },
  unit_unsupported: { http: 501, retryable: false, message: "The unit's firmware cannot do this." },
  unit_hardware_error: { http: 502, retryable: false, message: "The unit's hardware failed." },
  unit_no_memory: { http: 503, retryable: true, message: 'The unit has no memory left.' },

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
