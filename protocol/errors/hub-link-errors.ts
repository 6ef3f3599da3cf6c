import type { ErrorEntry } from '../error-entry.ts';

/** Between a base, or another client, and the hub. Part of the table of protocol/errors.ts. */
export const HUB_LINK_ERRORS = {
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
} as const satisfies Record<string, ErrorEntry>;
