import ts from 'typescript';
import { parsed } from './parsed.ts';
import { isTypeScript, type Source } from './source.ts';

interface Word {
  /** Whole words, as camelCase, PascalCase, snake_case and kebab-case are split. */
  readonly words: readonly string[];
  readonly use: string;
}

/** What no identifier and no file is called, and the field's own word for it. */
const REPLACED: readonly Word[] = [
  {
    words: ['tell', 'tells', 'told', 'retell'],
    use: 'publish, report, notify or send; lastReported',
  },
  { words: ['wish', 'wishes', 'wished'], use: 'desired value' },
  { words: ['asked', 'asker'], use: 'requested, requester' },
  { words: ['speech'], use: 'driver' },
  { words: ['hurry', 'linger', 'whereabouts'], use: 'connectNow, idle timer, address candidates' },
  { words: ['greet', 'greeted', 'greetings', 'foreknown'], use: 'hello, handshake, describe' },
  { words: ['chore', 'chores', 'attend'], use: 'maintenance task, start subscriptions' },
  {
    words: ['stranger', 'strangers', 'newcomer', 'rival', 'rivals'],
    use: 'unauthenticated peer, incoming connection, competing base',
  },
  { words: ['deed', 'deeds'], use: 'execution, execute' },
  { words: ['ask', 'asks', 'asking'], use: 'request, call' },
  {
    words: ['take', 'takes', 'taking', 'took'],
    use: 'accept, ingest, claim, apply, dequeue, fetch: the one that is meant',
  },
  { words: ['party', 'parties'], use: 'identity, peer or member' },
  { words: ['hop', 'hops'], use: 'stage' },
  { words: ['gate', 'gates'], use: 'semaphore, verifier or guard' },
  { words: ['prove', 'proves', 'proved'], use: 'verify, authenticate; key proof' },
  { words: ['judge', 'judges', 'judged'], use: 'check, verify or assess' },
  { words: ['fate', 'fates', 'mood', 'moods'], use: 'outcome, cause or reply; state' },
  { words: ['liar', 'blow', 'blows'], use: 'lying peer; kill or fault' },
  { words: ['doubt', 'doubts', 'doubted'], use: 'outcome unknown' },
  { words: ['happening', 'happenings'], use: 'event, status event' },
  { words: ['victim', 'condemn', 'trouble', 'troubles'], use: 'candidate, reject, last error' },
  { words: ['lane', 'lanes', 'kick', 'kicked'], use: 'sender, queue or pool; wake' },
  { words: ['strike', 'strikes', 'struck'], use: 'inject fault' },
  { words: ['membership', 'memberships', 'doors', 'door'], use: 'channel subscription, listener' },
  { words: ['commander'], use: 'command client' },
  { words: ['station', 'stations', 'stretch', 'stretches'], use: 'stage, segment' },
  { words: ['scene', 'scenes', 'rig', 'rigs', 'keeper'], use: 'fixture, invariant checker' },
];

/** Neighbours that mean something else together. */
const REPLACED_PAIRS: ReadonlyMap<string, string> = new Map([
  ['along with', 'within commit'],
  ['send ahead', 'send before commit'],
  ['carry out', 'execute'],
  ['under way', 'in flight'],
  ['late comers', 'queued during connect'],
  ['take back', 'cancel'],
  ['straight way', 'command path'],
]);

/** Constants say MAX_ and MIN_; in C++ kMax and kMin. */
const REPLACED_PREFIX = /^(MOST|LONGEST|FEW|FEWEST)(_|$)|^k(Most|Longest|Few)[A-Z]/;

/** What no comment and no text says either. Other words of the list have a plain sense as well. */
const REPLACED_PROSE =
  /\b(wish(es|ed)?|strangers?|newcomers?|rivals?|deeds?|whereabouts|foreknown|chores?|victims?|condemn(s|ed)?|happenings?|straight way|lanes?)\b/i;

/** Names of others, or of the field itself. */
const EXEMPT: ReadonlyMap<string, string> = new Map([
  ['executeTakeFirst', 'a call of Kysely'],
  ['executeTakeFirstOrThrow', 'a call of Kysely'],
  ['takeRecords', 'a call of the browser'],
  ['prove.mjs', '`npm run prove`: it proves what the documents claim'],
  ['proved.mjs', 'writes docs/proved.md'],
  ['proved.test.mjs', 'of proved.mjs'],
  ['hop', 'read from bases of version 3 and older, which give the number of a stage so'],
  ['underWay', 'a count of rollouts, in the API and in stored events'],
  ['STATION_IF', 'the name of an interface in the SDK of the chip'],
  ['setClockStretchLimit', 'a call of the I2C library; clock stretching is its term'],
  ['kStretchLimitUs', 'I2C clock stretching'],
  ['kManyStations', 'stations are what Wi-Fi calls them'],
]);

const PREFERRED = new Map(REPLACED.flatMap(({ words, use }) => words.map((word) => [word, use])));

/** Migrations and a recorded installation keep the names that they had. */
const KEPT = /^hub\/store\/migrations\/|^test\/installations\/2/;

/** They list these words. */
const PROSE_FREE = /^test\/(architecture\/words|words\.test)\.ts$/;

/** The violations in the names of one file, in sentences. */
export function wordViolations(source: Source): string[] {
  const { path } = source;
  if (KEPT.test(path)) return [];
  const names =
    isTypeScript(path) || /\.m?js$/.test(path) ? identifiersOf(source) : namesOf(source);
  const found = [...new Set(names)].flatMap((name) => violationOf(name));
  const prose = PROSE_FREE.test(path) ? undefined : REPLACED_PROSE.exec(source.text)?.[0];
  if (prose !== undefined) found.push(`says "${prose}" in a comment or a text`);
  const ofFile = violationOf(path.split('/').at(-1) ?? '').map((one) => `the file ${one}`);
  return [...ofFile, ...found].map((one) => `${path}: ${one}`);
}

function violationOf(name: string): string[] {
  if (EXEMPT.has(name)) return [];
  if (REPLACED_PREFIX.test(name)) return [`${name}: say MAX or MIN`];
  const words = wordsOf(name);
  const word = words.find((one) => PREFERRED.has(one));
  if (word !== undefined)
    return [`${name}: in place of "${word}" say ${PREFERRED.get(word) ?? ''}`];
  const pair = words
    .map((one, index) => `${one} ${words[index + 1] ?? ''}`)
    .find((one) => REPLACED_PAIRS.has(one));
  if (pair === undefined) return [];
  return [`${name}: in place of "${pair}" say ${REPLACED_PAIRS.get(pair) ?? ''}`];
}

export function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

function identifiersOf(source: Source): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) names.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(parsed(source));
  return names;
}

/** Of C++, without its comments and texts; of other files none. */
function namesOf({ path, text }: Source): string[] {
  if (!/\.(h|cpp)$/.test(path)) return [];
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$|"(\\.|[^"\\\n])*"/gm, ' ');
  return code.match(/[A-Za-z_]\w*/g) ?? [];
}
