import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { addressKindOf, parseHost } from '#protocol/host.ts';
import { LIMITS } from '#protocol/limits.ts';
import { parseNetwork } from '#protocol/network.ts';
import { PACKAGE_ROOT } from '#platform/files/package-root.ts';
import { CertificateName } from '../tls/certificate-name.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const portOrOff = z.union([z.literal('off'), port]);
const path = z.string().min(1);
const list = z
  .union([z.array(z.string()), z.string().transform((text) => text.split(','))])
  .transform((names) => names.map((name) => name.trim().toLowerCase()).filter(Boolean));
/** Names and addresses by which others reach the hub: `a,b`, or a list of them. */
export const CertificateNames = list.pipe(z.array(CertificateName));
const Networks = list.refine(
  (networks) => networks.every((network) => parseNetwork(network) !== undefined),
  'must be loopback, addresses, or networks such as 10.0.0.0/8',
);
const Seconds = list
  .transform((texts) => texts.map(Number))
  .pipe(z.array(z.number().min(0).max(604_800)).max(20));
const loopback = z.string().refine(isLoopback, 'must be a loopback address: HTTP is not encrypted');

interface Option {
  readonly flag: string;
  readonly schema: z.ZodType;
  readonly help: string;
}

/** Every setting: its name in hub.json, its flag; the environment variable is made from the flag. */
const OPTIONS = {
  dataFolder: { flag: 'data', schema: path, help: 'folder for the database and the keys' },
  database: {
    flag: 'database',
    schema: z.string().regex(/^postgres(ql)?:\/\//, 'must begin with postgres://'),
    help: 'PostgreSQL server: postgres://... (SQLite in the data folder)',
  },
  bus: {
    flag: 'bus',
    schema: z
      .string()
      .regex(/^rediss?:\/\//, 'must begin with redis:// or rediss://')
      .refine((url) => URL.canParse(url), 'must be a URL: redis://host:port'),
    help: 'Redis server for hints between hubs: redis://... (NOTIFY of the database)',
  },
  httpsPort: { flag: 'https-port', schema: port, help: 'port for HTTPS (8443; 0: any)' },
  httpsHost: { flag: 'https-host', schema: path, help: 'address to bind HTTPS to (all)' },
  httpPort: { flag: 'http-port', schema: port, help: 'port for HTTP on loopback (8080; 0: any)' },
  httpHost: { flag: 'http-host', schema: loopback, help: 'loopback address for HTTP (127.0.0.1)' },
  mqttsPort: {
    flag: 'mqtts-port',
    schema: portOrOff,
    help: 'port for MQTT over TLS (8883; 0: any; off: none)',
  },
  mqttPort: {
    flag: 'mqtt-port',
    schema: portOrOff,
    help: 'port for MQTT on loopback (1883; 0: any; off: none)',
  },
  signUp: {
    flag: 'sign-up',
    schema: z.enum(['invite', 'open', 'closed']),
    help: 'who may sign up after the first account: invite, open or closed (invite)',
  },
  libpyiotcloudRoot: {
    flag: 'libpyiotcloud-root',
    schema: z.enum(['on', 'off']),
    help: 'serve the libpyiotcloud API at / as well: on or off (off)',
  },
  logLevel: {
    flag: 'log-level',
    schema: z.enum(['silent', 'error', 'warn', 'info', 'debug', 'trace']),
    help: 'error, warn, info, debug, trace or silent (info)',
  },
  connectionsPerAddress: {
    flag: 'connections-per-address',
    schema: z.coerce.number().int().min(8).max(20_000),
    help: 'maximum connections per address (512)',
  },
  sharedAddresses: {
    flag: 'shared-addresses',
    schema: list,
    help: 'addresses of reverse proxies, exempt from that limit: a,b (loopback)',
  },
  trustedProxies: {
    flag: 'trusted-proxies',
    schema: Networks,
    help: 'networks of proxies whose X-Forwarded-For counts: a/n,b (none)',
  },
  tlsNames: {
    flag: 'tls-names',
    schema: CertificateNames,
    help: 'additional names for the certificate: a,b',
  },
  tlsCertificateFile: { flag: 'tls-cert', schema: path, help: 'your certificate chain (PEM)' },
  tlsKeyFile: { flag: 'tls-key', schema: path, help: 'key of your certificate (PEM)' },
  tlsCaFile: {
    flag: 'tls-ca',
    schema: path,
    help: 'CA that bases pin (default: last of the chain)',
  },
  drainWait: {
    flag: 'drain-wait',
    schema: z.coerce.number().min(0).max(300),
    help: 'seconds a hub that stops serves on, unready (0; 5 with --database)',
  },
  drainTime: {
    flag: 'drain-time',
    schema: z.coerce.number().min(0).max(600),
    help: 'seconds to close connections one by one (0; 25 with --database)',
  },
  webhookNetworks: {
    flag: 'webhook-networks',
    schema: Networks,
    help: 'own networks that webhooks may be in, also by HTTP: a/n,b (none)',
  },
  webhookRetries: {
    flag: 'webhook-retries',
    schema: Seconds,
    help: 'seconds between the attempts of a webhook: a,b (ten attempts in 3 days)',
  },
  webhookTimeout: {
    flag: 'webhook-timeout',
    schema: z.coerce.number().min(0.1).max(30),
    help: 'seconds that a webhook has to answer (15)',
  },
  dashboardFolder: { flag: 'dashboard', schema: path, help: 'folder of the built dashboard' },
  localClaimFile: {
    flag: 'local-claim-file',
    schema: path,
    help: 'write a claim code to this file until a base is paired',
  },
} as const satisfies Record<string, Option>;

const HubConfig = z
  .object({
    dataFolder: OPTIONS.dataFolder.schema,
    database: OPTIONS.database.schema.optional(),
    bus: OPTIONS.bus.schema.optional(),
    httpsPort: OPTIONS.httpsPort.schema.default(8443),
    httpsHost: OPTIONS.httpsHost.schema.default('::'),
    httpPort: OPTIONS.httpPort.schema.default(8080),
    httpHost: OPTIONS.httpHost.schema.default('127.0.0.1'),
    mqttsPort: OPTIONS.mqttsPort.schema.default(8883),
    mqttPort: OPTIONS.mqttPort.schema.default(1883),
    signUp: OPTIONS.signUp.schema.default('invite'),
    libpyiotcloudRoot: OPTIONS.libpyiotcloudRoot.schema.optional(),
    logLevel: OPTIONS.logLevel.schema.default('info'),
    connectionsPerAddress: OPTIONS.connectionsPerAddress.schema.default(512),
    sharedAddresses: OPTIONS.sharedAddresses.schema.default(['loopback']),
    trustedProxies: OPTIONS.trustedProxies.schema.default([]),
    tlsNames: OPTIONS.tlsNames.schema.default([]),
    tlsCertificateFile: OPTIONS.tlsCertificateFile.schema.optional(),
    tlsKeyFile: OPTIONS.tlsKeyFile.schema.optional(),
    tlsCaFile: OPTIONS.tlsCaFile.schema.optional(),
    drainWait: OPTIONS.drainWait.schema.optional(),
    drainTime: OPTIONS.drainTime.schema.optional(),
    webhookNetworks: OPTIONS.webhookNetworks.schema.default([]),
    webhookRetries: OPTIONS.webhookRetries.schema.optional(),
    webhookTimeout: OPTIONS.webhookTimeout.schema.default(LIMITS.webhookTimeoutMs / 1_000),
    dashboardFolder: OPTIONS.dashboardFolder.schema,
    localClaimFile: OPTIONS.localClaimFile.schema.optional(),
  })
  .refine(
    (config) => (config.tlsCertificateFile === undefined) === (config.tlsKeyFile === undefined),
    { path: ['tlsKeyFile'], message: '--tls-cert and --tls-key must be given together' },
  )
  .refine((config) => config.bus === undefined || config.database !== undefined, {
    path: ['bus'],
    message: '--bus needs --database: a hub on SQLite is alone',
  });
export type HubConfig = z.infer<typeof HubConfig>;

export type ConfigOutcome =
  | {
      readonly kind: 'config';
      readonly config: HubConfig;
      /** Never ask questions. */
      readonly yes: boolean;
    }
  | { readonly kind: 'help'; readonly text: string }
  /** The problem: invalid arguments, or invalid settings. */
  | {
      readonly kind: 'problem';
      readonly of: 'arguments' | 'settings';
      readonly message: string;
    };

const ENV_PREFIX = 'SIGNALBOX_HUB_';
export const CONFIG_FILE = 'hub.json';

/**
 * The hub's settings. A flag wins over the environment, the environment over
 * `hub.json` in the data folder, and that over the default.
 */
export function loadConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ConfigOutcome {
  const flags = readFlags(argv);
  if ('message' in flags) return { kind: 'problem', of: 'arguments', message: flags.message };
  if (flags.help) return { kind: 'help', text: usage() };
  const given = { ...readEnvironment(env), ...flags.values };
  const dataFolder = resolve(given['dataFolder'] ?? join(homedir(), '.signalbox', 'hub'));
  const file = readConfigFile(join(dataFolder, CONFIG_FILE));
  if ('message' in file) return { kind: 'problem', of: 'settings', message: file.message };
  const parsed = HubConfig.safeParse({
    dashboardFolder: builtDashboard(),
    ...withAbsolutePaths(file.values, dataFolder),
    ...given,
    dataFolder,
  });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const name = issue?.path.join('.') ?? '';
    const message = `Invalid setting ${name}: ${issue?.message ?? ''}.`;
    return { kind: 'problem', of: 'settings', message };
  }
  return { kind: 'config', config: parsed.data, yes: flags.yes };
}

function isLoopback(text: string): boolean {
  const host = parseHost(text);
  if (host?.kind === 'name') return host.text === 'localhost';
  return host !== undefined && addressKindOf(host) === 'loopback';
}

function environmentName(flag: string): string {
  return ENV_PREFIX + flag.toUpperCase().replaceAll('-', '_');
}

function usage(): string {
  const lines = Object.values(OPTIONS).map(
    ({ flag, help }) =>
      `  --${flag.padEnd(18)} ${help}\n  ${' '.repeat(20)} ${environmentName(flag)}`,
  );
  return [
    'Usage: signalbox hub [options]',
    '',
    'Runs the hub: API, dashboard, private channels.',
    '',
    ...lines,
    `  --${'yes'.padEnd(18)} asks no questions at the first start`,
    `  --${'help'.padEnd(18)} this text`,
    '',
    `Settings can also be in ${CONFIG_FILE} in the data folder, under the names`,
    `${Object.keys(OPTIONS)
      .filter((name) => name !== 'dataFolder')
      .join(', ')}.`,
    'Flags override the environment, the environment overrides the file.',
  ].join('\n');
}

type Values = Record<string, string>;

function readFlags(
  argv: readonly string[],
):
  | { readonly values: Values; readonly help: boolean; readonly yes: boolean }
  | { readonly message: string } {
  const options = Object.fromEntries(
    Object.values(OPTIONS).map(({ flag }) => [flag, { type: 'string' as const }]),
  );
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { ...options, help: { type: 'boolean', short: 'h' }, yes: { type: 'boolean' } },
    });
    const found: Values = {};
    const given = new Map<string, unknown>(Object.entries(values));
    for (const [name, { flag }] of Object.entries(OPTIONS)) {
      const value = given.get(flag);
      if (typeof value === 'string') found[name] = value;
    }
    return { values: found, help: values.help === true, yes: values.yes === true };
  } catch (error) {
    return { message: error instanceof Error ? error.message : 'Invalid arguments.' };
  }
}

