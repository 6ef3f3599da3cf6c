import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, vi } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { type FirmwareId, newId, type SiteId, UserId } from '#protocol/ids.ts';
import { FirmwareMaker } from '../../testing/firmware-file.ts';
import { ReadingsHub } from '../../testing/readings-site.ts';
import { temporaryPlace, testEngines } from '../../testing/test-store.ts';
import type { StorePlace } from '../../store/open-store.ts';
import { insertSite } from '../../store/sites.ts';
import { IMAGE_PART_BYTES } from '../../store/firmware-images.ts';
import { FirmwareImages } from './firmware-images.ts';

const IMAGE = Uint8Array.from({ length: 3 * IMAGE_PART_BYTES + 1_000 }, (_, index) => index % 251);

async function arrange(place: StorePlace) {
  const folder = join(place.dataFolder, 'firmware');
  const open = async () => {
    const { services, store } = await ReadingsHub.open(place);
    const { firmware, unitOfWork } = services;
    await firmware.open();
    const upload = async (siteId: SiteId, file: Uint8Array) =>
      (await firmware.upload({ siteId, content: inPieces(file), userId, uploadedBy: 'user:x' }))
        .firmware;
    const newSite = async (name: string) =>
      (await unitOfWork.run(async ({ tx }) => await insertSite(tx, name, 1), 'hub')).id;
    const bytesOf = async (id: FirmwareId, range?: { start: number; end: number }) => {
      const file = await firmware.find(id);
      const stream = await firmware.content(file, range ?? { start: 0, end: file.bytes - 1 });
      return await buffer(stream);
    };
    const partsOf = async (sha256: string) =>
      (
        await store.db
          .selectFrom('firmware_images')
          .select('part')
          .where('sha256', '=', sha256)
          .orderBy('part')
          .execute()
      ).map(({ part }) => part);
    const images = new FirmwareImages({ db: store.db, unitOfWork });
    return { firmware, unitOfWork, db: store.db, upload, newSite, bytesOf, partsOf, images };
  };
  const maker = await FirmwareMaker.create();
  const userId = newId(UserId);
  const file = Buffer.from(await maker.file({}, IMAGE));
  const sha256 = createHash('sha256').update(file).digest('hex');
  return { folder, open, maker, file, sha256 };
}

async function* inPieces(file: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.length; at += 50_000) {
    yield await Promise.resolve(file.subarray(at, at + 50_000));
  }
}

