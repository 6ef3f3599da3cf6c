import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LIMITS } from '#protocol/limits.ts';
import { REPOSITORY } from './architecture/source.ts';

function canGenerate(): boolean {
  try {
    execFileSync('sh', ['-c', 'command -v protoc && command -v protoc-gen-nanopb']);
    return true;
  } catch {
    return false;
  }
}

/** The generators' own versions do not matter, as long as they generate the same code. */
function withoutVersions(text: string): string {
  return text.replaceAll(/nanopb-\d[\w.-]*/g, 'nanopb');
}

const GENERATED: readonly [name: string, folder: string][] = [
  ['unit_link_pb.ts', 'protocol/unit-link'],
  ['unit_link.pb.c', 'firmware/core/generated'],
  ['unit_link.pb.h', 'firmware/core/generated'],
];

describe('the generated codecs', () => {
  const out = mkdtempSync(join(tmpdir(), 'signalbox-generated-'));
  afterAll(() => rmSync(out, { recursive: true, force: true }));

  it.skipIf(!canGenerate())(
    'are what the schema gives (needs protobuf-compiler and nanopb)',
    () => {
      execFileSync(process.execPath, [join(REPOSITORY, 'scripts/generate.mjs'), '--out', out]);
      for (const [name, folder] of GENERATED) {
        const fresh = readFileSync(join(out, name), 'utf8');
        const kept = readFileSync(join(REPOSITORY, folder, name), 'utf8');
        expect(withoutVersions(kept) === withoutVersions(fresh), `${folder}/${name}`).toBe(true);
      }
    },
  );
});

/** Which limit repeats which size of unit_link.options. */
const SIZES: Readonly<Record<string, number>> = {
  'BaseHello.base_id': LIMITS.unitLink.baseIdChars,
  'UnitHello.hardware_id': LIMITS.unitLink.hardwareIdChars,
  'UnitHello.model': LIMITS.unitLink.modelChars,
  'UnitHello.firmware_version': LIMITS.unitLink.firmwareVersionChars,
  'Affordance.name': LIMITS.unitLink.nameChars,
  'Affordance.title': LIMITS.unitLink.titleChars,
  'Affordance.semantic': LIMITS.unitLink.semanticChars,
  'Affordance.inputs': LIMITS.unitLink.inputs,
  'Affordance.outputs': LIMITS.unitLink.outputs,
  'DataSchema.name': LIMITS.unitLink.fieldNameChars,
  'DataSchema.unit': LIMITS.unitLink.unitChars,
  'DataSchema.allowed': LIMITS.unitLink.allowedValues,
  'Value.text': LIMITS.unitLink.textBytes,
  'Value.data': LIMITS.unitLink.dataBytes,
  'Invoke.arguments': LIMITS.unitLink.invokeArguments,
  'Report.values': LIMITS.unitLink.reportValues,
  'Result.values': LIMITS.unitLink.resultValues,
  'UpdateManifest.model': LIMITS.unitLink.modelChars,
  'UpdateManifest.platform': LIMITS.unitLink.platformChars,
  'UpdateManifest.version': LIMITS.unitLink.firmwareVersionChars,
  'UpdateManifest.min_version': LIMITS.unitLink.firmwareVersionChars,
  'UpdateManifest.sha256': LIMITS.unitLink.sha256Bytes,
  'UpdateBegin.manifest': LIMITS.unitLink.manifestBytes,
  'UpdateBegin.signature': LIMITS.unitLink.signatureBytes,
  'UpdateChunk.data': LIMITS.unitLink.chunkBytes,
  'UpdateStatus.failed_version': LIMITS.unitLink.firmwareVersionChars,
};

describe('limits.ts', () => {
  it('repeats every size of unit_link.options', () => {
    const options = readFileSync(
      join(REPOSITORY, 'protocol/unit-link/unit_link.options'),
      'utf8',
    ).matchAll(/^signalbox\.unitlink\.v1\.(\S+)\s+max_(?:length|count|size):(\d+)$/gm);
    const sizes = Object.fromEntries(
      Array.from(options, ([, field = '', size]): [string, number] => [field, Number(size)]),
    );
    expect(sizes).toEqual(SIZES);
  });
});
