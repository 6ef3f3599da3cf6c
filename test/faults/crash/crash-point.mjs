// Preloaded into a hub or a base (`node --import`): kills its process with SIGKILL, right before or
// right after an action. The parent chooses it by a message:
// - a line of its own log, for a stage of the command path;
// - the commit of a transaction that stored an event of a type. Right after it everything is on
//   disk, and nobody was notified;
// - the commit of a transaction that moved the cursor of a consumer, or that stored a message of
//   MQTT: right after it, the message is on the disk, and not acknowledged.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { z } from 'zod';
import { watchCommits } from './watch-commits.mjs';

const when = z.enum(['before', 'after']);
const CrashPoint = z.union([
  z.strictObject({
    stage: z.string(),
    /** So many lines of that stage pass first. */
    skip: z.int().nonnegative(),
    when,
  }),
  z.strictObject({ stores: z.string(), when }),
]);

/** @type {{ point: z.infer<typeof CrashPoint> | undefined }} */
const armed = { point: undefined };

// By default a logger writes a little later. Here each line is on the disk when the
// call returns, so that the process ends at its line and not somewhere behind it.
const require = createRequire(import.meta.url);
const pinoModule = require('pino');
const { pino } = pinoModule;
pinoModule.pino = (options) => pino(options, pino.destination({ fd: 1, sync: true }));

// What the log is written with looks this function up on the module each time.
const writeSync = fs.writeSync;
fs.writeSync = (fd, ...rest) => {
  if (!isDue(rest[0])) return writeSync(fd, ...rest);
  if (armed.point?.when === 'after') writeSync(fd, ...rest);
  end();
  return 0;
};

function isDue(data) {
  const { point } = armed;
  if (point === undefined || !('stage' in point) || typeof data !== 'string') return false;
  if (!new RegExp(`"stage":"${point.stage}"[,}]`).test(data)) return false;
  armed.point = { ...point, skip: point.skip - 1 };
  return point.skip <= 0;
}

if (isMainThread) {
  watchCommits(require('better-sqlite3'), (stored, commit) => {
    const { point } = armed;
    if (point === undefined || !('stores' in point) || !stored.has(point.stores)) return commit();
    if (point.when === 'after') commit();
    end();
  });
}

function end() {
  process.kill(process.pid, 'SIGKILL');
}

process.on('message', (message) => {
  armed.point = CrashPoint.parse(message);
  process.send?.('armed');
});
// The parent has gone, and with it the reason to run.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.channel?.unref();
