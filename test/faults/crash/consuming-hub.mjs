// The built hub, with its own consumer of events that writes down what it receives: the file is
// given by CONSUMED_EVENTS. Sign-ins and claims of tests are not slowed down.
import { appendFileSync } from 'node:fs';
import { pino } from 'pino';
import { buildHub } from '../../../dist/hub/app.js';
import { loadConfig } from '../../../dist/hub/config/config.js';
import { logOptions } from '../../../dist/platform/logging/log-options.js';

const { CONSUMED_EVENTS } = process.env;
const write = (entry) => appendFileSync(CONSUMED_EVENTS, `${JSON.stringify(entry)}\n`);

const loaded = loadConfig(process.argv.slice(2), {});
if (loaded.kind !== 'config') throw new Error('the hub refuses its arguments');
const { config } = loaded;
const log = pino(logOptions('hub', config.logLevel));
const many = 100_000;
const hub = buildHub({
  config,
  log,
  passwordCost: { memoryCost: 1_024, timeCost: 1, parallelism: 1 },
  rateLimits: {
    ...{ failures: many, signIn: many, signUp: many },
    ...{ claim: many, deviceLogin: many, open: many },
  },
  consumers: [
    {
      name: 'test',
      wants: () => true,
      handle: ({ site, events, missed }) => {
        write({ site, events, ...(missed === undefined ? {} : { missed }) });
        return Promise.resolve();
      },
    },
  ],
});
// Events after this may come again: it is another run.
write({ run: process.pid });
const started = await hub.start();
if (!started.ok) throw new Error(started.message);
log.info({ event: 'first_sign_in', signInUrl: started.signInUrl }, 'first sign-in');
log.info({ event: 'ready', ...started.addresses }, 'hub ready');
