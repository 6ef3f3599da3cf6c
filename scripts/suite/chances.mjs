import { randomInt } from 'node:crypto';
import { run } from '../make/run.mjs';

const MAX = 2 ** 31;

/**
 * The random seed of a run of all tests: the same for the same commit, so that a
 * commit's result does not depend on luck, and another for the next one. SIGNALBOX_SEED
 * repeats an earlier run.
 *
 * @param {string} root
 * @param {{ SIGNALBOX_SEED?: string }} env
 * @returns {Promise<number>} from 1 to 2^31
 */
export async function seedOf(root, env = process.env) {
  const given = Number(env.SIGNALBOX_SEED);
  if (Number.isSafeInteger(given) && given > 0) return given;
  const { code, output } = await run('git', ['rev-parse', '--short=8', 'HEAD'], { cwd: root });
  const commit = Number.parseInt(output, 16);
  return code === 0 && commit > 0 ? (commit % MAX) + 1 : randomInt(1, MAX);
}
