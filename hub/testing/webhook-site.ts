import { createServer, type IncomingHttpHeaders } from 'node:http';
import { onTestFinished } from 'vitest';
import { WebhookSecret, type WebhookView } from '#protocol/http/webhooks.ts';
import type { Owner } from './test-hub.ts';

export interface AddedWebhook extends WebhookView {
  readonly secret: string;
}

export async function addWebhook(
  owner: Owner,
  body: { readonly url: string; readonly [field: string]: unknown },
): Promise<AddedWebhook> {
  const { webhook, secret } = await owner.client.request(WebhookSecret, {
    path: `/api/sites/${owner.siteId}/webhooks`,
    body: { name: 'Log', ...body },
  });
  return { ...webhook, secret };
}

/** What an endpoint was sent. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly path: string;
}

export interface ReceiverAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** Undefined: it does not answer. */
  answer: (request: Received) => ReceiverAnswer | undefined | Promise<ReceiverAnswer>;
}

/** An endpoint on loopback, which answers 204 unless a test says otherwise. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const receiver: { -readonly [K in keyof Receiver]: Receiver[K] } = {
    url: '',
    received,
    answer: () => ({ status: 204 }),
  };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { headers, url = '' } = request;
      const one = { headers, body: Buffer.concat(parts).toString(), path: url };
      received.push(one);
      void Promise.resolve(receiver.answer(one)).then((answer) => {
        if (answer) response.writeHead(answer.status, answer.headers).end(answer.body);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  receiver.url = `http://127.0.0.1:${address.port}/events`;
  return receiver;
}
