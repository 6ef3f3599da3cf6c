import { readdirSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { temporaryFolder } from '../../testing/test-hub.ts';
import { FirmwareFiles } from './firmware-files.ts';

/** A first piece, and then nothing for ever. */
async function* stalled(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(8);
  await new Promise(() => undefined);
}

it('ends an upload whose place another needs, though nothing more of it comes', async () => {
  const folder = temporaryFolder(onTestFinished);
  const files = new FirmwareFiles({ folder });
  const gone = new AbortController();
  const received = files.receive(stalled(), { maxBytes: 99, signal: gone.signal });
  gone.abort(new AppError('overloaded'));
  await expect(received).rejects.toMatchObject({ code: 'overloaded' });
  expect(readdirSync(folder)).toEqual([]);
});
