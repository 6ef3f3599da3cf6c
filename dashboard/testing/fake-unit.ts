import type { UnitView } from '#protocol/http/units.ts';
import { type BaseId, newId, type SiteId, UnitId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import type { ScalarValue } from '#protocol/thing/data-schema.ts';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';
import type { UnitLinkKind } from '#protocol/unit-link-kind.ts';

export interface FakeUnitOptions {
  readonly name: string;
  readonly place: string;
  readonly thing: ThingDescription | null;
  readonly reported?: Readonly<Record<string, ScalarValue>>;
  readonly state?: UnitView['presence']['state'];
  readonly link?: UnitLinkKind;
}

interface Place {
  readonly siteId: SiteId;
  readonly baseId: BaseId;
  /** Of the units of the site; its address and its hardware are made of it. */
  readonly count: number;
}

const UPTIME_MS = 7_380_000;

/** A unit behind a base, with what a board reports of itself. */
export function fakeUnit({ siteId, baseId, count }: Place, options: FakeUnitOptions): UnitView {
  const { name, place, thing, link = 'frames', state = 'ready' } = options;
  const nowMs = Date.now();
  const now = toInstant(nowMs);
  const host = `192.168.1.${20 + (count % 200)}`;
  const unit: UnitView = {
    id: newId(UnitId),
    ...{ siteId, name, place },
    endpoint: { kind: 'base', baseId, address: { host, port: 8888 }, link },
    presence: { state, since: now, lastContactAt: state === 'init' ? null : now },
    identity: thing && {
      hardwareId: `esp-${count.toString(16).padStart(6, '0')}`,
      model: thing.title,
      firmwareVersion: '0.1.0',
      sessionPolicy: thing['sb:session'],
      bootId: '0badcafe',
      resetReason: 'power_on',
      startedAt: toInstant(nowMs - UPTIME_MS),
    },
    description: thing,
    ...{ reported: {}, desired: {}, update: null },
    createdAt: now,
  };
  const diagnostics = { rssi: -61, uptime: UPTIME_MS, freeHeap: 38_240 };
  const board = { mac: '5c:cf:7f:00:12:3a', ip: host, ...diagnostics };
  for (const [property, value] of Object.entries({ ...board, ...options.reported })) {
    if (!thing?.properties[property]) continue;
    unit.reported[property] = { value, measuredAtMs: nowMs, receivedAtMs: nowMs, clock: 'synced' };
  }
  return unit;
}
