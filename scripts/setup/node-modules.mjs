import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from '../make/run.mjs';
import { ensurePackages, installLine, PACKAGES } from './debian-packages.mjs';

const STAMP = 'node_modules/.signalbox-stamp';
const INSTALLING = 'Installing the npm packages (about a minute the first time)';
const NATIVE_BUILD = [PACKAGES.python, PACKAGES.make, PACKAGES.compiler];

/**
 * Makes node_modules match package-lock.json and this Node.js: nothing to do
 * when the stamp fits, else `npm ci`.
 *
 * @returns {boolean} whether node_modules is good
 */
export function ensureNodeModules(root, say) {
  if (isReady(root)) return true;
  say(INSTALLING);
  const first = npmCi(root);
  if (!first.ok) {
    // The usual reason: no prebuilt SQLite for this machine, and no compiler
    // to make one. Then npm's pages of complaint would only frighten.
    const missing = ensurePackages(NATIVE_BUILD, say);
    const second = missing.length > 0 ? first : npmCi(root);
    if (!second.ok) {
      say(second.complaint);
      if (missing.length > 0) say(installLine('Compiling SQLite', missing));
      else say('The npm packages could not be installed; the lines above say why.');
      return false;
    }
  }
  setStamp(root);
  return true;
}

/**
 * As {@link ensureNodeModules}, but leaves what is to be compiled to
 * {@link compileNativeParts}: it takes one processor for minutes, in which
 * others need not stand still.
 *
 * @returns {'ready' | 'unpacked' | 'failed'}
 */
export function unpackNodeModules(root, say) {
  if (isReady(root)) return 'ready';
  say(INSTALLING);
  const { ok, complaint } = npmCi(root, ['--ignore-scripts']);
  if (!ok) say(complaint);
  return ok ? 'unpacked' : 'failed';
}

/** @returns {Promise<{ ok: boolean, output: string }>} */
export async function compileNativeParts(root) {
  const { code, output } = await run('npm', ['rebuild', '--loglevel=error'], {
    cwd: root,
    env: headers(),
  });
  const ok = code === 0 && nativePartsLoad(root);
  if (ok) setStamp(root);
  return { ok, output };
}

/** Looks closely where no stamp says so, and then stamps. */
function isReady(root) {
  const file = join(root, STAMP);
  if (existsSync(file) && readFileSync(file, 'utf8') === lockStamp(root)) return true;
  const isGood = installedMatchesLock(root) && nativePartsLoad(root);
  if (isGood) setStamp(root);
  return isGood;
}

function setStamp(root) {
  writeFileSync(join(root, STAMP), lockStamp(root));
}

function lockStamp(root) {
  const lock = readFileSync(join(root, 'package-lock.json'));
  const abi = `${process.platform} ${process.arch} ${process.versions.modules}`;
  return `${createHash('sha256').update(lock).digest('hex')} ${abi}\n`;
}

/** npm writes what it installed to a lock file of its own, as its last act. */
function installedMatchesLock(root) {
  const installedFile = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const found = installed[path];
    return found ? found.version === entry.version : entry.optional === true;
  });
}

function nativePartsLoad(root) {
  const probe = "new (require('better-sqlite3'))(':memory:').close(); require('@node-rs/argon2')";
  return spawnSync(process.execPath, ['-e', probe], { cwd: root, stdio: 'ignore' }).status === 0;
}

/** @returns {{ ok: boolean, complaint: string }} */
function npmCi(root, options = []) {
  const { status, stderr, error } = spawnSync(
    'npm',
    ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error', ...options],
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      maxBuffer: 16 * 1024 * 1024,
      env: { ...process.env, ...headers() },
    },
  );
  return { ok: status === 0, complaint: error?.message ?? stderr.trim() };
}

/**
 * Node's own headers, where they were installed along with it: then the
 * native build needs no download from nodejs.org.
 */
function headers() {
  const prefix = dirname(dirname(process.execPath));
  const present = existsSync(join(prefix, 'include/node/node_version.h'));
  return present && process.env.npm_config_nodedir === undefined
    ? { npm_config_nodedir: prefix }
    : {};
}