describe.each(testEngines())('images on %s', (engine) => {
  it('are given from any byte to any other, part by part', async () => {
    const { open, file } = await arrange(await temporaryPlace(engine));
    const hub = await open();
    const view = await hub.upload(await hub.newSite('Home'), file);
    expect(await hub.partsOf(view.sha256)).toEqual([0, 1, 2, 3]);
    expect((await hub.bytesOf(view.id)).equals(file)).toBe(true);
    const edge = 2 * IMAGE_PART_BYTES;
    for (const [start, end] of [
      [0, 0],
      [edge - 1, edge],
      [edge, edge],
      [edge - 1, edge - 1],
      [10, 3 * IMAGE_PART_BYTES + 5],
      [file.length - 1, file.length - 1],
    ] as const) {
      const found = await hub.bytesOf(view.id, { start, end });
      expect(found.equals(file.subarray(start, end + 1)), `${start}-${end}`).toBe(true);
    }
    // Not all is read before it is wanted: what is removed meanwhile breaks it off.
    const stored = await hub.firmware.find(view.id);
    const stream = await hub.firmware.content(stored, { start: 0, end: stored.bytes - 1 });
    await hub.firmware.remove(view.id, 'user:x');
    await expect(stream.toArray()).rejects.toMatchObject({ code: 'storage_unavailable' });
  });

  it('are there as long as any site has them', async () => {
    const { open, file, sha256 } = await arrange(await temporaryPlace(engine));
    const hub = await open();
    const [home, cottage] = [await hub.newSite('Home'), await hub.newSite('Cottage')];
    const [first, second] = [await hub.upload(home, file), await hub.upload(cottage, file)];
    await hub.firmware.remove(first.id, 'user:x');
    expect((await hub.bytesOf(second.id)).equals(file)).toBe(true);
    await hub.firmware.remove(second.id, 'user:x');
    expect(await hub.partsOf(sha256)).toEqual([]);
  });

  it('leave nothing behind when they could not be stored to their end', async () => {
    const { open, file, sha256 } = await arrange(await temporaryPlace(engine));
    const hub = await open();
    const site = await hub.newSite('Home');
    const run = hub.unitOfWork.run.bind(hub.unitOfWork);
    const refused = vi.spyOn(hub.unitOfWork, 'run');
    refused.mockImplementationOnce(run);
    refused.mockRejectedValueOnce(new AppError('overloaded'));
    await expect(hub.upload(site, file)).rejects.toMatchObject({ code: 'overloaded' });
    expect(await hub.partsOf(sha256)).toEqual([]);
  });

  it('are complete although those without a site were cleared away during the upload', async () => {
    const { open, file, sha256 } = await arrange(await temporaryPlace(engine));
    const hub = await open();
    await hub.images.prepare({ sha256, content: file }, 'x');
    expect(await hub.partsOf(sha256)).toHaveLength(4);
    await hub.images.sweep();
    expect(await hub.partsOf(sha256)).toEqual([]);
    await hub.unitOfWork.run(async (work) => {
      await work.hold({ image: sha256 });
      await hub.images.complete(work, { sha256, content: file });
    }, 'x');
    expect(await hub.partsOf(sha256)).toHaveLength(4);
  });

  it.each(['at once', 'killed before it was complete', 'killed before the file was removed'])(
    'come into the database from the folder of an earlier version: %s',
    async (when) => {
      const place = await temporaryPlace(engine);
      const { folder, open, file, sha256 } = await arrange(place);
      const hub = await open();
      const view = await hub.upload(await hub.newSite('Home'), file);
      const keep = { 'at once': 0, 'killed before it was complete': 2 }[when] ?? 9;
      await hub.db
        .deleteFrom('firmware_images')
        .where('part', '>=', keep)
        .where('sha256', '=', sha256)
        .execute();
      const lost = '0'.repeat(64);
      writeFileSync(join(folder, sha256), file);
      writeFileSync(join(folder, lost), 'of a site that is gone');
      writeFileSync(join(folder, 'begun.part'), 'cut');
      const next = await open();
      expect(readdirSync(folder)).toEqual([]);
      expect((await next.bytesOf(view.id)).equals(file)).toBe(true);
      expect(await next.partsOf(lost)).toEqual([]);
    },
  );

  it('stay in the folder of an earlier version where they are damaged, and keep no hub from starting', async () => {
    const place = await temporaryPlace(engine);
    const { folder, open, file, sha256 } = await arrange(place);
    const hub = await open();
    const view = await hub.upload(await hub.newSite('Home'), file);
    await hub.db.deleteFrom('firmware_images').execute();
    mkdirSync(join(folder, 'a'.repeat(64)));
    writeFileSync(join(folder, sha256), file.subarray(1));
    const next = await open();
    expect(existsSync(join(folder, sha256))).toBe(true);
    // Not "unknown", at which a base would give up.
    await expect(next.bytesOf(view.id)).rejects.toMatchObject({ code: 'storage_unavailable' });
    // Brought once more, it is whole.
    await next.upload(view.siteId, file);
    expect((await next.bytesOf(view.id)).equals(file)).toBe(true);
  });
});

it.runIf(testEngines().includes('postgres'))(
  'an image that one hub removes for a site while another brings it for a second one is whole',
  async () => {
    const place = await temporaryPlace('postgres');
    const { open, maker } = await arrange(place);
    const [one, two] = [await open(), await open()];
    const [home, cottage] = [await one.newSite('Home'), await one.newSite('Cottage')];
    for (let round = 0; round < 12; round += 1) {
      const file = await maker.file({ version: `1.0.${round}` }, IMAGE);
      const { id, sha256 } = await one.upload(home, file);
      const [brought] = await Promise.all([
        two.upload(cottage, file),
        one.firmware.remove(id, 'user:x'),
        round % 2 === 0 ? one.images.sweep() : undefined,
      ]);
      expect((await one.bytesOf(brought.id)).equals(Buffer.from(file))).toBe(true);
      await two.firmware.remove(brought.id, 'user:x');
      expect(await one.partsOf(sha256)).toEqual([]);
    }
  },
);
