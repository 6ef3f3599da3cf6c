import type { ErrorEntry } from '../error-entry.ts';

/** Commands: before they are accepted, and how they ended. Part of the table of protocol/errors.ts. */
export const COMMAND_ERRORS = {
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
  device_offline: { http: 503, retryable: true, message: 'The device is not connected.' },
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
} as const satisfies Record<string, ErrorEntry>;
