import type { ErrorEntry } from '../error-entry.ts';

/** Signing in, accounts and permissions. Part of the table of protocol/errors.ts. */
export const ACCESS_ERRORS = {
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
} as const satisfies Record<string, ErrorEntry>;
