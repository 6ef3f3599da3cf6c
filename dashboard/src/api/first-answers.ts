/** Answers to GET requests by path; `undefined` for one that was not requested. */
export type FirstAnswers = Readonly<Record<string, Promise<Response | undefined>>>;

declare global {
  interface Window {
    /** Set by public/first-requests.js. */
    signalboxFirstAnswers?: FirstAnswers;
  }
}

/**
 * `fetch` that uses answers requested while the page was loading: each once, and none
 * that failed or was refused.
 */
export function withFirstAnswers(
  answers: FirstAnswers | undefined,
  fetch: typeof window.fetch,
): typeof window.fetch {
  const waiting = new Map(Object.entries(answers ?? {}));
  return async (input, init) => {
    const path = typeof input === 'string' && (init?.method ?? 'GET') === 'GET' ? input : '';
    const first = waiting.get(path);
    waiting.delete(path);
    const answer = await first?.catch(() => undefined);
    return answer?.ok === true ? answer : fetch(input, init);
  };
}
