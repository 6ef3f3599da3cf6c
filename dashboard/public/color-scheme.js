// Runs before the first paint, so that nobody who chose dark sees a white flash.
// A file of its own: the content security policy allows no inline scripts.
(() => {
  const page = globalThis;
  let chosen = null;
  try {
    chosen = page.localStorage.getItem('signalbox-color-scheme');
  } catch {
    // Storage may be forbidden; the system's scheme is used then.
  }
  const dark =
    chosen === 'dark' ||
    (chosen !== 'light' && page.matchMedia('(prefers-color-scheme: dark)').matches);
  page.document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
