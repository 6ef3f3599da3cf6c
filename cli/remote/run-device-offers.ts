import { createOfferApi } from '#client/offer-api.ts';
import { AppError } from '#protocol/errors.ts';
import type { DeviceOffer } from '#protocol/http/device-offers.ts';
import { EXIT } from '#platform/terminal/exit-code.ts';
import { terminalLines } from '#platform/terminal/terminal-text.ts';
import { devicesOfSites, findDevice } from './named-devices.ts';
import { withHub, withRemoteArguments } from './with-hub.ts';

const DESCRIBE_HELP = `usage: signalbox device describe <device> [--hub URL] [--json]
Shows what a device says it is (Homie, Home Assistant discovery, Tasmota, the
hub's own scheme), and what of it is not understood.
  <device>       its name, its client id or its id
  --json         one line of JSON per description, for programs
`;
const ACCEPT_HELP = `usage: signalbox device accept <device> [--as ID] [--hub URL]
Makes a device the unit that it says it is, or reads its unit as it says now.
  <device>       its name, its client id or its id
  --as ID        one of its descriptions, as "describe" shows it; needed if there are several
`;

export async function describeDevice(argv: readonly string[]): Promise<number> {
  const options = { json: { type: 'boolean' } } as const;
  const command = { help: DESCRIBE_HELP, options, operands: [1, 1] } as const;
  return withRemoteArguments(argv, command, async (given) =>
    withHub(given, async ({ http }) => {
      const [wanted = ''] = given.operands;
      const device = findDevice(await devicesOfSites(http), wanted);
      const { offers, isFull } = await createOfferApi(http).offers(device.id);
      if (given.flag('json')) {
        for (const offer of offers) process.stdout.write(`${JSON.stringify(offer)}\n`);
        return EXIT.ok;
      }
      process.stdout.write(terminalLines(offers.flatMap(linesOf)));
      if (isFull) process.stderr.write(terminalLines(['It says more than the hub keeps.']));
      return EXIT.ok;
    }),
  );
}

export async function acceptDevice(argv: readonly string[]): Promise<number> {
  const options = { as: { type: 'string' } } as const;
  const command = { help: ACCEPT_HELP, options, operands: [1, 1] } as const;
  return withRemoteArguments(argv, command, async (given) =>
    withHub(given, async ({ http }) => {
      const [wanted = ''] = given.operands;
      const device = findDevice(await devicesOfSites(http), wanted);
      const api = createOfferApi(http);
      const { id: offerId, digest } = chosen(
        (await api.offers(device.id)).offers,
        given.text('as'),
      );
      const unit = await api.accept(device.id, { offerId, digest });
      process.stdout.write(terminalLines([`${device.name} is the unit ${unit.name} (${offerId})`]));
      return EXIT.ok;
    }),
  );
}

/** Presets are no word of the device: they are accepted only by name. */
function chosen(offers: readonly DeviceOffer[], wanted: string | undefined): DeviceOffer {
  const described = offers.filter(({ form }) => form !== 'libpyiotcloud');
  const found = wanted === undefined ? described : offers.filter(({ id }) => id === wanted);
  const [only, ...others] = found;
  if (!only) throw new AppError('offer_changed');
  if (others.length === 0) return only;
  const ids = found.map(({ id }) => id).join(', ');
  throw new AppError('bad_request', {
    details: { source: '--as', field: 'the description', reason: `must be one of ${ids}` },
  });
}

function linesOf({ id, title, state, mapping, leftOut }: DeviceOffer): string[] {
  const { properties, actions, events } = mapping;
  return [
    `${id}  ${title}  ${state}`,
    ...properties.map(({ name, schema, target }) => {
      const type = schema.unit === undefined ? schema.type : `${schema.type} in ${schema.unit}`;
      return `  ${name}: ${type}${target ? ', can be set' : ''}`;
    }),
    ...actions.map(({ name }) => `  ${name}: action`),
    ...events.map(({ name }) => `  ${name}: event`),
    ...leftOut.map(({ what, reason }) => `  not understood: ${what}: ${reason}`),
  ];
}
