// Fetches nanopb's source for the chip from Debian's source package, once, into
// a build folder. The mirror is whichever one apt uses on this machine; apt's
// own lists are not touched.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './make/run.mjs';

/** The binary package whose repository also has the source. */
const SIBLING = 'libnanopb-dev';

/**
 * @param {string} folder where to keep it
 * @returns {Promise<string | undefined>} the folder with pb_decode.c, or undefined where apt cannot give it
 */
export async function fetchNanopb(folder) {
  const present = unpackedIn(folder);
  if (present !== undefined) return present;
  const source = await sourceLine();
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
    [...privately, 'source', '-qq', '--download-only', 'nanopb'],
  ]) {
    const { code, output } = await run('apt-get', args, { cwd: folder });
    if (code === 0) continue;
    console.error(output.trimEnd());
    return undefined;
  }
  const archive = readdirSync(folder).find((name) => name.includes('.orig.tar.'));
  if (archive === undefined) return undefined;
  await run('tar', ['xf', archive], { cwd: folder });
  return unpackedIn(folder);
}

function unpackedIn(folder) {
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .find((path) => existsSync(join(path, 'pb_decode.c')));
}

/** A `deb-src` line for the repository that this machine takes the library from. */
async function sourceLine() {
  const policy = await run('apt-cache', ['policy', SIBLING]);
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
