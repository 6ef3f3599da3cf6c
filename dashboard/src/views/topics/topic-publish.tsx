import { type SubmitEvent, useMemo, useState } from 'react';
import { createTopicApi } from '#client/topic-api.ts';
import { TOPIC_LIMITS, TopicPublish } from '#protocol/http/topics.ts';
import { Choice } from '../../components/choice.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { SelectField } from '../../components/select-field.tsx';
import { useServices, useSite } from '../../components/services.ts';
import { TextField } from '../../components/text-field.tsx';
import { useAction } from '../../components/use-action.ts';
import { FormSubmit } from '../settings/form-submit.tsx';

/** Publishes a message, to try something. */
export function TopicPublishForm({ topic: chosen }: { readonly topic: string | undefined }) {
  const { http } = useServices();
  const { siteId } = useSite();
  const api = useMemo(() => createTopicApi(http), [http]);
  const { busy, code, run } = useAction();
  const [typed, setTyped] = useState<string>();
  const [payload, setPayload] = useState('');
  const [qos, setQos] = useState('0');
  const [isRetained, setIsRetained] = useState(false);
  const [sent, setSent] = useState(0);
  const topic = typed ?? chosen ?? '';
  const isTopic = topic !== '' && !/[+#]|^\$/.test(topic);
  const publish = (event: SubmitEvent) => {
    event.preventDefault();
    run(async () => {
      const body = TopicPublish.parse({ topic, payload, qos: Number(qos), isRetained });
      await api.publish(siteId, body);
      setSent((count) => count + 1);
    });
  };
  return (
    <section className="panel stack" aria-labelledby="topic-publish">
      <h2 id="topic-publish">Publish</h2>
      <form className="stack" onSubmit={publish}>
        <TextField
          label="Topic"
          maxLength={TOPIC_LIMITS.topicChars}
          error={topic === '' || isTopic ? undefined : 'A topic has no + and #, and no $ in front.'}
          value={topic}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <TextField
          label="Payload"
          maxLength={TOPIC_LIMITS.publishBytes}
          value={payload}
          onChange={(event) => setPayload(event.currentTarget.value)}
        />
        <div className="row-wrap">
          <SelectField
            label="QoS"
            value={qos}
            options={['0', '1', '2']}
            onChange={(event) => setQos(event.currentTarget.value)}
          />
          <Choice
            type="checkbox"
            label="Retain"
            checked={isRetained}
            onChange={(event) => setIsRetained(event.currentTarget.checked)}
          />
        </div>
        <FormSubmit busy={busy} disabled={!isTopic}>
          Publish
        </FormSubmit>
        <p className="soft small" role="status">
          {sent === 0 ? '' : `Published ${sent === 1 ? 'once' : `${sent} times`}.`}
        </p>
      </form>
      {code === undefined ? null : <ErrorNote code={code} />}
    </section>
  );
}
