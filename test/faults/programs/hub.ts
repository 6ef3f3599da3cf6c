import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cleanup } from '#platform/testing/cleanup.ts';
import { Program } from './program.ts';

export interface FaultHubDeps {
  readonly data: string;
  readonly httpsPort: number;
  readonly httpPort: number;
  readonly logPath: string;
  /** In place of `signalbox hub`. */
  readonly script?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cleanup: Cleanup;
}

/** The hub as a process; keeps its ports and its data. */
export class FaultHub {
  readonly program: Program;
  readonly #deps: FaultHubDeps;

  constructor(deps: FaultHubDeps) {
    this.#deps = deps;
    const { data, httpsPort, httpPort, logPath, script, args = [], env = {}, cleanup } = deps;
    this.program = new Program({
      name: 'the hub',
      ...(script === undefined ? {} : { script }),
      args: [
        ...(script === undefined ? ['hub'] : []),
        ...['--data', data, '--log-level', 'debug', '--https-host', '127.0.0.1'],
        ...['--https-port', String(httpsPort), '--http-port', String(httpPort)],
        ...['--mqtts-port', 'off', '--mqtt-port', 'off', ...args],
      ],
      logPath,
      sign: '"event":"ready"',
      env,
      cleanup,
    });
  }

  get data(): string {
    return this.#deps.data;
  }

  get url(): string {
    return `https://127.0.0.1:${this.#deps.httpsPort}`;
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.#deps.httpPort}`;
  }

  get httpPort(): number {
    return this.#deps.httpPort;
  }

  get httpsPort(): number {
    return this.#deps.httpsPort;
  }

  get database(): string {
    return join(this.#deps.data, 'hub.db');
  }

  /** The certificate of its CA, in PEM. */
  get ca(): string {
    return readFileSync(join(this.#deps.data, 'tls/ca.pem'), 'utf8');
  }

  /** The one-time code for the first account. */
  async setupCode(): Promise<string> {
    const line = await this.program.log.line('"event":"first_sign_in"');
    const [, code = ''] = /#code=([^"\s]+)/.exec(line) ?? [];
    return code;
  }
}
