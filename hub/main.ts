import { type Logger, pino } from 'pino';
import { buildHub } from './app.ts';
import { type Terminal, promptForNames, promptsForNames } from './config/prompt-for-names.ts';
import { type HubConfig, loadConfig } from './config/config.ts';
import { logOptions } from '#platform/logging/log-options.ts';
import { EXIT } from '#platform/terminal/exit-code.ts';
import { untilAborted } from '#platform/until-aborted.ts';
import { LOG_EVENT } from '#platform/logging/log-events.ts';
import { isNewStore, storeFault } from './store/open-store.ts';

/**
 * Runs the hub until `stop` aborts, and then until all its clients are closed, at once
 * when `stopNow` aborts too; returns the exit code.
 */
export async function runHub(
  argv: readonly string[],
  stop: AbortSignal,
  {
    stopNow = new AbortController().signal,
    terminal = { input: process.stdin, output: process.stderr },
  }: { readonly stopNow?: AbortSignal | undefined; readonly terminal?: Terminal } = {},
): Promise<number> {
  const loaded = loadConfig(argv, process.env);
  switch (loaded.kind) {
    case 'help':
      process.stdout.write(`${loaded.text}\n`);
      return EXIT.ok;
    case 'problem':
      process.stderr.write(`signalbox hub: ${loaded.message}\n`);
      return loaded.of === 'arguments' ? EXIT.usage : EXIT.cannotStart;
    case 'config':
      break;
    default:
      loaded satisfies never;
  }
  const log = pino(logOptions('hub', loaded.config.logLevel));
  const named = await withNames(loaded, { terminal, stop, log });
  if (!named.ok) {
    if (named.message !== undefined) process.stderr.write(`signalbox hub: ${named.message}\n`);
    return EXIT.cannotStart;
  }
  const { config } = named;
  const hub = buildHub({ config, log });
  try {
    const started = await hub.start();
    if (!started.ok) {
      process.stderr.write(`signalbox hub: ${started.message}\n`);
      return EXIT.cannotStart;
    }
    const { signInUrl, addresses, urls, names } = started;
    if (signInUrl !== undefined) {
      // A server has no screen: the first address is one that another machine can open.
      const [, path = ''] = /^https?:\/\/[^/]+(\/.*)$/.exec(signInUrl) ?? [];
      const remoteSignInUrl = `${urls[0] ?? addresses.https}${path}`;
      log.info(
        { event: LOG_EVENT.firstSignIn, signInUrl, remoteSignInUrl },
        `first sign-in: ${remoteSignInUrl} or, on this machine, ${signInUrl}`,
      );
    }
    log.info({ event: 'names', names, addWith: '--tls-names' }, 'certificate names');
    log.info({ event: LOG_EVENT.ready, ...addresses, data: config.dataFolder }, 'hub ready');
    await untilAborted(stop);
    log.info({ event: 'stopping' }, 'hub stopping');
    await hub.drain(stopNow);
    await hub.close();
    log.info({ event: 'stopped' }, 'hub stopped');
    return EXIT.ok;
  } catch (error) {
    log.fatal({ err: error }, 'hub failed');
    return EXIT.failure;
  } finally {
    await hub.close();
    log.flush();
  }
}

/** With the names that the person enters, if asked; without a message when they abort. */
async function withNames(
  loaded: { readonly config: HubConfig; readonly yes: boolean },
  at: { readonly terminal: Terminal; readonly stop: AbortSignal; readonly log: Logger },
): Promise<
  | { readonly ok: true; readonly config: HubConfig }
  | { readonly ok: false; readonly message: string | undefined }
> {
  const { config, yes } = loaded;
  const isFirst = () => isNewStore(config, at.log.child({ component: 'store' }));
  try {
    if (!(await promptsForNames(config, { yes, terminal: at.terminal, isFirst }))) {
      return { ok: true, config };
    }
    const names = await promptForNames(config, at);
    if (!names) return { ok: false, message: undefined };
    return { ok: true, config: { ...config, tlsNames: [...names] } };
  } catch (error) {
    const message = storeFault(error, config);
    if (message === undefined) throw error;
    return { ok: false, message };
  }
}
