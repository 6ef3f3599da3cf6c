import { posix } from 'node:path';

/**
 * The rooms of a program, bottom up, and what each may import besides itself, as in
 * ARCHITECTURE.md. A room is one folder without those in it, or a single file. A file outside
 * of any room, a room that is missing here, and a cycle fail the test.
 */
export type Rooms = Readonly<Record<string, readonly string[]>>;

/** What every Node program needs once. */
const PLATFORM_ROOMS: Rooms = {
  'platform/clock.ts': [],
  'platform/backoff.ts': [],
  'platform/lru-cache.ts': [],
  'platform/token-bucket.ts': ['platform/clock.ts'],
  'platform/until-aborted.ts': [],
  'platform/in-chunks.ts': [],
  'platform/grouped-by.ts': [],
  'platform/assembly.ts': [],
  'platform/closing-stack.ts': [],
  'platform/signal.ts': [],
  'platform/timers.ts': ['platform/clock.ts'],
  'platform/sharing': [],
  'platform/files': [],
  'platform/logging': ['platform/clock.ts'],
  'platform/terminal': [],
};

/** The foundation of every room of the hub, besides platform/. */
const HUB_FLOOR = ['hub/kernel', 'hub/store', 'hub/store/schema.ts', 'hub/store/engine'];

/** One room each: an engine is chosen in hub/store/open-store.ts, and nothing else knows which. */
const HUB_ENGINES = ['hub/store/engine/sqlite', 'hub/store/engine/postgres'];
const HUB_ENGINE = ['hub/store/schema.ts', 'hub/store/engine'];

/** One written order of the nouns: each may import those before it. */
export const HUB_NOUNS = [
  'hubs',
  'accounts',
  'sites',
  'bases',
  'devices',
  'units',
  'commands',
  'base-log',
  'readings',
  'firmware',
  'rollouts',
  'snapshots',
  'channels',
  'mqtt',
  'libpyiotcloud',
  'webhooks',
];
const HUB_NOUN_ROOMS = HUB_NOUNS.map((noun) => `hub/domain/${noun}`);

const HUB_EDGE = [
  'hub/kernel',
  ...HUB_NOUN_ROOMS,
  'hub/ingest',
  'hub/delivery',
  'hub/edges/admission',
];

const HUB_BELOW_COMPOSITION: Rooms = {
  'hub/kernel': [],
  'hub/store/schema': [],
  'hub/store/schema.ts': ['hub/store/schema'],
  'hub/store/engine': ['hub/store/schema.ts'],
  ...Object.fromEntries(HUB_ENGINES.map((engine) => [engine, HUB_ENGINE])),
  'hub/store/migrations': HUB_ENGINE,
  'hub/store/migrations/postgres': HUB_ENGINE,
  'hub/store': [
    ...['hub/kernel', 'hub/store/schema', ...HUB_ENGINE],
    ...['hub/store/migrations', 'hub/store/migrations/postgres'],
  ],
  'hub/store/open-store.ts': ['hub/store', ...HUB_ENGINE, ...HUB_ENGINES],
  'hub/store/transfer': ['hub/store', ...HUB_ENGINE, 'hub/store/open-store.ts'],
  ...inOrder(HUB_NOUN_ROOMS, HUB_FLOOR),
  'hub/ingest': [...HUB_FLOOR, ...HUB_NOUN_ROOMS],
  'hub/delivery': [...HUB_FLOOR, ...HUB_NOUN_ROOMS, 'hub/delivery/webhooks'],
  'hub/delivery/webhooks': [...HUB_FLOOR, ...HUB_NOUN_ROOMS],
  'hub/cluster': [...HUB_FLOOR, ...HUB_NOUN_ROOMS, 'hub/delivery'],
  'hub/tls': [],
  'hub/config': ['hub/tls'],
  'hub/edges/admission': ['hub/kernel', 'hub/domain/accounts'],
  'hub/edges/http': HUB_EDGE,
  'hub/edges/http/routes': [...HUB_EDGE, 'hub/edges/http'],
  'hub/edges/http/server.ts': [...HUB_EDGE, 'hub/edges/http', 'hub/edges/http/routes'],
  'hub/edges/channels': HUB_EDGE,
  'hub/edges/mqtt': HUB_EDGE,
};

const HUB_ROOMS: Rooms = {
  ...HUB_BELOW_COMPOSITION,
  ...inOrder(
    ['hub/listeners.ts', 'hub/app.ts', 'hub/main.ts', 'hub/database-commands.ts'],
    Object.keys(HUB_BELOW_COMPOSITION),
  ),
};

/** The modules of the base, in the order of its app.ts: each room may import those before it that it names. */
export const BASE_MODULES = [
  'base-unit/store',
  'base-unit/hub-link',
  'base-unit/outbox',
  'base-unit/drivers',
  'base-unit/discovery',
  'base-unit/units',
  'base-unit/commands',
  'base-unit/updates',
  'base-unit/hub-link/channel',
];
const BASE_STORE = ['base-unit/store', 'base-unit/store/outbox', 'base-unit/store/clocks.ts'];
const BASE_DRIVER = [...BASE_STORE, 'base-unit/drivers/port', 'base-unit/drivers/transport'];
const BASE_DRIVERS = [...BASE_DRIVER, 'base-unit/drivers/framed', 'base-unit/drivers'];

