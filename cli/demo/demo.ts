import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LOG_EVENT } from '#platform/logging/log-events.ts';
import { selfCommand } from '../self-command.ts';
import { describeImplementation } from '../unit/unit-program.ts';
import { declareUnits, isPaired } from './base-file.ts';
import { waitForClaimCode } from './claim-code-file.ts';
import type { ConsoleLog } from './console-log.ts';
import type { DemoOptions } from './demo-options.ts';
import { type DemoUnit, demoUnits, lightNewLamps, makeUnitKeys } from './demo-units.ts';
import type { LogEntry } from './log-line.ts';
import { LogWatch } from './log-watch.ts';
import { runOnce } from './run-once.ts';
import { SupervisedProcess } from './supervised-process.ts';
import { watchedSelf } from './watched-self.ts';

const HUB_READY_MS = 30_000;
const CLAIM_CODE_MS = 10_000;
const UNITS_READY_MS = 10_000;

export interface DemoDeps {
  readonly options: DemoOptions;
  readonly console: ConsoleLog;
  /** Aborted when the demo shall stop, or break off its start. */
  readonly stop: AbortSignal;
}

export interface RunningDemo {
  readonly units: readonly DemoUnit[];
  /** Where there is no account yet. */
  readonly signInUrl?: string;
  /** Of MQTT over TLS, unless it is switched off. */
  readonly mqttsPort?: string;
}

export type DemoStart =
  ({ readonly ok: true } & RunningDemo) | { readonly ok: false; readonly reason: string };

/** Everything in one terminal: starts the programs in order, keeps them running, stops them in order. */
export class Demo {
  readonly #deps: DemoDeps;
  readonly #watch = new LogWatch();
  readonly #units: readonly DemoUnit[];
  readonly #programs = new Map<string, SupervisedProcess>();
  readonly #broken = new AbortController();
  readonly #baseFolder: string;
  readonly #hubFolder: string;

  constructor(deps: DemoDeps) {
    this.#deps = deps;
    this.#units = demoUnits(deps.options);
    this.#baseFolder = join(deps.options.data, 'base');
    this.#hubFolder = join(deps.options.data, 'hub');
  }

  /** Starts everything, or returns the reason why it cannot. */
  async start(): Promise<DemoStart> {
    const { options, console, stop } = this.#deps;
    const signal = AbortSignal.any([stop, this.#broken.signal]);
    mkdirSync(options.data, { recursive: true, mode: 0o700 });
    makeUnitKeys(this.#units);
    lightNewLamps(this.#units);

    const isReady = named(LOG_EVENT.ready);
    const isSignIn = named(LOG_EVENT.firstSignIn);
    const inTime = { timeoutMs: HUB_READY_MS, signal };
    const hubReady = this.#watch.next({ source: 'hub', fits: isReady }, inTime);
    // It comes before the hub is ready, or not at all: where there is an account already.
    const signIn = this.#watch.next(
      { source: 'hub', fits: (entry) => isSignIn(entry) || isReady(entry) },
      inTime,
    );
    const claimFile = join(this.#hubFolder, 'local-claim');
    this.#launchSelf('hub', [
      'hub',
      ...['--data', this.#hubFolder, '--local-claim-file', claimFile],
      ...['--https-port', String(options.httpsPort), '--http-port', String(options.httpPort)],
    ]);
    for (const { source, name, port, program } of this.#units) {
      console.say(`${name} on port ${port}: ${describeImplementation(program.implementation)}`);
      this.#launch(source, program);
    }
    const hub = await hubReady;
    if (hub === undefined) return failed('The hub did not become ready.');

    const hubUrl = `https://127.0.0.1:${options.httpsPort}`;
    if (!isPaired(this.#baseFolder)) {
      const reason = await this.#pair(hubUrl, claimFile, signal);
      if (reason !== undefined) return failed(reason);
    }
    declareUnits(this.#baseFolder, this.#units);
    const unitsReady = this.#unitsReady(signal);
    this.#launchSelf('base', ['base', 'run', '--data', this.#baseFolder, '--hub-url', hubUrl]);
    if (!(await unitsReady) && !signal.aborted) {
      console.say('Not all units are ready yet; the dashboard shows when they are.');
    }
    if (signal.aborted) return failed('A program could not start; see its log above.');
    for (const program of this.#programs.values()) program.settle();
    const url = (await signIn)?.fields.signInUrl;
    const { mqtts } = hub.fields;
    return {
      ...{ ok: true, units: this.#units },
      ...(typeof url === 'string' ? { signInUrl: url } : {}),
      ...(typeof mqtts === 'string' ? { mqttsPort: new URL(mqtts).port } : {}),
    };
  }

  /** Stops all in good order: the base first, while units and hub still listen to it. */
  async stop(): Promise<void> {
    this.#broken.abort();
    await this.#programs.get('base')?.stop();
    const units = this.#units.flatMap(({ source }) => this.#programs.get(source) ?? []);
    await Promise.all(units.map((unit) => unit.stop()));
    await this.#programs.get('hub')?.stop();
  }

  /** Ends all now. */
  kill(): void {
    for (const program of this.#programs.values()) program.kill();
  }

  async #pair(hubUrl: string, claimFile: string, signal: AbortSignal): Promise<string | undefined> {
    const { console } = this.#deps;
    const code = await waitForClaimCode(claimFile, { timeoutMs: CLAIM_CODE_MS, signal });
    if (code === undefined) {
      return `The hub issued no claim code: it already has a base, whose key is not in ${this.#baseFolder}. Use another --data folder, or delete this one.`;
    }
    console.say('Pairing the base with the hub');
    const { command, args } = selfCommand();
    const exitCode = await runOnce({
      command,
      // Not the code itself: all users of the machine see the arguments.
      args: [
        ...[...args, 'base', 'pair', hubUrl],
        ...['--claim-file', claimFile, '--data', this.#baseFolder],
      ],
      onLine: (line) => void console.line('base', line),
      signal,
    });
    return exitCode === 0 ? undefined : 'The base could not be paired; see its log above.';
  }

  #launchSelf(source: string, args: readonly string[]): void {
    const self = this.#deps.options.watch ? watchedSelf() : selfCommand();
    this.#launch(source, { command: self.command, args: [...self.args, ...args] });
  }

  #launch(source: string, what: { command: string; args: readonly string[] }): void {
    const { console } = this.#deps;
    const program = new SupervisedProcess({
      spec: { name: source, command: what.command, args: what.args },
      onLine: (raw) => {
        const { entry } = console.line(source, raw);
        if (entry) this.#watch.see(source, entry);
      },
      onNotice: (text) => console.say(text),
      onCannotStart: () => this.#broken.abort(),
    });
    this.#programs.set(source, program);
    program.start();
  }

  /** Whether the base is online and has reported each unit as ready. */
  async #unitsReady(signal: AbortSignal): Promise<boolean> {
    const ready = new Set<unknown>();
    const inTime = { timeoutMs: UNITS_READY_MS, signal };
    const allReady = this.#watch.next(
      {
        source: 'base',
        fits: ({ event, fields }) => {
          if (event === LOG_EVENT.unitPresence && fields.state === 'ready')
            ready.add(fields.unitId);
          return ready.size === this.#units.length;
        },
      },
      inTime,
    );
    const online = this.#watch.next({ source: 'base', fits: named(LOG_EVENT.linkReady) }, inTime);
    return (await Promise.all([allReady, online])).every((entry) => entry !== undefined);
  }
}

function named(event: string): (entry: LogEntry) => boolean {
  return (entry) => entry.event === event;
}

function failed(reason: string): DemoStart {
  return { ok: false, reason };
}
