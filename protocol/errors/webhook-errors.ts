import type { ErrorEntry } from '../error-entry.ts';

/** Webhooks of a site. Part of the table of protocol/errors.ts. */
export const WEBHOOK_ERRORS = {
  webhook_unknown: { http: 404, retryable: false, message: 'There is no such webhook.' },
  webhook_limit: {
    http: 409,
    retryable: false,
    message: 'The site has as many webhooks as it may. Remove one first.',
  },
  webhook_url_refused: {
    http: 422,
    retryable: false,
    message: 'The hub does not send to this address.',
  },
  webhook_disabled: {
    http: 409,
    retryable: false,
    message: 'The webhook is disabled. Enable it first.',
  },
  delivery_unknown: {
    http: 404,
    retryable: false,
    message: 'There is no such delivery, or it is no longer kept.',
  },
  delivery_state: {
    http: 409,
    retryable: false,
    message: 'The state of the delivery does not allow this.',
  },
} as const satisfies Record<string, ErrorEntry>;