const BASE_BELOW_COMPOSITION: Rooms = {
  'base-unit/store/row.ts': [],
  'base-unit/store/clocks.ts': ['base-unit/store/row.ts'],
  'base-unit/store/outbox': ['base-unit/store/clocks.ts', 'base-unit/store/row.ts'],
  'base-unit/store': [
    ...['base-unit/store/clocks.ts', 'base-unit/store/row.ts', 'base-unit/store/outbox'],
  ],
  'base-unit/config': BASE_STORE,
  'base-unit/drivers/port': BASE_STORE,
  'base-unit/drivers/transport': [],
  'base-unit/drivers/framed': BASE_DRIVER,
  'base-unit/drivers/line': BASE_DRIVER,
  'base-unit/drivers': [...BASE_DRIVER, 'base-unit/drivers/framed', 'base-unit/drivers/line'],
  'base-unit/outbox': BASE_STORE,
  'base-unit/hub-link': [...BASE_STORE, 'base-unit/config', 'base-unit/outbox'],
  'base-unit/units': [
    ...BASE_DRIVERS,
    ...['base-unit/config', 'base-unit/outbox', 'base-unit/discovery'],
  ],
  'base-unit/commands': [
    ...[...BASE_STORE, 'base-unit/drivers/port'],
    ...['base-unit/outbox', 'base-unit/units'],
  ],
  'base-unit/hub-link/channel': [
    ...[...BASE_STORE, 'base-unit/config', 'base-unit/hub-link', 'base-unit/outbox'],
    ...['base-unit/discovery', 'base-unit/units', 'base-unit/commands', 'base-unit/updates'],
  ],
  'base-unit/pairing': [...BASE_STORE, 'base-unit/config', 'base-unit/hub-link'],
  'base-unit/discovery': [...BASE_DRIVERS, 'base-unit/config'],
  'base-unit/updates': [
    ...BASE_DRIVER,
    ...['base-unit/units', 'base-unit/hub-link', 'base-unit/outbox'],
  ],
  'base-unit/status': BASE_STORE,
  'base-unit/cli': [
    ...[...BASE_STORE, 'base-unit/config', 'base-unit/units', 'base-unit/hub-link'],
    ...['base-unit/pairing', 'base-unit/discovery', 'base-unit/status'],
  ],
};

const BASE_ROOMS: Rooms = {
  ...BASE_BELOW_COMPOSITION,
  ...inOrder(['base-unit/app.ts', 'base-unit/main.ts'], Object.keys(BASE_BELOW_COMPOSITION)),
};

/** The words of a command and of a unit's description, that all above speak of. */
const CONTRACT_FLOOR = ['protocol', 'protocol/errors.ts'];
const CONTRACT_NOUNS = ['protocol/access', 'protocol/command', 'protocol/thing'];

const PROTOCOL_ROOMS: Rooms = {
  protocol: [],
  'protocol/errors': ['protocol'],
  'protocol/errors.ts': ['protocol', 'protocol/errors'],
  'protocol/presence.ts': CONTRACT_FLOOR,
  'protocol/frame': ['protocol'],
  'protocol/access': CONTRACT_FLOOR,
  'protocol/command': CONTRACT_FLOOR,
  'protocol/device': [...CONTRACT_FLOOR, 'protocol/command', 'protocol/thing'],
  'protocol/webhook': ['protocol'],
  'protocol/thing': [...CONTRACT_FLOOR, 'protocol/access', 'protocol/command'],
  'protocol/reading.ts': ['protocol', 'protocol/command', 'protocol/thing'],
  'protocol/unit-link': [...CONTRACT_FLOOR, 'protocol/command', 'protocol/thing'],
  'protocol/noise': ['protocol', 'protocol/frame', 'protocol/unit-link'],
  'protocol/provisioning': ['protocol', 'protocol/noise'],
  'protocol/update': [...CONTRACT_FLOOR, 'protocol/noise', 'protocol/unit-link'],
  'protocol/rollout': [...CONTRACT_FLOOR, 'protocol/update'],
  'protocol/events': [
    ...[...CONTRACT_FLOOR, ...CONTRACT_NOUNS, 'protocol/presence.ts', 'protocol/reading.ts'],
    ...['protocol/device', 'protocol/rollout', 'protocol/webhook'],
  ],
  'protocol/http': [
    ...[...CONTRACT_FLOOR, ...CONTRACT_NOUNS, 'protocol/presence.ts', 'protocol/reading.ts'],
    ...['protocol/device', 'protocol/update', 'protocol/rollout', 'protocol/events'],
    'protocol/webhook',
  ],
  'protocol/hub-link': [
    ...[...CONTRACT_FLOOR, ...CONTRACT_NOUNS, 'protocol/presence.ts', 'protocol/reading.ts'],
    ...['protocol/update', 'protocol/rollout', 'protocol/http'],
  ],
};

