import { useDeferredValue, useEffect, useMemo, useState } from 'react';
import { BackLink } from '../components/back-link.tsx';
import { Button } from '../components/button.tsx';
import { EmptyNote } from '../components/empty-note.tsx';
import { Signal } from '../components/signal.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { TextField } from '../components/text-field.tsx';
import { useMay } from '../components/use-may.ts';
import { useReadable } from '../components/use-readable.ts';
import type { SignalTone } from '../state/presence-view.ts';
import type { SeenTopic, TopicsSeen } from '../state/topic-feed.ts';
import { topicTree } from '../state/topic-tree.ts';
import { TopicBranch } from './topics/topic-branch.tsx';
import { TopicDetails } from './topics/topic-details.tsx';
import { TopicPublishForm } from './topics/topic-publish.tsx';
import { useTopicFeed } from './topics/use-topic-feed.ts';
import './topics-view.css';

const STATES: Readonly<Record<TopicsSeen['kind'], readonly [SignalTone, string]>> = {
  stopped: ['unknown', 'Stopped'],
  connecting: ['waiting', 'Connecting'],
  live: ['proven', 'Live'],
  lost: ['lost', 'No connection, trying again'],
};

/** What is published at the MQTT topics of the site, as it comes. */
export function TopicsView() {
  const feed = useTopicFeed();
  const seen = useReadable(feed.seen);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [chosen, setChosen] = useState<string>();
  const [filter, setFilter] = useState('');
  const mayPublish = useMay('unit.control');
  // What a person does comes first, and the tree when there is time.
  const topics = useDeferredValue(seen.topics);
  const nodes = useMemo(() => topicTree(filtered(topics, filter.trim())), [topics, filter]);
  useEffect(() => {
    document.title = 'Topics · Signalbox';
  }, []);
  const toggle = (path: string) =>
    setOpen((before) => {
      const after = new Set(before);
      if (!after.delete(path)) after.add(path);
      return after;
    });
  const [tone, word] = STATES[seen.kind];
  const topic = chosen === undefined ? undefined : seen.topics.get(chosen);
  const isRunning = seen.kind !== 'stopped';
  return (
    <div className="view">
      <div className="row-wrap spread">
        <BackLink href="/devices">Devices</BackLink>
        <Signal tone={tone} word={word} />
      </div>
      <h1>Topics</h1>
      <div className="topics">
        <section className="panel stack" aria-label="Topics">
          <div className="row-wrap spread">
            <TextField
              aria-label="Find a topic"
              placeholder="Find a topic"
              value={filter}
              onChange={(event) => setFilter(event.currentTarget.value)}
            />
            <span className="row-wrap">
              <Button variant="default" onClick={isRunning ? feed.stop : feed.start}>
                {isRunning ? 'Stop' : 'Start'}
              </Button>
              <Button variant="subtle" onClick={feed.clear}>
                Clear
              </Button>
            </span>
          </div>
          {seen.kind === 'connecting' && seen.topics.size === 0 ? <Skeleton height="8rem" /> : null}
          {seen.kind === 'live' && seen.topics.size === 0 ? (
            <EmptyNote
              title="Nothing has been published yet"
              text="What devices publish is shown here as it comes, and what they have retained."
            />
          ) : null}
          <TopicBranch
            {...{ nodes, open, chosen }}
            onToggle={toggle}
            onChoose={(path) => setChosen(path)}
          />
          {seen.hidden > 0 ? (
            <p className="soft small">
              {seen.hidden} messages at further topics, for which there is no room here.
            </p>
          ) : null}
        </section>
        <div className="stack">
          {topic ? <TopicDetails topic={topic} /> : null}
          {mayPublish ? <TopicPublishForm key={chosen ?? ''} topic={chosen} /> : null}
        </div>
      </div>
    </div>
  );
}

function filtered(
  topics: ReadonlyMap<string, SeenTopic>,
  text: string,
): ReadonlyMap<string, SeenTopic> {
  if (text === '') return topics;
  return new Map([...topics].filter(([topic]) => topic.includes(text)));
}
