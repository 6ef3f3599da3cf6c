import { until } from '#platform/testing/until.ts';
import { SiteEventsPage } from '#protocol/http/events.ts';
import { EventReader } from '../../harness/event-reader.ts';
import { OpenDashboard } from '../crash/open-dashboard.ts';
import type { Cluster } from './start-cluster.ts';

/** Who follows the site at one place: a dashboard, and a reader of server-sent events. */
interface Watcher {
  readonly name: string;
  readonly dashboard: OpenDashboard;
  readonly reader: EventReader;
}

const CATCH_UP_MS = 60_000;

/** Dashboards and readers at every hub, and at the balancer. */
export class Watchers {
  readonly #cluster: Cluster;
  readonly all: readonly Watcher[];
  readonly atBalancer: Watcher;

  private constructor(cluster: Cluster, all: readonly Watcher[]) {
    this.#cluster = cluster;
    this.all = all;
    const last = all.at(-1);
    if (!last) throw new Error('nobody watches');
    this.atBalancer = last;
  }

  static async open(cluster: Cluster): Promise<Watchers> {
    const { hubs, balancer, token, cleanup, fixture } = cluster;
    const places = [
      ...hubs.map(({ hub }, index) => ({ name: `at hub ${index + 1}`, url: hub.httpUrl })),
      { name: 'at the balancer', url: balancer.url },
    ];
    const all = places.map(({ name, url }) => {
      const of = { ca: fixture.hub.ca, token, siteId: fixture.siteId, cleanup };
      return {
        name,
        dashboard: new OpenDashboard({ ...of, origin: url }),
        reader: new EventReader({ ...of, url }),
      };
    });
    for (const { reader } of all) reader.start();
    await Promise.all(all.map(({ dashboard }) => dashboard.open()));
    return new Watchers(cluster, all);
  }

  /** What a watcher has missed, once no more is stored. */
  async violations(): Promise<string[]> {
    const head = await this.#head();
    return (await Promise.all(this.all.map((watcher) => this.#missedBy(watcher, head)))).flat();
  }

  /** Events that each reader has, and how often they were opened again. */
  note(): string {
    const counts = this.all.map(({ reader }) => reader.events.length);
    const again = this.all.reduce((sum, { reader }) => sum + reader.openings.length - 1, 0);
    const snapshots = this.all.reduce((sum, { dashboard }) => sum + dashboard.snapshots - 1, 0);
    return `${this.all.length} readers of server-sent events have ${Math.min(...counts)} events each, opened again ${again} times; the dashboards beside them needed ${snapshots} further snapshots`;
  }

  async #head(): Promise<number> {
    const { fixture } = this.#cluster;
    const path = `/api/sites/${fixture.siteId}/events?limit=1&after=0`;
    let head = 0;
    // Until nothing is added any more.
    await until('the site is quiet', async () => {
      const before = head;
      const page = await fixture.api.get(SiteEventsPage, path);
      head = page.rev;
      return head === before;
    });
    return head;
  }

  async #missedBy({ name, dashboard, reader }: Watcher, head: number): Promise<string[]> {
    const isThere = (): boolean => (reader.events.at(-1)?.rev ?? 0) >= head;
    await until(`the reader ${name} has all`, isThere, CATCH_UP_MS).catch(() => undefined);
    const gaps = reader.events.filter(
      ({ rev }, index) => rev !== (reader.events[index - 1]?.rev ?? 0) + 1,
    );
    await dashboard.live();
    const differences = await dashboard.differences();
    return [
      ...(isThere() ? [] : [`the reader ${name} has not reached event ${head}`]),
      ...gaps.slice(0, 3).map(({ rev }) => `the reader ${name} has a gap or repeat at ${rev}`),
      ...(reader.openings.includes('not-recovered') ? [`the reader ${name} could not resume`] : []),
      ...differences.slice(0, 3).map((text) => `the dashboard ${name}: ${text}`),
    ];
  }
}
