import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import { buildHub, type Hub, type HubDeps } from '../../hub/app.ts';
import { loadConfig } from '../../hub/config/config.ts';
import { LOG_LEVEL } from './base-program.ts';

export interface HubProgramOptions {
  readonly data: string;
  readonly httpsPort: number;
  readonly httpPort: number;
  readonly signUp: 'invite' | 'open' | 'closed';
  /** Further arguments of the command. */
  readonly args?: readonly string[];
  /** Shorter times and smaller bounds than those of a real hub. */
  readonly bounds?: Partial<Omit<HubDeps, 'config' | 'log'>>;
  /** Where its log goes; default: to stdout. */
  readonly log?: Logger;
}

/** Tests come from one address and are quicker than people. */
const NO_RATE_LIMITS = {
  failures: 100_000,
  signIn: 100_000,
  signUp: 100_000,
  claim: 100_000,
  deviceLogin: 100_000,
  open: 100_000,
};

/** Nobody guesses the passwords of tests. */
const CHEAP_PASSWORDS = { memoryCost: 1_024, timeCost: 1, parallelism: 1 };

/** A hub inside this process; keeps its ports and its data over restarts. */
export class HubProgram {
  readonly #options: HubProgramOptions;
  #hub: Hub | undefined;
  #setupCode: string | undefined;

  constructor(options: HubProgramOptions) {
    this.#options = options;
  }

  get url(): string {
    return `https://127.0.0.1:${this.#options.httpsPort}`;
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.#options.httpPort}`;
  }

  /** What it holds for others now. */
  get gauges(): Readonly<Record<string, number>> {
    return this.#hub?.gauges ?? {};
  }

  /** The one-time code for the first account, while there is none. */
  get setupCode(): string | undefined {
    return this.#setupCode;
  }

  /** The certificate of its CA, in PEM. */
  get ca(): string {
    return readFileSync(join(this.#options.data, 'tls/ca.pem'), 'utf8');
  }

  async start(): Promise<void> {
    const { data, httpsPort, httpPort, signUp, args = [], bounds = {} } = this.#options;
    const loaded = loadConfig(
      [
        ...['--data', data, '--sign-up', signUp, '--https-host', '127.0.0.1'],
        ...['--https-port', String(httpsPort), '--http-port', String(httpPort)],
        ...['--mqtts-port', '0', '--mqtt-port', '0'],
        ...args,
      ],
      {},
    );
    if (loaded.kind !== 'config') throw new Error('the hub refuses its arguments');
    const log = this.#options.log ?? pino({ level: LOG_LEVEL, name: 'hub' });
    const hub = buildHub({
      config: loaded.config,
      log,
      rateLimits: NO_RATE_LIMITS,
      passwordCost: CHEAP_PASSWORDS,
      ...bounds,
    });
    const started = await hub.start();
    if (!started.ok) throw new Error(started.message);
    this.#hub = hub;
    this.#setupCode = started.signInUrl?.split('#code=')[1];
  }

  /** Says goodbye to its clients, as before a stop. */
  async drain(stopNow: AbortSignal): Promise<void> {
    await this.#hub?.drain(stopNow);
  }

  async stop(): Promise<void> {
    const hub = this.#hub;
    this.#hub = undefined;
    await hub?.close();
  }
}
