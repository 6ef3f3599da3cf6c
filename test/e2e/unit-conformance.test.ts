import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import { parseLinkKey } from '#protocol/noise/link-key.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { startedOnce } from '../harness/started-once.ts';
import type { ConformingLamp } from '../harness/conforming-lamp.ts';
import { itConforms } from '../harness/unit-conformance.ts';
import { UnitPeer } from '../harness/unit-peer.ts';
import {
  firmwareIsBuilt,
  newKeyFile,
  type UnitImplementation,
  UnitProcess,
} from '../harness/unit-process.ts';
import { FirmwareMaker } from '../harness/update-images.ts';

const IMAGE = { platform: `linux-${process.arch}`, version: '9.0.0' };

/** A lamp as a process, that all tests of a group talk to. */
function startedLamp(
  implementation: UnitImplementation,
  isEncrypted: boolean,
): () => ConformingLamp {
  return startedOnce(async (cleanup) => {
    const folder = temporaryFolder(cleanup);
    const keyFile = isEncrypted ? newKeyFile(folder) : undefined;
    const key = keyFile && parseLinkKey(readFileSync(keyFile, 'utf8'));
    const [maker, otherMaker] = [
      await FirmwareMaker.in(temporaryFolder(cleanup)),
      await FirmwareMaker.in(temporaryFolder(cleanup)),
    ];
    const acceptsUpdates = implementation === 'firmware';
    const unit = new UnitProcess({
      kind: 'lamp',
      id: 'conforming',
      implementation,
      cleanup,
      ...(keyFile ? { keyFile } : {}),
      args: acceptsUpdates
        ? ['--update-folder', join(folder, 'updates'), '--update-key', maker.publicKeyFile]
        : [],
    });
    await unit.start();
    const image = new Uint8Array(4_096);
    return {
      isEncrypted,
      connect: () => new UnitPeer({ port: unit.port, cleanup: atTestEnd, ...(key ? { key } : {}) }),
      ...(acceptsUpdates && {
        firmware: {
          trusted: await maker.sign(image, IMAGE),
          untrusted: await otherMaker.sign(image, IMAGE),
        },
      }),
    };
  });
}

describe.skipIf(!firmwareIsBuilt())('the C++ unit, plain (npm run build)', () => {
  itConforms(startedLamp('firmware', false));
});
describe.skipIf(!firmwareIsBuilt())('the C++ unit, encrypted (npm run build)', () => {
  itConforms(startedLamp('firmware', true));
});
describe('the stand-in, plain', () => {
  itConforms(startedLamp('virtual', false));
});
describe('the stand-in, encrypted', () => {
  itConforms(startedLamp('virtual', true));
});
