import type { SeenTopic } from './topic-feed.ts';

/** A level of the tree: what is published at it, and below it. */
export interface TopicNode {
  /** Its own name; `''` for an empty level. */
  readonly name: string;
  /** From the root. */
  readonly path: string;
  readonly own: SeenTopic | undefined;
  readonly children: readonly TopicNode[];
  /** Topics at and below it. */
  readonly topics: number;
  readonly rate: number;
}

interface Draft {
  readonly name: string;
  readonly path: string;
  own: SeenTopic | undefined;
  readonly children: Map<string, Draft>;
}

/** The topics as a tree, each level in the order of its names. */
export function topicTree(topics: ReadonlyMap<string, SeenTopic>): readonly TopicNode[] {
  const root: Draft = { name: '', path: '', own: undefined, children: new Map() };
  for (const [topic, own] of topics) {
    let at = root;
    for (const [index, name] of topic.split('/').entries()) {
      const path = index === 0 ? name : `${at.path}/${name}`;
      const known = at.children.get(name);
      const next = known ?? { name, path, own: undefined, children: new Map<string, Draft>() };
      if (!known) at.children.set(name, next);
      at = next;
    }
    at.own = own;
  }
  return nodesOf(root);
}

function nodesOf({ children }: Draft): readonly TopicNode[] {
  return [...children.values()]
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .map((draft) => {
      const below = nodesOf(draft);
      const sum = (of: (node: TopicNode) => number): number =>
        below.reduce((total, node) => total + of(node), 0);
      return {
        ...{ name: draft.name, path: draft.path, own: draft.own, children: below },
        topics: sum((node) => node.topics) + (draft.own ? 1 : 0),
        rate: sum((node) => node.rate) + (draft.own?.rate ?? 0),
      };
    });
}
