import { createWebhookApi, type WebhookApi } from '#client/webhook-api.ts';
import { systemClock } from '#platform/clock.ts';
import { EXIT } from '#platform/terminal/exit-code.ts';
import { terminalLines } from '#platform/terminal/terminal-text.ts';
import { AppError } from '#protocol/errors.ts';
import type { DeliveryView, WebhookSecret, WebhookView } from '#protocol/http/webhooks.ts';
import { DeliveryId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { DeliveryState } from '#protocol/webhook/webhook-state.ts';
import { columns } from './columns.ts';
import { siteNamed } from './named-devices.ts';
import { findWebhook, webhooksOfSites } from './named-webhooks.ts';
import { pause } from '#client/pause.ts';
import { type RemoteArguments, withHub, withRemoteArguments } from './with-hub.ts';

const NAMED = `  <webhook>      its name or its id
`;
const HUB = `  --hub URL      if there are logins at several hubs
`;
const ADD_HELP = `usage: signalbox webhook add <name> <url> [options]
Sends the events of a site to an address, and prints the secret that signs them.
  --events LIST  types, divided by commas: command.ended,unit.*  (default: all)
  --ordered      one message at a time, in order
  --site NAME    if you have several
${HUB}`;
const LIST_HELP = `usage: signalbox webhook list [--hub URL] [--json]
Lists the webhooks of your sites.
  --json         one line of JSON per webhook, for programs
`;
const LOG_HELP = `usage: signalbox webhook log <webhook> [options]
Lists what was sent to a webhook, and why not; newest first.
${NAMED}  --state STATE  only: ${DeliveryState.options.join(', ')}
  --delivery ID  one of them, with its body and its attempts
  --limit N      how many (default 50, at most 200)
  --json         one line of JSON per delivery
${HUB}`;
const REPLAY_HELP = `usage: signalbox webhook replay <webhook> [options]
Sends again what was not delivered.
${NAMED}  --since TIME   stored since: 2026-01-31T08:00:00.000Z, or 90m, 12h, 7d ago (default 7d)
  --all          also what was delivered
  --delivery ID  only this one, whatever became of it
${HUB}`;
const TEST_HELP = `usage: signalbox webhook test <webhook> [--hub URL]
Sends a test message, and prints what was answered.
${NAMED}`;
const ROTATE_HELP = `usage: signalbox webhook rotate <webhook> [--hub URL]
Prints another secret. For 24 hours the one before signs as well.
${NAMED}`;
const REMOVE_HELP = `usage: signalbox webhook remove <webhook> [--hub URL]
Nothing is sent to it any more; its log goes too.
${NAMED}`;

const MINUTE_MS = 60_000;
const SPANS: Readonly<Record<string, number>> = {
  m: MINUTE_MS,
  h: 60 * MINUTE_MS,
  d: 1_440 * MINUTE_MS,
};
const TEST_WAIT_MS = 40_000;
const POLL_MS = 200;

export async function addWebhook(argv: readonly string[]): Promise<number> {
  const options = {
    events: { type: 'string' },
    ordered: { type: 'boolean' },
    site: { type: 'string' },
  } as const;
  return withRemoteArguments(argv, { help: ADD_HELP, options, operands: [2, 2] }, async (given) =>
    withHub(given, async ({ http }) => {
      const [name = '', url = ''] = given.operands;
      const site = await siteNamed(http, given.text('site'));
      const events = given.text('events')?.split(',');
      const made = await createWebhookApi(http).add(site.id, {
        ...{ name, url, isOrdered: given.flag('ordered') },
        ...(events === undefined ? {} : { events }),
      });
      printSecret(made, `is added`);
      return EXIT.ok;
    }),
  );
}

export async function printWebhooks(argv: readonly string[]): Promise<number> {
  const options = { json: { type: 'boolean' } } as const;
  return withRemoteArguments(argv, { help: LIST_HELP, options, operands: [0, 0] }, async (given) =>
    withHub(given, async ({ http }) => {
      const webhooks = await webhooksOfSites(http);
      const head = ['NAME', 'STATE', 'WAITING', 'LAST DELIVERED', 'EVENTS', 'URL'];
      printRows(given, {
        items: webhooks,
        head,
        rowOf: webhookRow,
        none: 'There are no webhooks yet.',
      });
      return EXIT.ok;
    }),
  );
}

export async function printWebhookLog(argv: readonly string[]): Promise<number> {
  const options = {
    json: { type: 'boolean' },
    state: { type: 'string' },
    delivery: { type: 'string' },
    limit: { type: 'string' },
  } as const;
  return withRemoteArguments(argv, { help: LOG_HELP, options, operands: [1, 1] }, async (given) =>
    withWebhook(given, async (api, { id }) => {
      const one = given.text('delivery');
      if (one !== undefined) {
        await printDelivery(api, given, deliveryIdFrom(one));
        return;
      }
      const state = checkedState(given.text('state'));
      const limit = Number(given.text('limit') ?? 50);
      const { deliveries } = await api.deliveries(id, { state, limit });
      const head = ['STORED', 'TYPE', 'STATE', 'ATTEMPTS', 'ANSWER', 'ID'];
      printRows(given, {
        items: deliveries,
        head,
        rowOf: deliveryRow,
        none: 'Nothing was sent yet.',
      });
    }),
  );
}

export async function replayWebhook(argv: readonly string[]): Promise<number> {
  const options = {
    since: { type: 'string' },
    all: { type: 'boolean' },
    delivery: { type: 'string' },
  } as const;
  return withRemoteArguments(
    argv,
    { help: REPLAY_HELP, options, operands: [1, 1] },
    async (given) =>
      withWebhook(given, async (api, { id }) => {
        const one = given.text('delivery');
        if (one !== undefined) {
          await api.resend(deliveryIdFrom(one));
          say('1 message is sent again');
          return;
        }
        const since = sinceFrom(given.text('since') ?? '7d');
        const which = given.flag('all') ? 'all' : 'undelivered';
        const { count, isMore } = await api.replay(id, { since, which });
        say(`${count} ${count === 1 ? 'message is' : 'messages are'} sent again`);
        if (isMore) say('There are more: run it again once these are delivered.');
      }),
  );
}

export async function testWebhook(argv: readonly string[], stop: AbortSignal): Promise<number> {
  return withRemoteArguments(argv, { help: TEST_HELP, operands: [1, 1] }, async (given) =>
    withHub(given, async ({ http }) => {
      const [wanted = ''] = given.operands;
      const api = createWebhookApi(http);
      const { id } = await api.test(findWebhook(await webhooksOfSites(http), wanted).id);
      const { state } = await endOf(api, id, stop);
      await printDelivery(api, given, id);
      return state === 'delivered' ? EXIT.ok : EXIT.failure;
    }),
  );
}

/** A delivery once it has ended, or where the wait is over. */
async function endOf(api: WebhookApi, id: DeliveryId, stop: AbortSignal): Promise<DeliveryView> {
  const untilMs = systemClock.monotonicMs() + TEST_WAIT_MS;
  for (;;) {
    const { delivery } = await api.delivery(id);
    if (delivery.endedAt !== null || systemClock.monotonicMs() > untilMs) return delivery;
    await pause(systemClock, POLL_MS, stop);
    if (stop.aborted) throw new AppError('cancelled');
  }
}

export async function rotateWebhook(argv: readonly string[]): Promise<number> {
  return withRemoteArguments(argv, { help: ROTATE_HELP, operands: [1, 1] }, async (given) =>
    withWebhook(given, async (api, { id }) =>
      printSecret(await api.rotate(id), 'has another secret'),
    ),
  );
}

export async function removeWebhook(argv: readonly string[]): Promise<number> {
  return withRemoteArguments(argv, { help: REMOVE_HELP, operands: [1, 1] }, async (given) =>
    withWebhook(given, async (api, { id, name }) => {
      await api.remove(id);
      say(`${name} is removed`);
    }),
  );
}

async function withWebhook(
  given: RemoteArguments,
  run: (api: WebhookApi, webhook: WebhookView) => Promise<void> | void,
): Promise<number> {
  return withHub(given, async ({ http }) => {
    const [wanted = ''] = given.operands;
    await run(createWebhookApi(http), findWebhook(await webhooksOfSites(http), wanted));
    return EXIT.ok;
  });
}

function printSecret({ webhook, secret }: WebhookSecret, what: string): void {
  say(`${webhook.name} ${what}`, `secret: ${secret} (it is not shown again)`);
}

interface Listed<T> {
  readonly items: readonly T[];
  readonly head: readonly string[];
  readonly rowOf: (item: T) => string[];
  /** Said where there are none. */
  readonly none: string;
}

function printRows<T>(given: RemoteArguments, { items, head, rowOf, none }: Listed<T>): void {
  if (given.flag('json')) {
    for (const item of items) process.stdout.write(`${JSON.stringify(item)}\n`);
  } else if (items.length === 0) {
    process.stderr.write(terminalLines([none]));
  } else {
    say(...columns([head, ...items.map(rowOf)]));
  }
}

function webhookRow(webhook: WebhookView): string[] {
  const { name, state, reason, waiting, lastDeliveredAt, events, url } = webhook;
  const word = reason === null ? state : `${state} (${reason})`;
  return [name, word, String(waiting), lastDeliveredAt ?? 'never', events.join(','), url];
}

function deliveryRow(delivery: DeliveryView): string[] {
  const { createdAt, type, state, attempts, id } = delivery;
  return [createdAt, type, state, String(attempts), answerOf(delivery), id];
}

/** The last answer, or why there was none. */
function answerOf({ status, code }: Pick<DeliveryView, 'status' | 'code'>): string {
  return status === null ? (code ?? '-') : String(status);
}

async function printDelivery(api: WebhookApi, given: RemoteArguments, id: DeliveryId) {
  const detail = await api.delivery(id);
  if (given.flag('json')) {
    process.stdout.write(`${JSON.stringify(detail)}\n`);
    return;
  }
  const { delivery, body, attempts } = detail;
  say(`${delivery.type} ${delivery.messageId}: ${delivery.state}`, body);
  for (const attempt of attempts) {
    say(`${attempt.at}  ${answerOf(attempt)}  ${attempt.durationMs} ms`);
    if (attempt.answer !== '') say(attempt.answer);
  }
}

function deliveryIdFrom(text: string): DeliveryId {
  const id = DeliveryId.safeParse(text);
  if (id.success) return id.data;
  throw new AppError('delivery_unknown');
}

function checkedState(text: string | undefined): DeliveryState | undefined {
  if (text === undefined) return undefined;
  const state = DeliveryState.safeParse(text);
  if (state.success) return state.data;
  throw wrong('--state', text, `must be one of ${DeliveryState.options.join(', ')}`);
}

/** A time, or a span before now. */
function sinceFrom(text: string): string {
  const [, number = '', unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const spanMs = SPANS[unit];
  const atMs = spanMs === undefined ? Date.parse(text) : Date.now() - Number(number) * spanMs;
  if (Number.isNaN(atMs)) throw wrong('--since', text, 'must be a time, or a span like 90m or 7d');
  return toInstant(atMs);
}

function wrong(source: string, field: string, reason: string): AppError {
  return new AppError('bad_request', { details: { source, field, reason } });
}

function say(...lines: readonly string[]): void {
  process.stdout.write(terminalLines(lines));
}
