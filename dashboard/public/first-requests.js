// Asks the hub for what the first view shows while the scripts that show it are
// still on their way. src/api/first-answers.ts uses the answers.
// A file of its own: the content security policy allows no inline scripts.
(() => {
  const page = globalThis;
  const get = (path) =>
    page.fetch(path, { credentials: 'same-origin', signal: page.AbortSignal.timeout(15_000) });
  const kept = (key) => {
    try {
      return page.localStorage.getItem(key);
    } catch {
      // Storage may be forbidden: nothing is known then.
      return null;
    }
  };
  const session = get('/api/session');
  // Without an account the other answers would be refusals. Whoever was signed in the last
  // time is not asked to wait: by then the scripts may be there, and keep the page busy.
  const isSignedIn =
    kept('signalbox-signed-in') === 'yes'
      ? page.Promise.resolve(true)
      : session.then(async (answer) => answer.ok && (await answer.clone().json()).user !== null);
  const whenSignedIn = (path) => isSignedIn.then((is) => (is ? get(path) : undefined));
  const answers = { '/api/session': session, '/api/sites': whenSignedIn('/api/sites') };
  const siteId = kept('signalbox-site');
  if (siteId !== null && /^[0-9a-f-]{36}$/.test(siteId)) {
    const path = `/api/sites/${siteId}/snapshot`;
    answers[path] = whenSignedIn(path);
  }
  // Whoever takes them hears of a failure; until then it is nobody's.
  for (const answer of Object.values(answers)) answer.catch(() => undefined);
  page.signalboxFirstAnswers = answers;
})();
