import { cpus } from 'node:os';

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
