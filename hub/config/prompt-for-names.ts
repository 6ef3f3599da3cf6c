import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { makeOwnFolder } from '#platform/files/private-folder.ts';
import { terminalLines } from '#platform/terminal/terminal-text.ts';
import { CONFIG_FILE, CertificateNames, type HubConfig } from './config.ts';
import { machineNames, reachableHosts } from '../tls/names.ts';

/** Where a person sits, if one does. */
export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable & { readonly isTTY?: boolean };
}

/** What decides whether to ask, besides the settings. */
export interface FirstStart {
  /** Never ask questions. */
  readonly yes: boolean;
  readonly terminal: Terminal;
  /** Whether no hub ever kept data where this one will; only called when the rest is true. */
  readonly isFirst: () => Promise<boolean>;
}

/** Limits how often a rejected answer is asked for again. */
const MAX_TRIES = 5;

const StoredSettings = z.record(z.string(), z.unknown());

/**
 * Whether to ask under which names others reach the hub: at the very first start, at a
 * terminal, unless already configured. A program that starts a hub for itself
 * (`--local-claim-file`) is not asked.
 */
export async function promptsForNames(config: HubConfig, at: FirstStart): Promise<boolean> {
  const { yes, terminal } = at;
  const isSettled =
    config.tlsNames.length > 0 ||
    config.tlsCertificateFile !== undefined ||
    config.localClaimFile !== undefined ||
    'tlsNames' in settingsIn(config.dataFolder);
  const isTerminal = terminal.input.isTTY === true && terminal.output.isTTY === true;
  return isTerminal && !yes && !isSettled && (await at.isFirst());
}

/**
 * Asks, and stores the answer in `hub.json`, so that it is asked once. An empty answer
 * means the machine's own names, which may change.
 *
 * @returns undefined when the person aborts
 */
export async function promptForNames(
  config: HubConfig,
  { terminal, stop }: { readonly terminal: Terminal; readonly stop: AbortSignal },
): Promise<readonly string[] | undefined> {
  const [suggested = 'localhost'] = reachableHosts(machineNames([]), []);
  const { input, output } = terminal;
  const brokenOff = new AbortController();
  const signal = AbortSignal.any([stop, brokenOff.signal]);
  const lines = createInterface({ input, output });
  lines.on('SIGINT', () => brokenOff.abort());
  lines.on('close', () => brokenOff.abort());
  try {
    for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
      const answer = await lines.question(
        `Which name or address will others use to reach this hub? [${suggested}] `,
        { signal },
      );
      const names = CertificateNames.safeParse(answer);
      if (names.success) {
        keepNames(config.dataFolder, names.data);
        return names.data;
      }
      output.write(terminalLines([names.error.issues[0]?.message ?? '']));
    }
    return undefined;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    lines.close();
  }
}

function keepNames(dataFolder: string, tlsNames: readonly string[]): void {
  makeOwnFolder(dataFolder);
  const settings = { ...settingsIn(dataFolder), tlsNames };
  writeFileSync(join(dataFolder, CONFIG_FILE), `${JSON.stringify(settings, null, 2)}\n`);
}

/** As they were read before, so they can be read; none where there is no file. */
function settingsIn(dataFolder: string): Record<string, unknown> {
  const path = join(dataFolder, CONFIG_FILE);
  return existsSync(path) ? StoredSettings.parse(JSON.parse(readFileSync(path, 'utf8'))) : {};
}