const CLI_ROOMS: Rooms = {
  'cli/line-splitter.ts': [],
  'cli/self-command.ts': [],
  'cli/stop-signals.ts': [],
  'cli/firmware': [],
  'cli/remote': [],
  'cli/unit': ['cli/line-splitter.ts', 'cli/self-command.ts'],
  'cli/unit/provision': [],
  'cli/demo': ['cli/line-splitter.ts', 'cli/self-command.ts', 'cli/unit'],
  'cli/commands.ts': [
    ...['cli/firmware', 'cli/remote', 'cli/unit', 'cli/unit/provision', 'cli/demo'],
  ],
  'cli/main.ts': ['cli/commands.ts'],
  'cli/process.ts': ['cli/main.ts', 'cli/stop-signals.ts'],
  'cli/run.ts': ['cli/process.ts'],
};

/** What every room above the state of the dashboard knows. */
const SCREEN_FLOOR = [
  ...['dashboard/src/state/own.ts', 'dashboard/src/format', 'dashboard/src/api'],
  'dashboard/src/state',
];
const VIEW = [...SCREEN_FLOOR, 'dashboard/src/components'];
/** What the pages for a unit have in common. */
const UNIT_FIELDS = ['dashboard/src/views/unit-fields.tsx', 'dashboard/src/views/link-fields.tsx'];
const VIEW_FOLDERS = [
  ...[
    'activity',
    'add-unit',
    'base',
    'connect',
    'devices',
    'firmware',
    'settings',
    'topics',
    'webhooks',
  ],
];

const DASHBOARD_ROOMS: Rooms = {
  /** What builds it. */
  dashboard: [],
  'dashboard/public': [],
  'dashboard/src/theme': [],
  'dashboard/src/state/own.ts': [],
  'dashboard/src/format': ['dashboard/src/state/own.ts'],
  'dashboard/src/api': [],
  'dashboard/src/live': [],
  'dashboard/src/state': [
    ...['dashboard/src/state/own.ts', 'dashboard/src/format'],
    ...['dashboard/src/api', 'dashboard/src/live'],
  ],
  'dashboard/src/components': SCREEN_FLOOR,
  ...Object.fromEntries(UNIT_FIELDS.map((file) => [file, VIEW])),
  'dashboard/src/views/activity': VIEW,
  'dashboard/src/views/add-unit': [...VIEW, ...UNIT_FIELDS],
  'dashboard/src/views/base': VIEW,
  'dashboard/src/views/connect': VIEW,
  'dashboard/src/views/settings': VIEW,
  'dashboard/src/views/topics': [...VIEW, 'dashboard/src/views/settings'],
  'dashboard/src/views/devices': [
    ...[...VIEW, 'dashboard/src/views/settings', 'dashboard/src/views/topics'],
  ],
  'dashboard/src/views/webhooks': [...VIEW, 'dashboard/src/views/settings'],
  'dashboard/src/views/firmware': [...VIEW, 'dashboard/src/views/settings'],
  'dashboard/src/views': [
    ...[...VIEW, ...UNIT_FIELDS],
    ...VIEW_FOLDERS.map((folder) => `dashboard/src/views/${folder}`),
  ],
  'dashboard/src': [...VIEW, 'dashboard/src/theme', 'dashboard/src/views'],
};

/** The programs and what they share, checked room by room. */
export const ROOMS: Readonly<Partial<Record<string, Rooms>>> = {
  protocol: PROTOCOL_ROOMS,
  platform: PLATFORM_ROOMS,
  client: { client: [] },
  hub: HUB_ROOMS,
  'base-unit': BASE_ROOMS,
  'firmware/virtual': { 'firmware/virtual': [] },
  cli: CLI_ROOMS,
  dashboard: DASHBOARD_ROOMS,
};

/** Rooms that may import the floor and those before them. */
function inOrder(rooms: readonly string[], floor: readonly string[]): Rooms {
  return Object.fromEntries(
    rooms.map((room, index) => [room, [...floor, ...rooms.slice(0, index)]]),
  );
}

/** The room of a file: its own, or that of its folder. */
export function roomOf(rooms: Rooms, path: string): string | undefined {
  return [path, posix.dirname(path)].find((room) => Object.hasOwn(rooms, room));
}

/** A circle among the rooms, as the rooms it leads through; undefined when there is none. */
export function circleIn(rooms: Rooms): string[] | undefined {
  const done = new Set<string>();
  const visit = (room: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(room)) return [...way.slice(way.indexOf(room)), room];
    if (done.has(room)) return undefined;
    for (const next of rooms[room] ?? []) {
      const circle = visit(next, [...way, room]);
      if (circle) return circle;
    }
    done.add(room);
    return undefined;
  };
  for (const room of Object.keys(rooms)) {
    const circle = visit(room, []);
    if (circle) return circle;
  }
  return undefined;
}
