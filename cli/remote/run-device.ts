import { createDeviceApi } from '#client/device-api.ts';
import { AppError } from '#protocol/errors.ts';
import { ClientId, TopicSpace } from '#protocol/device/device.ts';
import type { DeviceView } from '#protocol/http/devices.ts';
import { EXIT } from '#platform/terminal/exit-code.ts';
import { terminalLines } from '#platform/terminal/terminal-text.ts';
import { columns } from './columns.ts';
import { credentialFrom, handOver, refuseToOverwrite } from './device-files.ts';
import { devicesOfSites, findDevice, siteNamed } from './named-devices.ts';
import { type RemoteArguments, withHub, withRemoteArguments } from './with-hub.ts';

const CREDENTIAL_HELP = `  --password     a password, printed once; else a certificate with its key
  --csr FILE     signs this request (PKCS #10): the key stays where it is
  --days N       how long a certificate is valid (default 730)
  --out FOLDER   where the files go, readable by you alone; default: the client id
  --hub URL      if there are logins at several hubs
`;
const ADD_HELP = `usage: signalbox device add <name> [options]
Registers a device, and writes what it connects with: ca.pem, cert.pem, key.pem.
  --client-id ID for a client that insists on one; else it is made from the name
  --topics NAME  topics that it shares with all devices of the same NAME; else its own
  --site NAME    if you have several
${CREDENTIAL_HELP}`;
const LIST_HELP = `usage: signalbox device list [--hub URL] [--json]
Lists the devices of your sites.
  --json         one line of JSON per device, for programs
`;
const ROTATE_HELP = `usage: signalbox device rotate <device> [options]
Gives a device another certificate or password. The others remain valid, so that
it can be changed over; then run it again with --revoke-others, or remove them on
the dashboard.
  <device>       its name, its client id or its id
  --revoke-others  the others are revoked at once
${CREDENTIAL_HELP}`;
const REMOVE_HELP = `usage: signalbox device remove <device> [--hub URL]
Unregisters a device: its connection and its rights end at once.
  <device>       its name, its client id or its id
`;

const CREDENTIAL_OPTIONS = {
  password: { type: 'boolean' },
  csr: { type: 'string' },
  days: { type: 'string' },
  out: { type: 'string' },
} as const;

export async function addDevice(argv: readonly string[]): Promise<number> {
  const options = {
    ...CREDENTIAL_OPTIONS,
    'client-id': { type: 'string' },
    topics: { type: 'string' },
    site: { type: 'string' },
  } as const;
  return withRemoteArguments(argv, { help: ADD_HELP, options, operands: [1, 1] }, async (given) => {
    const [name = ''] = given.operands;
    const credential = await credentialFrom(given);
    const clientId = checked(ClientId, given, 'client-id');
    const topicSpace = checked(TopicSpace, given, 'topics') ?? null;
    await refuseToOverwrite(given.text('out') ?? clientId);
    return withHub(given, async ({ http }) => {
      const site = await siteNamed(http, given.text('site'));
      const made = await createDeviceApi(http).register(site.id, {
        ...{ name, topicSpace, credential },
        ...(clientId === undefined ? {} : { clientId }),
      });
      await handOver(made, given.text('out') ?? made.device.clientId);
      return EXIT.ok;
    });
  });
}

export async function printDevices(argv: readonly string[]): Promise<number> {
  const options = { json: { type: 'boolean' } } as const;
  return withRemoteArguments(argv, { help: LIST_HELP, options, operands: [0, 0] }, async (given) =>
    withHub(given, async ({ http }) => {
      const devices = await devicesOfSites(http);
      if (given.flag('json')) {
        for (const device of devices) process.stdout.write(`${JSON.stringify(device)}\n`);
        return EXIT.ok;
      }
      if (devices.length === 0) process.stderr.write(terminalLines(['There are no devices yet.']));
      else process.stdout.write(terminalLines(columns([HEAD, ...devices.map(rowOf)])));
      return EXIT.ok;
    }),
  );
}

export async function rotateDevice(argv: readonly string[]): Promise<number> {
  const options = { ...CREDENTIAL_OPTIONS, 'revoke-others': { type: 'boolean' } } as const;
  const command = { help: ROTATE_HELP, options, operands: [1, 1] } as const;
  return withRemoteArguments(argv, command, async (given) => {
    const [wanted = ''] = given.operands;
    const credential = await credentialFrom(given);
    return withHub(given, async ({ http }) => {
      const { id } = findDevice(await devicesOfSites(http), wanted);
      const revokeOthers = given.flag('revoke-others');
      const made = await createDeviceApi(http).rotate(id, { credential, revokeOthers });
      await handOver(made, given.text('out') ?? made.device.clientId);
      return EXIT.ok;
    });
  });
}

export async function removeDevice(argv: readonly string[]): Promise<number> {
  return withRemoteArguments(argv, { help: REMOVE_HELP, operands: [1, 1] }, async (given) =>
    withHub(given, async ({ http }) => {
      const [wanted = ''] = given.operands;
      const device = findDevice(await devicesOfSites(http), wanted);
      await createDeviceApi(http).unregister(device.id);
      process.stdout.write(terminalLines([`${device.name} (${device.clientId}) is unregistered`]));
      return EXIT.ok;
    }),
  );
}

const HEAD = ['NAME', 'CLIENT ID', 'PRESENCE', 'LAST SEEN', 'CONNECTS WITH'];

function rowOf({ name, clientId, presence, credentials }: DeviceView): string[] {
  const how = credentials.map(({ kind, expiresAt }) =>
    expiresAt === null ? kind : `${kind} until ${expiresAt.slice(0, 10)}`,
  );
  return [name, clientId, presence.state, presence.lastSeenAt ?? 'never', how.join(', ') || '-'];
}

function checked<T>(
  schema: {
    readonly safeParse: (text: string) => { readonly success: boolean; readonly data?: T };
  },
  given: RemoteArguments,
  option: string,
): T | undefined {
  const text = given.text(option);
  if (text === undefined) return undefined;
  const parsed = schema.safeParse(text);
  if (parsed.success) return parsed.data;
  const reason = 'must be up to 40 letters, digits, _ and -';
  throw new AppError('bad_request', {
    details: { source: `--${option}`, field: text, reason },
  });
}
