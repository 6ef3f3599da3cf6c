import { z } from 'zod';
import type { Json } from '../json.ts';
import { jsonOf } from './announced-json.ts';
import { MappingBuilder } from './mapping-builder.ts';
import type { Announcement, SelfDescription } from './self-description.ts';
import { addTasmotaSensors } from './tasmota-sensors.ts';

/** Retained by the device unless its own discovery is off: what it is, and what it measures. */
const DISCOVERY = /^tasmota\/discovery\/([0-9A-Fa-f]{12})\/(config|sensors)$/;
/** Sent every few minutes by each: what it measures, and how it is. The device may have several levels. */
const TELEMETRY = /^tele\/(.+)\/(SENSOR|STATE)$/;

const RELAY = { relay: 1, light: 2 } as const;

const Discovered = z.object({
  /** Its topic, and how whole topics are made of it. */
  t: z.string().min(1),
  ft: z.string().default('%prefix%/%topic%/'),
  tp: z.tuple([z.string(), z.string(), z.string()]).default(['cmnd', 'stat', 'tele']),
  dn: z.string().optional(),
  md: z.string().optional(),
  /** What it says for off and on. */
  state: z.array(z.string()).default(['OFF', 'ON']),
  /** Its relays: 0 none, 1 a relay, 2 a light, 3 a shutter. */
  rl: z.array(z.int()).default([]),
});
type Discovered = z.output<typeof Discovered>;

const State = z.record(z.string(), z.unknown());

export function isTasmotaTopic(topic: string): boolean {
  return DISCOVERY.test(topic) || TELEMETRY.test(topic);
}

/** Whether it is sent again and again, with other values. */
export function isTasmotaTelemetry(topic: string): boolean {
  return TELEMETRY.test(topic);
}

/** Everything that is known of one board. */
interface Board {
  config: Discovered | undefined;
  sensors: Json | undefined;
  state: z.infer<typeof State> | undefined;
}

/** Boards with Tasmota, by what they send of themselves. */
export function tasmotaDescriptions(announcements: readonly Announcement[]): SelfDescription[] {
  const boards = new Map<string, Board>();
  const byMac = discovered(announcements);
  const boardAt = (topic: string): Board => {
    const board = boards.get(topic) ?? { config: undefined, sensors: undefined, state: undefined };
    boards.set(topic, board);
    return board;
  };
  for (const { config, sensors } of byMac.values()) {
    if (!config) continue;
    const board = boardAt(config.t);
    Object.assign(board, { config, sensors });
  }
  for (const { topic, payload } of announcements) {
    const [, name, what] = TELEMETRY.exec(topic) ?? [];
    if (name === undefined) continue;
    const document = jsonOf(payload);
    if (what === 'SENSOR') boardAt(name).sensors ??= document;
    else boardAt(name).state = State.safeParse(document).data;
  }
  return [...boards].flatMap(([topic, board]) => describedBy(topic, board) ?? []);
}

function discovered(announcements: readonly Announcement[]): Map<string, Omit<Board, 'state'>> {
  const byMac = new Map<string, Omit<Board, 'state'>>();
  for (const { topic, payload } of announcements) {
    const [, mac, what] = DISCOVERY.exec(topic) ?? [];
    if (mac === undefined) continue;
    const board = byMac.get(mac) ?? { config: undefined, sensors: undefined };
    const document = jsonOf(payload);
    if (what === 'config') board.config = Discovered.safeParse(document).data;
    else board.sensors = z.object({ sn: z.json() }).safeParse(document).data?.sn;
    byMac.set(mac, board);
  }
  return byMac;
}

