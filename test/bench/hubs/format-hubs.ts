import type { Ratios } from '../ratios.ts';
import type { Contender, HubsResult } from './compare-hubs.ts';

const HEAD =
  '| | p50 | to SQLite | p99 | to SQLite | per second | to SQLite | hubs | database | base | transactions | bus messages |';

/** A table in Markdown for each load. */
export function formatHubs(results: readonly HubsResult[]): string {
  return results.map(tableOf).join('\n\n');
}

function tableOf({ inFlight, rounds, contenders }: HubsResult): string {
  const [{ count } = { count: 0 }] = contenders;
  const title = `Round trips with ${inFlight} in flight, ${count} each in ${rounds} rounds that take turns; processor time in ms per command`;
  const rule = HEAD.replaceAll(/[^|]+/g, '---');
  return [title, '', HEAD, rule, ...contenders.map(rowOf)].join('\n');
}

function rowOf(one: Contender): string {
  const { toSqlite, costs } = one;
  const cells = [
    one.name,
    ...[`${one.p50Ms.toFixed(1)} ms`, spread(toSqlite.p50)],
    ...[`${one.p99Ms.toFixed(1)} ms`, spread(toSqlite.p99)],
    ...[one.perSecond.toFixed(0), spread(toSqlite.perSecond)],
    ...[costs.hubs, costs.database, costs.base, costs.transactions, costs.busMessages].map(
      (value) => value.toFixed(2),
    ),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The median of the rounds' ratios, and the lowest and the highest. */
function spread({ median, lowest, highest }: Ratios): string {
  return `${median.toFixed(2)} (${lowest.toFixed(2)}–${highest.toFixed(2)})`;
}
