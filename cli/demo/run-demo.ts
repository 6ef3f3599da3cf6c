import { EXIT } from '#platform/terminal/exit-code.ts';
import { describeImplementation } from '../unit/unit-program.ts';
import { ConsoleLog } from './console-log.ts';
import { Demo, type RunningDemo } from './demo.ts';
import { DEMO_HELP, type DemoOptions, parseDemoOptions } from './demo-options.ts';
import { findUsedPort } from './used-port.ts';

/** `signalbox demo`. */
export async function runDemo(argv: readonly string[], stop: AbortSignal): Promise<number> {
  const parsed = parseDemoOptions(argv, process.env);
  switch (parsed.kind) {
    case 'help':
      process.stdout.write(DEMO_HELP);
      return EXIT.ok;
    case 'wrong':
      process.stderr.write(`signalbox demo: ${parsed.reason}\n\n${DEMO_HELP}`);
      return EXIT.usage;
    case 'options':
      return await runWith(parsed.options, stop);
    default:
      return parsed satisfies never;
  }
}

async function runWith(options: DemoOptions, stop: AbortSignal): Promise<number> {
  const used = await findUsedPort(wantedPorts(options));
  if (used !== undefined) {
    process.stderr.write(`${used}\n`);
    return EXIT.cannotStart;
  }
  const console = new ConsoleLog({
    write: (text) => void process.stdout.write(text),
    colour: process.stdout.isTTY && process.env.NO_COLOR === undefined,
    now: () => new Date(),
  });
  const demo = new Demo({ options, console, stop });
  // A second Ctrl-C ends this process on the spot, and with it all that it started.
  process.once('exit', () => demo.kill());
  const started = await demo.start();
  if (!started.ok) {
    await demo.stop();
    if (stop.aborted) return EXIT.ok;
    console.say(started.reason);
    return EXIT.cannotStart;
  }
  console.banner(welcome(options, started));
  await untilAborted(stop);
  console.say('Stopping; Ctrl-C again to kill.');
  await demo.stop();
  console.say('Stopped.');
  return EXIT.ok;
}

function wantedPorts({
  httpsPort,
  httpPort,
  unitPort,
}: DemoOptions): Parameters<typeof findUsedPort>[0] {
  const loopback = '127.0.0.1';
  const unitFlag = '--unit-port';
  return [
    { port: httpsPort, host: undefined, purpose: 'HTTPS of the hub', flag: '--https-port' },
    { port: httpPort, host: loopback, purpose: 'HTTP of the hub', flag: '--http-port' },
    { port: unitPort, host: loopback, purpose: 'the light sensor', flag: unitFlag },
    { port: unitPort + 1, host: loopback, purpose: 'the lamp', flag: unitFlag },
  ];
}

function welcome(options: DemoOptions, { units, signInUrl, mqttsPort }: RunningDemo): string[] {
  return [
    'Signalbox is running.',
    '',
    `Dashboard here          http://localhost:${options.httpPort}/`,
    `Dashboard from anywhere https://<this machine>:${options.httpsPort}/`,
    ...(mqttsPort === undefined
      ? []
      : [
          `MQTT devices            mqtts://<this machine>:${mqttsPort}, registered under Settings, Devices`,
        ]),
    ...(signInUrl === undefined ? [] : ['', 'First sign-in, once:', signInUrl]),
    '',
    ...units.map(
      ({ name, program }) => `${name.padEnd(23)} ${describeImplementation(program.implementation)}`,
    ),
    '',
    `All data is in   ${options.data}`,
    'Stop with Ctrl-C.',
  ];
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
