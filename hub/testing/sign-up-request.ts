import { PASSWORD } from './test-hub.ts';

/** Bo signs up. @param change overrides or additions: a setup code, an invitation. */
export function signUpRequest(change: object = {}) {
  return {
    path: '/api/sign-up',
    body: { email: 'bo@example.org', name: 'Bo', password: PASSWORD, ...change },
  };
}
