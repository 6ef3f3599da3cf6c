import { HUB_ACTOR } from '#protocol/events/actor.ts';
import { generateKeyPairSync } from 'node:crypto';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { pino } from 'pino';
import { parseClaimCode } from '#protocol/hub-link/claim-code.ts';
import {
  type BaseId,
  Epoch,
  EventId,
  HubId,
  type SiteId,
  type UnitId,
  newId,
} from '#protocol/ids.ts';
import type { KnownBase } from '../../domain/bases/base-directory.ts';
import { deviceCertificates } from '../device-certificates.ts';
import { MemoryPublisher } from '../memory-publisher.ts';
import { NO_WEBHOOKS } from '../no-webhooks.ts';
import { assembleHub } from '../../app.ts';
import { databaseFile, openDatabase } from '../../store/engine/sqlite/database.ts';
import { GroupCommit } from '../../store/engine/sqlite/group-commit.ts';
import { ReadTransactions } from '../../store/engine/sqlite/read-transactions.ts';
import { migrate } from '../../store/migrations.ts';
import { QueryThread } from '../../store/engine/sqlite/query-thread.ts';
import type { Db } from '../../store/schema.ts';
import { type UnitRecord, findUnit } from '../../store/units.ts';
import { UnitMapper } from '../../store/unit-mapper.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { describedLamp } from '../things.ts';

/** A data folder with a site, a base and described units, copied for each run. */
export interface FurnishedFolder {
  readonly folder: string;
  readonly siteId: SiteId;
  readonly baseId: BaseId;
  readonly unitIds: readonly UnitId[];
}

const log = pino({ level: process.env['HUB_TEST_LOG'] ?? 'silent' });

/** One run of the hub's services on a data folder: the real store and no sockets. */
export class ModelHub {
  readonly folder: string;
  readonly clock: ManualClock;
  readonly db: Db;
  readonly writer: GroupCommit;
  readonly publisher = new MemoryPublisher();
  readonly services: ReturnType<typeof assembleHub>['offers'];
  readonly #reader: QueryThread;
  readonly #reads: ReadTransactions;

  private constructor(folder: string, nowMs: number) {
    this.folder = folder;
    this.clock = new ManualClock(nowMs);
    this.db = openDatabase(folder);
    this.writer = new GroupCommit(this.db);
    this.#reader = new QueryThread({ db: this.db, file: databaseFile(folder), log });
    this.#reads = new ReadTransactions(folder);
    this.services = assembleHub({
      db: this.db,
      writer: this.writer,
      isShared: false,
      hubId: newId(HubId),
      bus: undefined,
      reader: this.#reader,
      reads: this.#reads,
      clock: this.clock,
      log,
      publisher: this.publisher,
      signUp: 'invite',
      passwordCost: { memoryCost: 1_024, timeCost: 1, parallelism: 1 },
      firmwareFolder: join(folder, 'firmware'),
      caFingerprint: () => '0'.repeat(17),
      hubUrls: () => [],
      deviceCertificates: deviceCertificates(this.clock),
      clockWatch: { areAgesCertain: () => true, onStep: () => undefined },
      eventConsumers: [],
      ...NO_WEBHOOKS,
    }).offers;
  }

  static async open(folder: string, nowMs?: number): Promise<ModelHub> {
    const hub = new ModelHub(folder, nowMs ?? Date.UTC(2026, 0, 1));
    await migrate(hub.db);
    // Only processes are killed here, never the machine: writes survive without a sync.
    await sql`pragma synchronous = off`.execute(hub.db);
    await hub.services.lease.begin();
    const { commandSweeper, commands } = hub.services;
    commandSweeper.start(() => commands.sweep());
    return hub;
  }

  async base(baseId: BaseId): Promise<KnownBase> {
    const record = await this.services.bases.find(baseId);
    if (!record) throw new Error('no base');
    return record;
  }

  async unit(unitId: UnitId): Promise<UnitRecord> {
    const unit = await findUnit(this.db, new UnitMapper(), unitId);
    if (!unit) throw new Error('no unit');
    return unit;
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let round = 0; round < 4; round += 1) {
      await this.writer.drain();
      await turn();
    }
  }

  /** The current content of the disk, as a killed process leaves it. */
  leaveBehind(folder: string): void {
    // The index of the write-ahead log is memory shared by processes, not a part of the data.
    cpSync(this.folder, folder, { recursive: true, filter: (name) => !name.endsWith('-shm') });
  }

  /** In good order, as after a signal. */
  async close(): Promise<void> {
    const { commandSweeper, waiters } = this.services;
    waiters.close();
    commandSweeper.close();
    await this.#reader.close();
    await this.#reads.close();
    await this.settle();
    await this.db.destroy();
  }
}

/** One turn of the event loop. */
export async function turn(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

export async function furnishFolder(parent: string): Promise<FurnishedFolder> {
  const folder = join(parent, 'furnished');
  const hub = await ModelHub.open(folder);
  const { sites, baseService, units, intake } = hub.services;
  const siteId = await sites.ensureFirstSite();
  const made = await baseService.createClaimCode({ siteId, baseName: 'Attic', createdBy: null });
  const publicKey = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x ?? '';
  const secret = parseClaimCode(made.code)?.secret ?? '';
  const { baseId } = await baseService.claim({ secret, publicKey, version: '0.1.0' });
  const base = await hub.base(baseId);
  const unitIds: UnitId[] = [];
  for (const host of ['192.0.2.10', '192.0.2.11']) {
    const unit = await units.add(
      base,
      {
        ...{ name: 'Lamp', place: '' },
        endpoint: { kind: 'base', baseId, address: { host, port: 8888 }, link: 'frames' },
      },
      HUB_ACTOR,
    );
    unitIds.push(unit.id);
  }
  await intake.ingest(base, {
    epoch: newId(Epoch),
    clockOffsetMs: 0,
    events: unitIds.map((unitId, index) => ({
      id: newId(EventId),
      seq: index + 1,
      type: 'unit.described',
      data: describedLamp(unitId, { hardwareId: `hardware ${index}` }),
    })),
  });
  await hub.close();
  return { folder, siteId, baseId, unitIds };
}
