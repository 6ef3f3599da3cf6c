/**
 * @typedef {object} QueuedPart
 * @property {string} name
 * @property {() => Promise<import('./tally.mjs').PartResult>} part
 * @property {readonly string[]} [after] names of parts of other queues that must have ended, well or not
 */

/**
 * Runs queues beside one another. A queue runs its steps in their order, `width` at a time; a step is
 * a part, or several that begin together.
 *
 * @param {import('./tally.mjs').Tally} tally
 * @param {readonly { width: number, steps: readonly (QueuedPart | readonly QueuedPart[])[] }[]} queues
 */
export async function runQueues(tally, queues) {
  const all = queues.flatMap(({ steps }) => steps.flat());
  const ends = new Map(all.map(({ name }) => [name, deferred()]));
  const runPart = async ({ name, part, after = [] }) => {
    try {
      await Promise.all(after.map((other) => ends.get(other)?.promise));
      await tally.part(name, part);
    } finally {
      ends.get(name)?.resolve();
    }
  };
  const runQueue = async ({ width, steps }) => {
    const waiting = [...steps];
    const worker = async () => {
      for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
        await Promise.all([step].flat().map(runPart));
      }
    };
    await Promise.all(Array.from({ length: width }, worker));
  };
  await Promise.all(queues.map(runQueue));
}

function deferred() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}
