import type { Scenario, ScenarioContext, ScenarioResult } from '../scenario.ts';
import { noCluster } from './start-cluster.ts';

export interface ClusterKind {
  readonly name: string;
  readonly description: string;
  readonly isLongOnly?: boolean;
  /** Why it cannot be played here, apart from what all of them need. */
  readonly obstacle?: () => string | undefined;
  readonly play: (
    context: ScenarioContext,
    of: { readonly hubs: number; readonly name: string },
  ) => Promise<ScenarioResult>;
}

/** The same with two hubs, which is of the long run only, and with three. */
export function withTwoAndThreeHubs(kind: ClusterKind): readonly Scenario[] {
  return [2, 3].map((hubs) => ({
    name: `${kind.name}-of-${hubs}`,
    description: `of ${hubs === 2 ? 'two' : 'three'} hubs on one database, ${kind.description}`,
    isLongOnly: hubs === 2 || kind.isLongOnly === true,
    longLimitMs: 600_000,
    obstacle: () => noCluster() ?? kind.obstacle?.(),
    play: (context) => kind.play(context, { hubs, name: `${kind.name}-of-${hubs}` }),
  }));
}
