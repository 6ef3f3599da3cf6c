import type { Random } from '../random.ts';
import { lampsOf, type Rig } from '../rig.ts';
import { CommandLoad } from './command-load.ts';

/** Sends commands to the lamps of the rig from now on, with chances of its own from `random`. */
export function startLoad(
  rig: Rig,
  { random, perSecond }: { readonly random: Random; readonly perSecond: number },
): CommandLoad {
  const load = new CommandLoad({
    api: rig.api,
    unitIds: lampsOf(rig).map(({ id }) => id),
    random: random.of('load'),
    perSecond,
    cleanup: rig.cleanup,
  });
  load.start();
  return load;
}
