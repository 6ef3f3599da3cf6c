import { availableParallelism } from 'node:os';
import { seconds } from '../make/run.mjs';

/**
 * @typedef {{ passed: number, failed: number, skipped: string[], output: string, processorMs?: number }} PartResult
 */

/** Adds up the parts of a test run and prints each as it ends. */
export class Tally {
  #passed = 0;
  #failed = 0;
  #skipped = [];
  #say;

  constructor(say) {
    this.#say = say;
  }

  get failed() {
    return this.#failed;
  }

  /**
   * Runs one part; the next can follow in any case.
   *
   * @param {string} name
   * @param {() => Promise<PartResult>} part
   */
  async part(name, part) {
    const startedAt = performance.now();
    this.#say(`▸ ${name}`);
    let result;
    try {
      result = await part();
    } catch (error) {
      result = { passed: 0, failed: 1, skipped: [], output: String(error?.stack ?? error) };
    }
    this.#add(name, result, performance.now() - startedAt);
    return result;
  }

  /**
   * Runs parts that do not disturb one another, as many at a time as there are processors.
   *
   * @param {{ name: string, part: () => Promise<PartResult> }[]} parts
   */
  async together(parts) {
    const waiting = [...parts];
    const worker = async () => {
      for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
        await this.part(one.name, one.part);
      }
    };
    await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, worker));
  }

  /** Counts a part that cannot be run at all. */
  skip(name, reason) {
    this.#add(name, { passed: 0, failed: 0, skipped: [reason], output: '' }, 0);
  }

  #add(name, { passed, failed, skipped, output, processorMs }, ms) {
    this.#passed += passed;
    this.#failed += failed;
    this.#skipped.push(...skipped.map((reason) => `${name}: ${reason}`));
    if (failed > 0) this.#say(output.trimEnd());
    const state = failed > 0 ? 'FAILED' : passed > 0 ? 'ok' : 'skipped';
    const counts = [`${passed} passed`, `${failed} failed`];
    if (skipped.length > 0) counts.push(`${skipped.length} skipped`);
    this.#say(`  ${state}: ${name}: ${counts.join(', ')} (${times(ms, processorMs)})`);
  }

  /** What was skipped, by name, then the total as the last line. */
  close() {
    this.#say('');
    for (const skipped of this.#skipped) this.#say(`skipped ${skipped}`);
    const skipped = this.#skipped.length > 0 ? `, ${this.#skipped.length} skipped` : '';
    this.#say(`${this.#passed} passed, ${this.#failed} failed${skipped}`);
  }
}

function times(ms, processorMs) {
  return processorMs ? `${seconds(ms)}, ${seconds(processorMs)} of processor` : seconds(ms);
}
