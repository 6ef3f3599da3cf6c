import { payloadText } from '../../format/payload-text.ts';
import type { TopicNode } from '../../state/topic-tree.ts';

/** Topics of one level that are shown: nobody reads more, and the page stays quick. */
const MAX_SHOWN = 200;
const SHOWN_CHARS = 60;
const MIN_RATE = 0.05;

interface TopicBranchProps {
  readonly nodes: readonly TopicNode[];
  readonly open: ReadonlySet<string>;
  readonly chosen: string | undefined;
  readonly onToggle: (path: string) => void;
  readonly onChoose: (topic: string) => void;
}

/** One level of the tree, and below it what is open. */
export function TopicBranch({ nodes, ...rest }: TopicBranchProps) {
  return (
    <ul className="topic-branch">
      {nodes.slice(0, MAX_SHOWN).map((node) => (
        <Branch key={node.path} node={node} {...rest} />
      ))}
      {nodes.length > MAX_SHOWN ? (
        <li className="soft small">{nodes.length - MAX_SHOWN} more, not shown</li>
      ) : null}
    </ul>
  );
}

function Branch({ node, ...rest }: Omit<TopicBranchProps, 'nodes'> & { readonly node: TopicNode }) {
  const { open, chosen, onToggle, onChoose } = rest;
  const { path, name, own, children, topics, rate } = node;
  const isOpen = open.has(path);
  return (
    <li>
      <div className="topic-row" data-chosen={own !== undefined && chosen === path}>
        {children.length > 0 ? (
          <button
            type="button"
            className="topic-toggle"
            aria-expanded={isOpen}
            aria-label={`Topics under ${path}`}
            onClick={() => onToggle(path)}
          >
            {isOpen ? '▾' : '▸'}
          </button>
        ) : (
          <span className="topic-toggle" aria-hidden="true" />
        )}
        <button
          type="button"
          className="topic-name"
          aria-current={own !== undefined && chosen === path ? 'true' : undefined}
          onClick={() => (own ? onChoose(path) : onToggle(path))}
        >
          <span className="topic-label">{name === '' ? '(empty)' : name}</span>
          {own ? <span className="topic-value">{shortText(own.payload)}</span> : null}
        </button>
        <span className="topic-notes soft small number">
          {own?.isRetained ? <span>retained</span> : null}
          {children.length > 0 && !isOpen ? (
            <span>
              {topics} {topics === 1 ? 'topic' : 'topics'}
            </span>
          ) : null}
          {rate >= MIN_RATE ? <span>{rate.toFixed(1)}/s</span> : null}
        </span>
      </div>
      {isOpen && children.length > 0 ? <TopicBranch nodes={children} {...rest} /> : null}
    </li>
  );
}

function shortText(payload: string): string {
  const text = payloadText(payload, 'text') ?? 'binary';
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text;
}
