import type { WebhookSecret } from '#protocol/http/webhooks.ts';
import { Button } from '../../components/button.tsx';
import { ShownOnce } from '../settings/shown-once.tsx';

interface SecretPanelProps {
  readonly made: WebhookSecret;
  readonly onDone: () => void;
}

/** The secret that signs, shown once. */
export function SecretPanel({ made: { webhook, secret }, onDone }: SecretPanelProps) {
  return (
    <section className="panel stack" aria-labelledby="webhook-secret">
      <div className="row spread">
        <h2 id="webhook-secret">Secret of {webhook.name}</h2>
        <Button variant="default" onClick={onDone}>
          Done
        </Button>
      </div>
      <ShownOnce
        text={secret}
        note="Give it to your software, which verifies each message with it. It is not shown again."
      />
    </section>
  );
}
