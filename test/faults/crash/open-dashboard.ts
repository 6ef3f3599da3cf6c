import { isDeepStrictEqual } from 'node:util';
import { systemClock } from '#client/clock.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import type { BaseView } from '#protocol/http/bases.ts';
import type { SiteSnapshot } from '#protocol/http/sites.ts';
import type { SiteId } from '#protocol/ids.ts';
import { connectToHub, type HubConnection } from '../../../cli/remote/hub-connection.ts';
import { SiteSession } from '../../../dashboard/src/state/site-session.ts';

/** What a dashboard holds of a site, by the dashboard's own code: it stays open over crashes. */
export class OpenDashboard {
  readonly #connection: HubConnection;
  readonly #siteId: SiteId;
  readonly #session: SiteSession;
  #snapshots = 0;

  constructor(deps: {
    readonly origin: string;
    readonly ca: string;
    readonly token: string;
    readonly siteId: SiteId;
    readonly cleanup: Cleanup;
  }) {
    this.#connection = connectToHub({ origin: deps.origin, ca: deps.ca, secret: deps.token });
    this.#siteId = deps.siteId;
    const { siteApi, openSocket } = this.#connection;
    this.#session = new SiteSession({
      siteId: deps.siteId,
      userName: 'Ada',
      api: {
        ...siteApi,
        snapshot: (id, signal) => {
          this.#snapshots += 1;
          return siteApi.snapshot(id, signal);
        },
      },
      openSocket,
      clock: systemClock,
    });
    deps.cleanup.add(async () => {
      this.#session.close();
      await this.#connection.close();
    });
  }

  /** Snapshots that it needed: one, where it could resume each time. */
  get snapshots(): number {
    return this.#snapshots;
  }

  /** Whether it follows the site now. */
  get isLive(): boolean {
    return this.#session.channel.status.get().kind === 'live';
  }

  async open(): Promise<void> {
    this.#session.start();
    await this.live();
  }

  async live(): Promise<void> {
    await until('the dashboard is live', () => {
      const { kind } = this.#session.channel.status.get();
      if (kind === 'waiting') this.#session.channel.reconnectNow();
      return kind === 'live' && this.#session.collection.status.get().phase === 'ready';
    });
  }

  /**
   * Waits until it shows what a present snapshot contains.
   *
   * @returns what differs, if it never does
   */
  async differences(): Promise<string[]> {
    let found: string[] = [];
    try {
      await until('the dashboard shows what there is', async () => {
        found = this.#against(await this.#connection.siteApi.snapshot(this.#siteId));
        return found.length === 0;
      });
    } catch {
      // The difference is more informative.
    }
    return found;
  }

  #against(snapshot: SiteSnapshot): string[] {
    const { units, bases, rollouts, commands } = this.#session.store;
    return [
      ...differences('unit', units.values(), snapshot.units),
      ...differences('base', bases.values().map(lasting), snapshot.bases.map(lasting)),
      ...differences('rollout', rollouts.values(), snapshot.rollouts),
      // It remembers more of them than a snapshot has.
      ...snapshot.commands.flatMap((command) =>
        differences('command', [commands.get(command.id)?.command], [command]),
      ),
    ];
  }
}

/** When it was last seen is of the moment of the request. */
function lasting(base: BaseView): BaseView {
  return { ...base, presence: { ...base.presence, lastSeenAt: null } };
}

function differences<T extends { readonly id: string }>(
  what: string,
  shown: readonly (T | undefined)[],
  there: readonly T[],
): string[] {
  const byId = (list: readonly (T | undefined)[]) => new Map(list.map((one) => [one?.id, one]));
  const before = byId(shown);
  const now = byId(there);
  return [...new Set([...before.keys(), ...now.keys()])].flatMap((id) =>
    isDeepStrictEqual(before.get(id), now.get(id))
      ? []
      : [`${what} ${id} is shown otherwise: ${fields(before.get(id), now.get(id))}`],
  );
}

/** The fields in which the two are not equal, with both values. */
function fields(shown: object = {}, there: object = {}): string {
  const now = new Map<string, unknown>(Object.entries(there));
  const before = new Map<string, unknown>(Object.entries(shown));
  return [...new Set([...before.keys(), ...now.keys()])]
    .filter((key) => !isDeepStrictEqual(before.get(key), now.get(key)))
    .map((key) => `${key} ${JSON.stringify(before.get(key))}, not ${JSON.stringify(now.get(key))}`)
    .join('; ');
}
