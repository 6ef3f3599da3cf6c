import { spawn } from 'node:child_process';
import { DEFAULT_UNIT_PORT } from '#protocol/unit-address.ts';
import { nodeCrypto } from '../../base-unit/units/node-crypto.ts';
import { runVirtualUnit } from '../../firmware/virtual/main.ts';
import { EXIT } from '../exit-code.ts';
import { describeImplementation, unitProgram, type UnitProgram } from './unit-program.ts';

const HELP = `Usage: signalbox unit run --unit KIND --id HARDWARE-ID (--key-file PATH | --plain) [options]

Runs a unit as a process on this machine: the C++ firmware where it is built
(npm run build), else a TypeScript virtual unit that speaks the same protocol.

  --unit KIND                 light_sensor or lamp; of the C++ firmware also
                              thermometer, relay or button
  --id HARDWARE-ID            its name for itself, up to 32 characters
  --port N                    TCP port, 0 for any free one (default ${DEFAULT_UNIT_PORT})
  --bind ADDRESS              address to listen on (default 127.0.0.1)
  --key-file PATH             the unit's key: it speaks only encrypted then
  --plain                     speaks unencrypted, to anyone
  --name TEXT                 shown in the log
  --seed N                    seed of the simulated measurements (default 1)
  --illuminance-period-ms N   pace of the light sensor (default 200)
  --climate-period-ms N       pace of the thermometer (default 2000)
  --state-file PATH           keeps the lamp's state over restarts
  --fail-safe on|off          safe state of the relay (default off)
  --base-lost-after-ms N      the relay takes it without a base for so long (default 0: never)
  --max-on-ms N               longest time on of the relay (default 0: no limit)
  --virtual                   the TypeScript unit, even where the firmware is built
  --help

A button is pressed by a word and Enter: press, double or long.
`;

/** `signalbox unit run`. What is not ours to judge, the unit itself does. */
export async function runUnit(argv: readonly string[], stop: AbortSignal): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(HELP);
    return EXIT.ok;
  }
  const args = argv.filter((argument) => argument !== '--virtual');
  const program = unitProgram(args, args.length < argv.length ? 'virtual' : undefined);
  process.stderr.write(`${describeImplementation(program.implementation)}\n`);
  return program.implementation === 'firmware'
    ? runFirmware(program, stop)
    : runVirtualUnit(args, stop, nodeCrypto);
}

/** Runs the firmware in this process's place, and passes the wish to stop on to it. */
function runFirmware({ command, args }: UnitProgram, stop: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'inherit' });
    const terminate = (): void => void child.kill('SIGTERM');
    if (stop.aborted) terminate();
    stop.addEventListener('abort', terminate, { once: true });
    child.on('error', (error) => {
      process.stderr.write(`signalbox: cannot run ${command}: ${error.message}\n`);
      resolve(EXIT.cannotStart);
    });
    child.on('exit', (code, signal) => {
      stop.removeEventListener('abort', terminate);
      resolve(code ?? (signal === 'SIGTERM' ? EXIT.ok : EXIT.failure));
    });
  });
}
