// Fetches a library's source for the chip from Debian's source package, once,
// into a build folder. The mirror is whichever one apt uses on this machine;
// apt's own lists are not touched.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './make/run.mjs';

/**
 * @typedef {object} DebianSource
 * @property {string} name the source package
 * @property {string} sibling a binary package whose repository also has the source
 * @property {string} sign a file of the unpacked source
 */

/** @type {Record<'nanopb' | 'bearssl', DebianSource>} */
export const SOURCES = {
  nanopb: { name: 'nanopb', sibling: 'libnanopb-dev', sign: 'pb_decode.c' },
  bearssl: { name: 'bearssl', sibling: 'libbearssl-dev', sign: 'inc/bearssl_block.h' },
};

/**
 * @param {DebianSource} wanted
 * @param {string} folder where to keep it
 * @returns {Promise<string | undefined>} the unpacked folder, or undefined where apt cannot give it
 */
export async function fetchSource(wanted, folder) {
  const present = unpackedIn(folder, wanted);
  if (present !== undefined) return present;
  const source = await sourceLine(wanted);
  if (source === undefined) return undefined;
  const lists = join(folder, 'lists');
  mkdirSync(join(lists, 'partial'), { recursive: true });
  mkdirSync(join(folder, 'cache/archives/partial'), { recursive: true });
  const sourceList = join(folder, 'sources.list');
  writeFileSync(sourceList, `${source}\n`);
  const privately = [
    `Dir::Etc::sourcelist=${sourceList}`,
    'Dir::Etc::sourceparts=/dev/null',
    `Dir::State::lists=${lists}`,
    `Dir::Cache=${join(folder, 'cache')}`,
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
  for (const args of [
    [...privately, 'update', '-qq'],
    [...privately, 'source', '-qq', '--download-only', wanted.name],
  ]) {
    const { code, output } = await run('apt-get', args, { cwd: folder });
    if (code === 0) continue;
    console.error(output.trimEnd());
    return undefined;
  }
  const archive = readdirSync(folder).find((name) => name.includes('.orig.tar.'));
  if (archive === undefined) return undefined;
  await run('tar', ['xf', archive], { cwd: folder });
  return unpackedIn(folder, wanted);
}

function unpackedIn(folder, { sign }) {
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .find((path) => existsSync(join(path, sign)));
}

/** A `deb-src` line for the repository that this machine takes the library from. */
async function sourceLine({ sibling }) {
  const policy = await run('apt-cache', ['policy', sibling]);
  const place = /\s(\S+:\/\S+|file:\S+) (\S+)\/(\S+) \S+ Packages/.exec(policy.output);
  if (policy.code !== 0 || place === null) return undefined;
  const [, uri, release, component] = place;
  const targets = await run('apt-get', [
    'indextargets',
    '--format',
    '$(REPO_URI) $(RELEASE) $(SIGNED_BY)',
  ]);
  const signedBy = targets.output
    .split('\n')
    .map((line) => line.split(' '))
    .find(([repository, name]) => repository === `${uri}/` && name === release)?.[2];
  const options = signedBy?.startsWith('/') ? `[signed-by=${signedBy}] ` : '';
  return `deb-src ${options}${uri} ${release} ${component}`;
}
