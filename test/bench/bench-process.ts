import { spawn } from 'node:child_process';
import type { Cleanup } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';

export interface BenchProcess {
  /** The port it said it listens on. */
  readonly port: number;
  readonly pid: number;
  readonly output: () => string;
}

/** Several hubs at a time cannot have the same ports. */
const NO_MQTT = { SIGNALBOX_HUB_MQTTS_PORT: 'off', SIGNALBOX_HUB_MQTT_PORT: 'off' };

/** Starts a program and waits for a sign in its output. */
export async function startProcess(
  options: {
    readonly command: string;
    readonly args: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly sign?: RegExp;
    readonly patienceMs?: number;
  },
  cleanup: Cleanup,
): Promise<BenchProcess> {
  const { command, args, env = {}, sign = /^listening \S+:(\d+)/m, patienceMs } = options;
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...NO_MQTT, ...env },
  });
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const printed = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      // The beginning is what is waited for; the rest would only fill the memory.
      if (printed.text.length < 100_000) printed.text += text;
    });
  }
  cleanup.add(async () => {
    if (hasEnded()) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const impatient = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(impatient);
  });
  const settled = await until(
    `${args.join(' ')} is up`,
    () => sign.exec(printed.text) ?? (hasEnded() ? 'ended' : undefined),
    patienceMs,
  );
  if (settled === 'ended') throw new Error(`${args.join(' ')} ended: ${printed.text}`);
  return { port: Number(settled[1] ?? 0), pid: child.pid ?? 0, output: () => printed.text };
}
