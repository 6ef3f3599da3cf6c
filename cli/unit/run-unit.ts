import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { terminalLines } from '#platform/terminal/terminal-text.ts';
import { DEFAULT_UNIT_PORT } from '#protocol/unit-address.ts';
import { nodeCrypto } from '../../base-unit/drivers/framed/node-crypto.ts';
import { runVirtualUnit } from '../../firmware/virtual/main.ts';
import { LineSplitter } from '../line-splitter.ts';
import { EXIT } from '#platform/terminal/exit-code.ts';
import { announceUnit } from './announce-unit.ts';
import { parseListeningLine } from './listening-line.ts';
import { describeImplementation, unitProgram, type UnitProgram } from './unit-program.ts';

const HELP = `Usage: signalbox unit run --unit KIND --id HARDWARE-ID (--key-file PATH | --settings PATH | --plain) [options]

Runs a unit as a process on this machine: the C++ firmware where it is built
(npm run build), else a TypeScript virtual unit that speaks the same protocol.

  --unit KIND                 light_sensor or lamp; of the C++ firmware also
                              thermometer, relay or button
  --id HARDWARE-ID            its hardware id, up to 32 characters
  --port N                    TCP port, 0 for any free one (default ${DEFAULT_UNIT_PORT})
  --bind ADDRESS              address to listen on (default 127.0.0.1)
  --key-file PATH             the unit's key (\`openssl rand -base64 32\`): it speaks only
                              encrypted then
  --plain                     unencrypted, open to anyone
  --settings PATH             stores key and Wi-Fi there, as a board does in its flash; without a key it
                              waits for \`signalbox unit provision\` on its serial line
  --serial PATH               creates a serial port, linked at PATH
  --name TEXT                 shown in the log
  --seed N                    seed of the simulated measurements (default 1)
  --illuminance-period-ms N   pace of the light sensor (default 200)
  --climate-period-ms N       pace of the thermometer (default 2000)
  --state-file PATH           keeps the lamp's state across restarts
  --fail-safe on|off          safe state of the relay (default off)
  --base-lost-after-ms N      the relay goes to it after so long without a base (default 0: never)
  --max-on-ms N               maximum on-time of the relay (default 0: no limit)
  --announce                  announces it by multicast DNS on the interface of --bind
  --update-folder PATH        accepts firmware updates and stores them there (not --virtual)
  --update-key PATH           a public key for firmware signatures; repeat for two
  --virtual                   the TypeScript unit, even if the firmware is built
  --help

To press a button type a word and Enter: press, double or long.
`;

/** `signalbox unit run`. The unit itself validates most arguments. */
export async function runUnit(argv: readonly string[], stop: AbortSignal): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(HELP);
    return EXIT.ok;
  }
  const isAnnounced = argv.includes('--announce');
  const args = argv.filter((argument) => argument !== '--virtual' && argument !== '--announce');
  const program = unitProgram(args, argv.includes('--virtual') ? 'virtual' : undefined);
  process.stderr.write(`${describeImplementation(program.implementation)}\n`);
  if (program.implementation === 'firmware') return runFirmware(program, { stop, isAnnounced });
  if (isAnnounced) process.stderr.write('signalbox: only the C++ firmware supports --announce\n');
  return runVirtualUnit(args, stop, nodeCrypto);
}

/** Runs the firmware in this process's place, and passes the request to stop on to it. */
function runFirmware(
  { command, args }: UnitProgram,
  { stop, isAnnounced }: { readonly stop: AbortSignal; readonly isAnnounced: boolean },
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['inherit', isAnnounced ? 'pipe' : 'inherit', 'inherit'],
    });
    const withdraw = child.stdout
      ? announceWhenListening(child.stdout, { isEncrypted: !args.includes('--plain') })
      : () => Promise.resolve();
    const terminate = (): void => void child.kill('SIGTERM');
    if (stop.aborted) terminate();
    stop.addEventListener('abort', terminate, { once: true });
    child.on('error', (error) => {
      process.stderr.write(`signalbox: cannot run ${command}: ${error.message}\n`);
      resolve(EXIT.cannotStart);
    });
    child.on('exit', (code, signal) => {
      stop.removeEventListener('abort', terminate);
      const end = code ?? (signal === 'SIGTERM' ? EXIT.ok : EXIT.failure);
      void withdraw().finally(() => resolve(end));
    });
  });
}

/**
 * Forwards what the unit prints, and announces it once it listens. @returns a function
 * that undoes that.
 */
function announceWhenListening(
  output: Readable,
  { isEncrypted }: { readonly isEncrypted: boolean },
): () => Promise<void> {
  let withdraw: (() => Promise<void>) | undefined;
  const lines = new LineSplitter((line) => {
    process.stdout.write(terminalLines([line]));
    const unit = parseListeningLine(line);
    // It prints this again after a restart, on the same port.
    if (!unit || withdraw) return;
    withdraw = announceUnit({ ...unit, isEncrypted, hostName: unit.hardwareId.toLowerCase() });
  });
  output.setEncoding('utf8');
  output.on('data', (text: string) => lines.push(text));
  output.on('end', () => lines.end());
  return async () => withdraw?.();
}
