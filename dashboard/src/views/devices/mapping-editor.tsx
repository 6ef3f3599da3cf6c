import { useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import { createMappingApi } from '#client/mapping-api.ts';
import type { DeviceMapping } from '#protocol/device/device-mapping.ts';
import { readMessage } from '#protocol/device/mapped-message.ts';
import type { DeviceView } from '#protocol/http/devices.ts';
import type { UnitId } from '#protocol/ids.ts';
import { Button } from '../../components/button.tsx';
import { EmptyNote } from '../../components/empty-note.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { useServices, useSite } from '../../components/services.ts';
import { useAction } from '../../components/use-action.ts';
import { useReadable } from '../../components/use-readable.ts';
import { bytesOfPayload, payloadText } from '../../format/payload-text.ts';
import {
  draftsOf,
  mappingOf,
  type PropertyDraft,
  suggestionsIn,
} from '../../state/mapping-draft.ts';
import { useTopicFeed } from '../topics/use-topic-feed.ts';
import { MappingRow } from './mapping-row.tsx';

interface MappingEditorProps {
  readonly device: DeviceView;
  /** That it is already, and how its messages are read. */
  readonly known: { readonly unitId: UnitId; readonly mapping: DeviceMapping } | undefined;
}

const BLANK: PropertyDraft = {
  ...{ name: 'value', type: 'number', unit: '', topic: '', pointer: '', setTopic: '' },
  confirmation: 'state',
};

/** What the messages of a device mean, beside the messages that come. */
export function MappingEditor({ device, known }: MappingEditorProps) {
  const { http, siteApi } = useServices();
  const { siteId } = useSite();
  const [, navigate] = useLocation();
  const { busy, code, run } = useAction();
  const home = device.topicSpace === null ? device.clientId : `shared/${device.topicSpace}`;
  const feed = useTopicFeed(home);
  const seen = useReadable(feed.seen);
  const [drafts, setDrafts] = useState<readonly PropertyDraft[] | undefined>(() =>
    known ? draftsOf(known.mapping) : [],
  );
  const rest = known?.mapping ?? { actions: [], events: [] };
  const { actions, events } = rest;
  const mapping =
    drafts && mappingOf(known?.mapping.model ?? device.name, drafts, { actions, events });
  /** By the topics as the device names them. */
  const messages = useMemo(
    () =>
      new Map(
        [...seen.topics.values()]
          .filter(({ deviceId }) => deviceId === device.id)
          .map((state) => [state.topic.slice(home.length + 1), state]),
      ),
    [seen.topics, device.id, home],
  );
  if (!drafts) {
    return (
      <p className="soft">
        This mapping says more than can be shown here. Change it by the API (`PUT
        /api/units/…/mapping`).
      </p>
    );
  }
  const said = (draft: PropertyDraft) => {
    const state = messages.get(draft.topic);
    const one = mappingOf('preview', [draft], { actions: [], events: [] });
    if (!state || !one) return undefined;
    return readMessage(one, { topic: draft.topic, payload: bytesOfPayload(state.payload) });
  };
  const used = new Set(drafts.map(({ topic, pointer }) => `${topic} ${pointer}`));
  const suggestions = [...messages].flatMap(([topic, { payload }]) =>
    suggestionsIn(topic, payloadText(payload, 'text') ?? '').filter(
      ({ pointer }) => !used.has(`${topic} ${pointer}`),
    ),
  );
  const add = (draft: PropertyDraft) => setDrafts([...drafts, draft]);
  const save = () =>
    run(async () => {
      if (!mapping) return;
      if (known) {
        await createMappingApi(http).changeMapping(known.unitId, mapping);
        navigate(`/units/${known.unitId}`);
        return;
      }
      const endpoint = { kind: 'mqtt_device', deviceId: device.id, mapping } as const;
      const unit = await siteApi.addUnit(siteId, { name: device.name, endpoint });
      navigate(`/units/${unit.id}`);
    });
  return (
    <>
      <section className="panel stack" aria-labelledby="mapping-properties">
        <h2 id="mapping-properties">Properties</h2>
        {drafts.length === 0 ? (
          <EmptyNote
            title="No properties yet"
            text="Choose a value from what the device sends, or add a property by hand."
          />
        ) : (
          <ul className="plain-list">
            {drafts.map((draft, index) => (
              <MappingRow
                // Names change while they are typed.
                key={index}
                draft={draft}
                number={index + 1}
                said={said(draft)}
                onChange={(changed) => setDrafts(drafts.with(index, changed))}
                onRemove={() => setDrafts(drafts.filter((_, place) => place !== index))}
              />
            ))}
          </ul>
        )}
        <div className="row-wrap">
          <Button variant="default" onClick={() => add(BLANK)}>
            Add a property
          </Button>
          <Button loading={busy} disabled={!mapping || drafts.length === 0} onClick={save}>
            {known ? 'Save' : 'Make it a unit'}
          </Button>
        </div>
        {code === undefined ? null : <ErrorNote code={code} />}
      </section>
      <section className="panel stack" aria-labelledby="mapping-messages">
        <h2 id="mapping-messages">What it sends</h2>
        {seen.kind === 'lost' ? (
          <p className="soft">No connection to the hub. Trying again.</p>
        ) : null}
        {messages.size === 0 && seen.kind !== 'lost' ? (
          <p className="soft" role="status">
            Waiting for a message of the device…
          </p>
        ) : null}
        {messages.size > 0 && suggestions.length === 0 ? (
          <p className="soft">Each value that it has sent is a property.</p>
        ) : null}
        <ul className="plain-list">
          {suggestions.map((suggestion) => {
            const { topic, pointer, shown, name } = suggestion;
            return (
              <li key={`${topic} ${pointer}`} className="settings-row">
                <span className="stack-tight">
                  <span className="number">{shown}</span>
                  <span className="soft small device-id">
                    {topic}
                    {pointer === '' ? '' : ` at ${pointer}`}
                  </span>
                </span>
                <Button
                  variant="default"
                  aria-label={`Add ${name} from ${topic}`}
                  onClick={() => {
                    const { shown: _shown, ...draft } = suggestion;
                    add(draft);
                  }}
                >
                  Add
                </Button>
              </li>
            );
          })}
        </ul>
      </section>
    </>
  );
}