function describedBy(
  topic: string,
  { config, sensors, state }: Board,
): SelfDescription | undefined {
  const builder = new MappingBuilder();
  const topics = topicsOf(topic, config);
  addPower(builder, topics, { config, state });
  if (state && 'Dimmer' in state) {
    builder.property({
      ...{ name: 'brightness', title: 'Brightness', semantic: 'light.brightness' },
      schema: { type: 'integer', minimum: 0, maximum: 100, unit: '%' },
      source: {
        topic: topics.status('RESULT'),
        ...{ form: { kind: 'json', pointer: '/Dimmer' }, isOptional: true },
      },
      target: { topic: topics.command('Dimmer'), form: { kind: 'text' }, confirmation: 'state' },
    });
  }
  for (const colour of ['Color', 'CT', 'White'] as const) {
    if (state && colour in state) builder.leaveOut(colour, 'colours of a light are not read');
  }
  if (sensors !== undefined) addTasmotaSensors(builder, sensors, topics.telemetry('SENSOR'));
  addFacts(builder, topics, state);
  builder.action({
    ...{ name: 'restart', title: 'Restart', topic: topics.command('Restart') },
    ...{ payload: '1', confirmation: 'delivery' },
  });
  const title = config?.dn ?? topic;
  return builder.build({
    ...{ id: `tasmota:${topic}`, form: 'tasmota', title },
    model: config?.md ?? 'Tasmota',
  });
}

interface TasmotaTopics {
  readonly command: (name: string) => string;
  readonly status: (name: string) => string;
  readonly telemetry: (name: string) => string;
}

function topicsOf(topic: string, config: Discovered | undefined): TasmotaTopics {
  const [command, status, telemetry] = config?.tp ?? ['cmnd', 'stat', 'tele'];
  const whole = config?.ft ?? '%prefix%/%topic%/';
  const at = (prefix: string) => (name: string) =>
    whole.replaceAll('%prefix%', prefix).replaceAll('%topic%', topic) + name;
  return { command: at(command), status: at(status), telemetry: at(telemetry) };
}

function addPower(
  builder: MappingBuilder,
  topics: TasmotaTopics,
  { config, state }: Pick<Board, 'config' | 'state'>,
): void {
  const [off = 'OFF', on = 'ON'] = config?.state ?? [];
  const words = { [on]: true, [off]: false };
  for (const { name, isLight } of relaysOf(config, state)) {
    const number = name.slice('POWER'.length);
    builder.property({
      ...{ name: `on${number}`, title: number === '' ? 'On' : `On ${number}` },
      ...(isLight ? { semantic: 'light.switch' } : {}),
      schema: { type: 'boolean' },
      source: { topic: topics.status(name), form: { kind: 'text', words } },
      target: {
        topic: topics.command(name),
        ...{ form: { kind: 'text', words }, confirmation: 'state' },
      },
    });
  }
  if (config?.rl.some((kind) => kind > RELAY.light) === true)
    builder.leaveOut('shutters', 'are not read');
}

/** By its discovery, or else by what its state names: `POWER`, or `POWER1` and more. */
function relaysOf(
  config: Discovered | undefined,
  state: Board['state'],
): { readonly name: string; readonly isLight: boolean }[] {
  const kinds = config?.rl.filter((kind) => kind === RELAY.relay || kind === RELAY.light) ?? [];
  if (config && kinds.length > 0) {
    return kinds.map((kind, index) => ({
      name: kinds.length === 1 ? 'POWER' : `POWER${index + 1}`,
      isLight: kind === RELAY.light,
    }));
  }
  const names = Object.keys(state ?? {}).filter((name) => /^POWER\d{0,2}$/.test(name));
  const isLight = state !== undefined && 'Dimmer' in state;
  return names.map((name) => ({ name, isLight }));
}

/** How the board itself is, from what it sends with its state. */
function addFacts(builder: MappingBuilder, topics: TasmotaTopics, state: Board['state']): void {
  const topic = topics.telemetry('STATE');
  const at = (pointer: string) =>
    ({ topic, form: { kind: 'json', pointer }, isOptional: true }) as const;
  const wifi = State.safeParse(state?.['Wifi']).data;
  if (wifi && 'Signal' in wifi) {
    builder.property({
      ...{ name: 'signal', title: 'Wi-Fi signal', semantic: 'diagnostic.rssi' },
      ...{ schema: { type: 'integer', unit: 'dBm' }, source: at('/Wifi/Signal') },
    });
  }
  if (state && 'UptimeSec' in state) {
    builder.property({
      ...{ name: 'uptime', title: 'Running for', semantic: 'diagnostic.uptime' },
      ...{ schema: { type: 'integer', unit: 's' }, source: at('/UptimeSec') },
    });
  }
}
