// Preloaded into a hub or a base (`node --import`): ends its process with SIGKILL
// at a line of its own log, right before or right after the line is written. The
// lines carry the hop, so a crash point is a hop of the straight way.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { z } from 'zod';

const CrashPoint = z.strictObject({
  hop: z.int(),
  /** So many lines of that hop pass first. */
  skip: z.int().nonnegative(),
  when: z.enum(['before', 'after']),
});

/** @type {{ point: z.infer<typeof CrashPoint> | undefined }} */
const armed = { point: undefined };

// By default a logger writes a little later. Here each line is on the disk when the
// call returns, so that the process ends at its line and not somewhere behind it.
const pinoModule = createRequire(import.meta.url)('pino');
const { pino } = pinoModule;
pinoModule.pino = (options) => pino(options, pino.destination({ fd: 1, sync: true }));

// What the log is written with looks this function up on the module each time.
const writeSync = fs.writeSync;
fs.writeSync = (fd, ...rest) => {
  if (!isDue(rest[0])) return writeSync(fd, ...rest);
  if (armed.point?.when === 'after') writeSync(fd, ...rest);
  process.kill(process.pid, 'SIGKILL');
  return 0;
};

function isDue(data) {
  const { point } = armed;
  if (point === undefined || typeof data !== 'string') return false;
  if (!new RegExp(`"hop":${point.hop}[,}]`).test(data)) return false;
  armed.point = { ...point, skip: point.skip - 1 };
  return point.skip <= 0;
}

process.on('message', (message) => {
  armed.point = CrashPoint.parse(message);
});
// Whoever started it has gone, and with that the reason to run.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.channel?.unref();