function readEnvironment(env: Readonly<Record<string, string | undefined>>): Values {
  const found: Values = {};
  for (const [name, { flag }] of Object.entries(OPTIONS)) {
    const value = env[environmentName(flag)];
    if (value !== undefined && value !== '') found[name] = value;
  }
  return found;
}

const ConfigFile = z.strictObject(
  Object.fromEntries(
    Object.keys(OPTIONS)
      .filter((name) => name !== 'dataFolder')
      .map((name) => [name, z.unknown().optional()]),
  ),
);

/** Why hub.json was not read, in a sentence. */
export function unreadable(file: string, code: string): string {
  return code === 'EACCES' || code === 'EPERM'
    ? `The user running this hub cannot read ${file}: change its owner, or choose another folder with --data.`
    : `${file} is not readable (${code}).`;
}

function readConfigFile(
  file: string,
): { readonly values: Record<string, unknown> } | { readonly message: string } {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // An existing but unreadable file must not count as an empty one.
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? { values: {} }
      : { message: unreadable(file, String(code)) };
  }
  try {
    const parsed = ConfigFile.safeParse(JSON.parse(text));
    if (parsed.success) return { values: parsed.data };
    return { message: `${file} is invalid: ${parsed.error.issues[0]?.message ?? ''}.` };
  } catch {
    return { message: `${file} is not valid JSON.` };
  }
}

/** Paths in the file are relative to the file. */
function withAbsolutePaths(
  values: Record<string, unknown>,
  folder: string,
): Record<string, unknown> {
  const paths = new Set<string>([
    'tlsCertificateFile',
    'tlsKeyFile',
    'tlsCaFile',
    'dashboardFolder',
    'localClaimFile',
  ]);
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      paths.has(name) && typeof value === 'string' && !isAbsolute(value)
        ? join(folder, value)
        : value,
    ]),
  );
}

function builtDashboard(): string {
  return fileURLToPath(new URL('dist/dashboard', PACKAGE_ROOT));
}
