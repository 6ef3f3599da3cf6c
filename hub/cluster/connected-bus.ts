import type { Logger } from 'pino';
import { AppError } from '#protocol/errors.ts';
import { Backoff } from '#platform/backoff.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import { BEAT_EVERY_MS, BLIND_AFTER_MS, type Bus, type BusListener } from './bus.ts';
import { type BusConnection, type BusTransport, settledWithin } from './bus-connection.ts';
import type { Hint } from './hint.ts';
import { HintReceiver } from './hint-receiver.ts';
import { HintSender } from './hint-sender.ts';

export interface ConnectedBusDeps {
  readonly transport: BusTransport;
  /** Names this run of this hub. */
  readonly from: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0 up to, and without, 1. */
  readonly random?: () => number;
}

/** Longer would cost others more looks at everything than it spares the server. */
const RETRY = { firstMs: 1_000, maxMs: 5_000 };
/** A connection that says goodbye into the void. */
const CLOSE_TIMEOUT_MS = 1_000;

/**
 * A bus over one connection to a server that all hubs have. Connects again when it was lost,
 * and when the hub does not hear itself: a subscription can be lost without a word.
 */
export class ConnectedBus implements Bus {
  readonly #deps: ConnectedBusDeps;
  readonly #sender: HintSender;
  readonly #receiver: HintReceiver;
  readonly #backoff: Backoff;
  #secret = '';
  #connection: BusConnection | undefined;
  #connecting: Promise<void> | undefined;
  #connectedMs = 0;
  #retryAtMs = 0;
  #isBeating = false;
  #isFailing = false;
  #isClosed = false;
  #cancelTimer: CancelTimer | undefined;

  constructor(deps: ConnectedBusDeps) {
    this.#deps = deps;
    this.#receiver = new HintReceiver({ ...deps, self: deps.from });
    this.#sender = new HintSender({ ...deps, send: (message) => this.#send(message) });
    this.#backoff = new Backoff({ ...RETRY, random: deps.random ?? Math.random });
  }

  readonly listen = (listener: BusListener): void => this.#receiver.listen(listener);

  readonly hearsOthers = (): boolean => this.#receiver.hearsOthers();

  readonly silenceMs = (hub: string): number => this.#receiver.silenceMs(hub);

  readonly publish = (hints: readonly Hint[]): void => this.#sender.publish(hints);

  readonly lost = (): number => this.#sender.lost;

  /** A server that is away keeps no hub from starting: the bus comes when it can. */
  readonly start = async (secret: string): Promise<void> => {
    this.#secret = secret;
    await this.#connect();
    await this.#beat();
    this.#schedule();
  };

  readonly close = async (): Promise<void> => {
    await this.#sender.close();
    this.#isClosed = true;
    this.#cancelTimer?.();
    await this.#connecting;
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection) await settledWithin(this.#deps.clock, CLOSE_TIMEOUT_MS, connection.close());
  };

  async #send(message: string): Promise<void> {
    const connection = this.#connection;
    if (!connection) throw new AppError('storage_unavailable');
    await connection.send(message);
  }

  #schedule(): void {
    if (this.#isClosed) return;
    this.#cancelTimer = this.#deps.clock.after(BEAT_EVERY_MS, () => {
      this.#leaveSilent();
      void this.#beat();
      // The next one does not wait for this: a message may hang for seconds.
      this.#schedule();
    });
  }

  /** Each beat has to come back. */
  #leaveSilent(): void {
    const { clock, from, log } = this.#deps;
    const connection = this.#connection;
    if (!connection || this.silenceMs(from) <= BLIND_AFTER_MS) return;
    if (clock.monotonicMs() - this.#connectedMs <= BLIND_AFTER_MS) return;
    log.warn('bus is silent, connecting anew');
    this.#drop(connection);
  }

  async #beat(): Promise<void> {
    if (this.#isBeating) return;
    this.#isBeating = true;
    const { clock } = this.#deps;
    if (!this.#connection && clock.monotonicMs() >= this.#retryAtMs) await this.#connect();
    if (this.#connection) await this.#sender.beat();
    this.#isBeating = false;
  }

  async #connect(): Promise<void> {
    this.#connecting ??= this.#open().finally(() => {
      this.#connecting = undefined;
    });
    await this.#connecting;
  }

  async #open(): Promise<void> {
    const { transport, log, clock } = this.#deps;
    // Its end may come before the connection is in use.
    const end: { connection?: BusConnection; isLost?: true } = {};
    try {
      const connection = await transport.connect(
        {
          received: (message) => this.#receiver.receive(message),
          lost: (error) => {
            end.isLost = true;
            if (end.connection === undefined || this.#connection !== end.connection) return;
            log.warn(`Bus connection lost. ${transport.faultOf(error)}`);
            this.#drop(end.connection);
          },
        },
        this.#secret,
      );
      end.connection = connection;
      if (this.#isClosed || end.isLost) {
        await connection.close();
        return;
      }
      this.#connection = connection;
      this.#connectedMs = clock.monotonicMs();
      this.#backoff.reset();
      if (this.#isFailing) log.info('bus connected');
      this.#isFailing = false;
    } catch (error) {
      this.#retryAtMs = clock.monotonicMs() + this.#backoff.next();
      // Once, though it is tried again and again.
      if (!this.#isFailing) log.warn(transport.faultOf(error));
      this.#isFailing = true;
    }
  }

  #drop(connection: BusConnection): void {
    if (this.#connection === connection) this.#connection = undefined;
    this.#isFailing = true;
    // One that is broken already has nothing left to end.
    void connection.close().catch(() => undefined);
  }
}
