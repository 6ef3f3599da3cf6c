/**
 * The rooms of a program, bottom up, and what each may import besides itself, as in
 * ARCHITECTURE.md. A file outside of any room, a room that is missing here, and a cycle
 * fail the test.
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
  'hub/store': ['hub/kernel', 'hub/store/schema', ...HUB_ENGINE],
  'hub/store/open-store.ts': ['hub/store', ...HUB_ENGINE, ...HUB_ENGINES],
  'hub/store/transfer': ['hub/store', ...HUB_ENGINE, 'hub/store/open-store.ts'],
  ...inOrder(HUB_NOUN_ROOMS, HUB_FLOOR),
  'hub/ingest': [...HUB_FLOOR, ...HUB_NOUN_ROOMS],
  'hub/delivery': [...HUB_FLOOR, ...HUB_NOUN_ROOMS],
  'hub/cluster': [...HUB_FLOOR, ...HUB_NOUN_ROOMS, 'hub/delivery'],
  'hub/tls': [],
  'hub/config': ['hub/tls'],
  'hub/edges/admission': ['hub/kernel', 'hub/domain/accounts'],
  'hub/edges/http': HUB_EDGE,
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
const BASE_STORE = ['base-unit/store'];
const BASE_DRIVER = ['base-unit/store', 'base-unit/drivers/port', 'base-unit/drivers/transport'];
const BASE_DRIVERS = [...BASE_DRIVER, 'base-unit/drivers/framed', 'base-unit/drivers'];

const BASE_BELOW_COMPOSITION: Rooms = {
  'base-unit/store': [],
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
    ...['base-unit/store', 'base-unit/drivers/port'],
    ...['base-unit/outbox', 'base-unit/units'],
  ],
  'base-unit/hub-link/channel': [
    ...['base-unit/store', 'base-unit/config', 'base-unit/hub-link', 'base-unit/outbox'],
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
    ...['base-unit/store', 'base-unit/config', 'base-unit/units', 'base-unit/hub-link'],
    ...['base-unit/pairing', 'base-unit/discovery', 'base-unit/status'],
  ],
};

const BASE_ROOMS: Rooms = {
  ...BASE_BELOW_COMPOSITION,
  ...inOrder(['base-unit/app.ts', 'base-unit/main.ts'], Object.keys(BASE_BELOW_COMPOSITION)),
};

/** The programs that are checked room by room. */
export const ROOMS: Readonly<Partial<Record<string, Rooms>>> = {
  platform: PLATFORM_ROOMS,
  hub: HUB_ROOMS,
  'base-unit': BASE_ROOMS,
};

/** Rooms that may import the floor and those before them. */
function inOrder(rooms: readonly string[], floor: readonly string[]): Rooms {
  return Object.fromEntries(
    rooms.map((room, index) => [room, [...floor, ...rooms.slice(0, index)]]),
  );
}

/** The room of a file: the longest prefix that the table names. */
export function roomOf(rooms: Rooms, path: string): string | undefined {
  return Object.keys(rooms)
    .filter((room) => path === room || path.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0];
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
