import { readFile, rename, writeFile } from 'node:fs/promises';
import type { LampState } from './lamp.ts';

const LINE = /^color=#([0-9a-f]{6}) brightness=(\d{1,3}) on=([01])\n$/i;

/** The state in the file; undefined where there is none that can be read. */
export async function loadLampState(path: string): Promise<LampState | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const [, color = '', brightness = '', on] = LINE.exec(text) ?? [];
  if (on === undefined || Number(brightness) > 100) return undefined;
  return { on: on === '1', color: Number.parseInt(color, 16), brightness: Number(brightness) };
}

/** Written beside and renamed, so that a kill never leaves half a file. */
export async function saveLampState(path: string, state: LampState): Promise<void> {
  const color = state.color.toString(16).padStart(6, '0');
  const line = `color=#${color} brightness=${state.brightness} on=${state.on ? 1 : 0}\n`;
  await writeFile(`${path}.new`, line);
  await rename(`${path}.new`, path);
}
