import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DemoProcess } from './demo-process.mjs';

const run = promisify(execFile);
const UNITS = [
  { kind: 'light_sensor', name: 'Light sensor' },
  { kind: 'lamp', name: 'Lamp' },
];

/**
 * The units of the demo: the C++ firmware, or the virtual ones where it is not built.
 *
 * @param {{ root: string, folder: string, ports: number[] }} options
 */
export function siteUnits({ root, folder, ports }) {
  const firmware = join(root, 'firmware/build/host/signalbox-unit');
  const virtual = [join(root, 'bin/signalbox.js'), 'unit', 'run', '--virtual'];
  const isBuilt = existsSync(firmware);
  return UNITS.map(({ kind, name }, index) => {
    const keyFile = join(folder, `${kind}.key`);
    writeFileSync(keyFile, randomBytes(32).toString('base64'), { mode: 0o600 });
    const port = ports[index];
    const args = [
      '--unit',
      kind,
      '--id',
      `demo-${kind}`,
      '--bind',
      '127.0.0.1',
      '--port',
      `${port}`,
    ];
    const process_ = new DemoProcess({
      name,
      command: isBuilt ? firmware : process.execPath,
      args: [...(isBuilt ? [] : virtual), ...args, '--key-file', keyFile],
      logFile: join(folder, `${kind}.log`),
    });
    return { name, address: { host: '127.0.0.1', port }, keyFile, process: process_ };
  });
}

/**
 * Pairs a base through the balancer, and declares the units.
 *
 * @param {{ root: string, folder: string, url: string, claimFile: string,
 *   units: ReturnType<typeof siteUnits> }} options
 */
export async function pairedBase({ root, folder, url, claimFile, units }) {
  const data = join(folder, 'base');
  const signalbox = join(root, 'bin/signalbox.js');
  await run(process.execPath, [
    ...[signalbox, 'base', 'pair', url, '--claim-file', claimFile, '--data', data],
  ]);
  const file = join(data, 'base.json');
  const declared = units.map(({ name, address, keyFile }) => ({ name, address, keyFile }));
  const before = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...before, units: declared, localUnits: true }));
  return new DemoProcess({
    name: 'the base',
    command: process.execPath,
    args: [signalbox, 'base', 'run', '--data', data, '--discovery', 'off'],
    logFile: join(folder, 'base.log'),
  });
}
