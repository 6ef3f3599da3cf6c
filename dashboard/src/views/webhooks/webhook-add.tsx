import { type SubmitEvent, useState } from 'react';
import type { WebhookApi } from '#client/webhook-api.ts';
import { EventPattern, type WebhookSecret } from '#protocol/http/webhooks.ts';
import { LIMITS } from '#protocol/limits.ts';
import { Choice } from '../../components/choice.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { useSite } from '../../components/services.ts';
import { TextField } from '../../components/text-field.tsx';
import { useAction } from '../../components/use-action.ts';
import { FormSubmit } from '../settings/form-submit.tsx';

interface WebhookAddProps {
  readonly api: WebhookApi;
  readonly onMade: (made: WebhookSecret) => void;
}

/** Another webhook: where to, and what. */
export function WebhookAdd({ api, onMade }: WebhookAddProps) {
  const { siteId } = useSite();
  const { busy, code, run } = useAction();
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const [types, setTypes] = useState('');
  const [isOrdered, setIsOrdered] = useState(false);
  const events = types
    .split(/[\s,]+/)
    .map((type) => type.trim())
    .filter((type) => type !== '');
  const areTypesFine = events.every((type) => EventPattern.safeParse(type).success);
  const isReady = name.trim() !== '' && url.trim() !== '' && areTypesFine;
  const add = (event: SubmitEvent) => {
    event.preventDefault();
    run(async () => {
      const made = await api.add(siteId, {
        ...{ name: name.trim(), url: url.trim(), isOrdered },
        ...(events.length === 0 ? {} : { events }),
      });
      setName('');
      setUrl('');
      setTypes('');
      setIsOrdered(false);
      onMade(made);
    });
  };
  return (
    <section className="panel stack" aria-labelledby="webhooks-add">
      <h2 id="webhooks-add">Add a webhook</h2>
      <form className="stack" onSubmit={add}>
        <TextField
          label="Name"
          placeholder="e.g. Stock"
          maxLength={LIMITS.nameChars}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextField
          label="Address"
          type="url"
          inputMode="url"
          placeholder="https://example.com/signalbox"
          description="HTTPS on the internet, or a network that the hub’s settings allow."
          maxLength={LIMITS.webhookUrlChars}
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
        <TextField
          label="Event types"
          placeholder="command.ended, unit.*"
          description="Leave empty for all."
          error={
            areTypesFine
              ? undefined
              : 'Event types like command.ended, or unit.* for all of one kind.'
          }
          spellCheck={false}
          value={types}
          onChange={(event) => setTypes(event.currentTarget.value)}
        />
        <Choice
          type="checkbox"
          label="Keep the order"
          description="One message at a time: one that fails holds up the others, for up to three days."
          checked={isOrdered}
          onChange={() => setIsOrdered(!isOrdered)}
        />
        <FormSubmit busy={busy} disabled={!isReady}>
          Add
        </FormSubmit>
      </form>
      {code === undefined ? null : <ErrorNote code={code} />}
    </section>
  );
}
