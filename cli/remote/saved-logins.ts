import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { readIfThere, writePrivateFile } from '#platform/files/private-file.ts';
import { checkPrivateFolder, makePrivateFolder } from '#platform/files/private-folder.ts';

/** What the command line knows a hub by, and is known to it by. */
export const SavedLogin = z.object({
  origin: z.string(),
  /** PEM of the hub's own CA; absent where the system knows who signed its certificate. */
  ca: z.string().optional(),
  secret: z.string(),
  person: z.string(),
});
export type SavedLogin = z.infer<typeof SavedLogin>;

/** One file for each hub, in a folder and with a mode that keep others out. */
export class SavedLogins {
  readonly #folder: string;

  constructor(env: NodeJS.ProcessEnv) {
    // A relative path is to be ignored (XDG base directory specification).
    const base = env['XDG_CONFIG_HOME'] ?? '';
    this.#folder = join(isAbsolute(base) ? base : join(homedir(), '.config'), 'signalbox');
  }

  /** @throws AppError `forbidden` where others may enter the folder. */
  async save(login: SavedLogin): Promise<string> {
    makePrivateFolder(this.#folder);
    const path = this.#pathOf(login.origin);
    await writePrivateFile(path, `${JSON.stringify(login, undefined, 2)}\n`);
    return path;
  }

  async find(origin: string): Promise<SavedLogin | undefined> {
    checkPrivateFolder(this.#folder);
    const text = await readIfThere(this.#pathOf(origin));
    if (text === undefined) return undefined;
    try {
      return SavedLogin.parse(JSON.parse(text));
    } catch (cause) {
      const details = { source: this.#pathOf(origin), field: 'this', reason: 'is not readable' };
      throw new AppError('bad_request', { cause, details });
    }
  }

  async forget(origin: string): Promise<void> {
    await rm(this.#pathOf(origin), { force: true });
  }

  origins(): string[] {
    try {
      return readdirSync(this.#folder)
        .filter((name) => name.endsWith('.json'))
        .map((name) => decodeURIComponent(name.slice(0, -'.json'.length)))
        .sort();
    } catch {
      return [];
    }
  }

  #pathOf(origin: string): string {
    return join(this.#folder, `${encodeURIComponent(origin)}.json`);
  }
}
