import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { processorMs, processorMsWithChildren } from '../../bench/cost/processes.ts';

/** How busy the processors of this machine are, all programs together. */
export class ProcessorUse {
  #before = totals();

  /** Share of the time since the last call, 0 to 1. */
  share(): number {
    const now = totals();
    const busy = now.busy - this.#before.busy;
    const idle = now.idle - this.#before.idle;
    this.#before = now;
    return busy + idle === 0 ? 0 : busy / (busy + idle);
  }
}

function totals(): { readonly busy: number; readonly idle: number } {
  let busy = 0;
  let idle = 0;
  for (const { times } of cpus()) {
    busy += times.user + times.nice + times.sys + times.irq;
    idle += times.idle;
  }
  return { busy, idle };
}

/**
 * How busy this program and all that it has started keep the processors, whatever else runs
 * on the machine: hubs, PostgreSQL, balancer, bases and units.
 */
export class OwnProcessorUse {
  #atMs = performance.now();
  #before = ownMs();

  /** Share of the time since the last call, 0 to 1. */
  share(): number {
    const [nowMs, now] = [performance.now(), ownMs()];
    const share = (now - this.#before) / ((nowMs - this.#atMs) * availableParallelism());
    this.#atMs = nowMs;
    this.#before = now;
    return share;
  }
}

function ownMs(): number {
  const { pid } = process;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  const pids = children.split(' ').filter(Boolean).map(Number);
  return pids.reduce((sum, child) => sum + processorMsWithChildren(child), processorMs(pid));
}
