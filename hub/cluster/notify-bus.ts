import pg from 'pg';
import type { Logger } from 'pino';
import { AppError } from '#protocol/errors.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import { BEAT_EVERY_MS, BLIND_AFTER_MS, type Bus, type BusListener } from './bus.ts';
import type { Hint } from './hint.ts';
import { HintReceiver } from './hint-receiver.ts';
import { HintSender } from './hint-sender.ts';

export interface NotifyBusDeps {
  /** Of the server itself: a pooler between them would end a subscription without a word. */
  readonly url: string;
  /** Names this run of this hub. */
  readonly from: string;
  readonly clock: Clock;
  readonly log: Logger;
}

const CHANNEL = 'signalbox';
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * NOTIFY of PostgreSQL, for up to about five hubs. On a connection of its own and after
 * the commit: within a transaction it would hold a lock over the sync of the disk, and end
 * the sharing of syncs.
 */
export class NotifyBus implements Bus {
  readonly #deps: NotifyBusDeps;
  readonly #sender: HintSender;
  readonly #receiver: HintReceiver;
  #client: pg.Client | undefined;
  #connecting: Promise<void> | undefined;
  #connectedMs = 0;
  #cancelTimer: CancelTimer | undefined;
  #isFailing = false;
  #isClosed = false;

  constructor(deps: NotifyBusDeps) {
    this.#deps = deps;
    this.#receiver = new HintReceiver({ ...deps, self: deps.from });
    this.#sender = new HintSender({ ...deps, send: (message) => this.#notify(message) });
  }

  readonly listen = (listener: BusListener): void => this.#receiver.listen(listener);

  readonly hearsOthers = (): boolean => this.#receiver.hearsOthers();

  readonly silenceMs = (hub: string): number => this.#receiver.silenceMs(hub);

  readonly publish = (hints: readonly Hint[]): void => this.#sender.publish(hints);

  readonly lost = (): number => this.#sender.lost;

  /** A server that is away keeps nobody from starting: the bus comes when it can. */
  readonly start = async (): Promise<void> => {
    await this.#connect();
    await this.#beat();
  };

  readonly close = async (): Promise<void> => {
    await this.#sender.close();
    this.#isClosed = true;
    this.#cancelTimer?.();
    await this.#connecting;
    await this.#drop(this.#client);
  };

  async #notify(message: string): Promise<void> {
    const client = this.#client;
    if (!client) throw new AppError('storage_unavailable');
    await client.query({
      name: 'notify',
      text: 'select pg_notify($1, $2)',
      values: [CHANNEL, message],
    });
  }

  /** Each beat has to come back: a subscription can be lost without a word. */
  async #beat(): Promise<void> {
    if (this.#isClosed) return;
    const { clock, from } = this.#deps;
    const isSilent = this.silenceMs(from) > BLIND_AFTER_MS;
    if (this.#client && isSilent && clock.monotonicMs() - this.#connectedMs > BLIND_AFTER_MS) {
      this.#deps.log.warn('bus is silent, connecting anew');
      await this.#drop(this.#client);
    }
    if (!this.#client) await this.#connect();
    await this.#sender.beat();
    this.#cancelTimer = clock.after(BEAT_EVERY_MS, () => void this.#beat());
  }

  async #connect(): Promise<void> {
    this.#connecting ??= this.#open().finally(() => {
      this.#connecting = undefined;
    });
    await this.#connecting;
  }

  async #open(): Promise<void> {
    const { url, log } = this.#deps;
    const client = new pg.Client({
      connectionString: url,
      application_name: 'signalbox hub bus',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    client.on('error', (error) => {
      log.warn({ err: error }, 'bus connection lost');
      void this.#drop(client);
    });
    client.on('notification', ({ payload }) => this.#receiver.receive(payload ?? ''));
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
      if (this.#isClosed) {
        await this.#drop(client);
        return;
      }
      this.#client = client;
      this.#connectedMs = this.#deps.clock.monotonicMs();
      this.#isFailing = false;
    } catch (error) {
      // Once, though it is tried again each second.
      if (!this.#isFailing) log.warn({ err: error }, 'bus not connected');
      this.#isFailing = true;
      await this.#drop(client);
    }
  }

  async #drop(client: pg.Client | undefined): Promise<void> {
    if (this.#client === client) this.#client = undefined;
    // One that is broken already has nothing left to end.
    await client?.end().catch(() => undefined);
  }
}
