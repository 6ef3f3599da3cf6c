import type { Random } from '../random.ts';
import { lampsOf, type FaultFixture } from '../fault-fixture.ts';
import { CommandLoad } from './command-load.ts';

/** Sends commands to the lamps of the fixture from now on, with its own stream of `random`. */
export function startLoad(
  fixture: FaultFixture,
  { random, perSecond }: { readonly random: Random; readonly perSecond: number },
): CommandLoad {
  const load = new CommandLoad({
    api: fixture.api,
    unitIds: lampsOf(fixture).map(({ id }) => id),
    random: random.of('load'),
    perSecond,
    cleanup: fixture.cleanup,
  });
  load.start();
  return load;
}
