import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { Frame, SourceFiles } from './source-files.ts';

/** As `node --cpu-prof` writes it; times in microseconds of the monotonic clock. */
const CpuProfile = z.object({
  nodes: z.array(
    z.object({ id: z.number(), callFrame: Frame, children: z.array(z.number()).optional() }),
  ),
  startTime: z.number(),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

/** A function on the stack, the callers before it, and how long it was on the processor itself. */
export interface SelfTime {
  /** The outermost caller first. */
  readonly stack: readonly Frame[];
  readonly ms: number;
}

/** The times of all stacks in a stretch of a profile. */
export function selfTimes(
  file: string,
  { fromUs, toUs }: { readonly fromUs: number; readonly toUs: number },
): SelfTime[] {
  const profile = CpuProfile.parse(JSON.parse(readFileSync(file, 'utf8')));
  const sources = new SourceFiles();
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, sources.of(callFrame)]));
  const parents = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const spentUs = new Map<number, number>();
  let atUs = profile.startTime;
  for (const [index, node] of profile.samples.entries()) {
    atUs += profile.timeDeltas[index] ?? 0;
    // A sample stands for the time up to the next one.
    const lastsUs = profile.timeDeltas[index + 1] ?? 0;
    if (atUs >= fromUs && atUs < toUs) spentUs.set(node, (spentUs.get(node) ?? 0) + lastsUs);
  }
  return [...spentUs].map(([node, us]) => {
    const stack: Frame[] = [];
    for (let id: number | undefined = node; id !== undefined; id = parents.get(id)) {
      const frame = frames.get(id);
      if (frame !== undefined) stack.unshift(frame);
    }
    return { stack, ms: us / 1_000 };
  });
}
