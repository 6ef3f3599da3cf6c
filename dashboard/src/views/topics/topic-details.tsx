import { useState } from 'react';
import { HubAge } from '../../components/hub-age.tsx';
import { bytesOfPayload, payloadText, type PayloadView } from '../../format/payload-text.ts';
import type { SeenTopic } from '../../state/topic-feed.ts';
import '../../components/text-block.css';

const VIEWS = [
  ['text', 'Text'],
  ['json', 'JSON'],
  ['hex', 'Hex'],
] as const satisfies readonly (readonly [PayloadView, string])[];

/** The last message of a topic, whole. */
export function TopicDetails({ topic }: { readonly topic: SeenTopic }) {
  const [view, setView] = useState<PayloadView>('text');
  const text = payloadText(topic.payload, view);
  return (
    <section className="panel stack" aria-label="Last message">
      <h2 className="topic-title">{topic.topic}</h2>
      <p className="soft small number">
        QoS {topic.qos}
        {topic.isRetained ? ', retained' : ''}, {topic.bytes} bytes, {topic.total}{' '}
        {topic.total === 1 ? 'message' : 'messages'}, <HubAge atMs={topic.atMs} />
      </p>
      <div className="segments" role="group" aria-label="Show as">
        {VIEWS.map(([value, label]) => (
          <button
            key={value}
            type="button"
            aria-pressed={view === value}
            onClick={() => setView(value)}
          >
            {label}
          </button>
        ))}
      </div>
      {text === undefined ? (
        <p className="soft">
          {view === 'json' ? 'This is not JSON.' : 'This is not text. Show it as Hex.'}
        </p>
      ) : (
        <pre className="text-block">{text === '' ? '(empty)' : text}</pre>
      )}
      {topic.bytes > bytesOfPayload(topic.payload).length ? (
        <p className="soft small">Only the beginning is shown.</p>
      ) : null}
    </section>
  );
}
