import { HistoryAnswer } from '#protocol/http/units.ts';
import type { ApiClient } from '../../harness/api-client.ts';
import { PROPERTIES, type Prepared } from './prepare.ts';

/** So many long reads are under way at any moment of a load. */
const AT_ONCE = 6;
const RANGE_MS = 230 * 86_400_000;
const PAUSE_WHEN_REFUSED_MS = 200;

/** One long read after the other, until `isOver`; how many were answered. */
type Load = (isOver: () => boolean) => Promise<number>;

export interface LoadDeps {
  readonly prepared: Prepared;
  /** A client with this API token. */
  readonly clientOf: (token: string) => ApiClient;
}

/** What goes on beside those who look at their boards. */
export function loadsOf({ prepared, clientOf }: LoadDeps): ReadonlyMap<string, Load> {
  const readers = prepared.readers.map(clientOf);
  const slots = Array.from({ length: AT_ONCE }, (_, index) => index);
  const readerOf = (slot: number): ApiClient => {
    const reader = readers[slot % readers.length];
    if (!reader) throw new Error('nobody reads');
    return reader;
  };
  const propertyOf = (slot: number): string => PROPERTIES[slot % PROPERTIES.length] ?? '';
  const path = (property: string, fromMs: number, toMs: number, resolution: string): string =>
    `/api/units/${prepared.unitId}/history?${new URLSearchParams({
      property,
      from: String(fromMs),
      to: String(toMs),
      resolution,
    })}`;
  const query = async (reader: ApiClient, property: string): Promise<void> => {
    const toMs = Date.now();
    await request(reader, path(property, toMs - RANGE_MS, toMs, 'auto'));
  };
  const all = async (isOver: () => boolean, one: (slot: number) => Promise<void>) => {
    let answered = 0;
    await Promise.all(
      slots.map(async (slot) => {
        while (!isOver()) {
          await one(slot);
          answered += 1;
        }
      }),
    );
    return answered;
  };
  const [first] = PROPERTIES;
  return new Map<string, Load>([
    ['nothing else', () => Promise.resolve(0)],
    [
      '6 histories of 230 days, one member',
      (isOver) => all(isOver, () => query(readerOf(0), first)),
    ],
    ['6 histories, six members', (isOver) => all(isOver, (slot) => query(readerOf(slot), first))],
    [
      '6 histories, six members, 4 properties',
      (isOver) => all(isOver, (slot) => query(readerOf(slot), propertyOf(slot))),
    ],
    [
      '6 exports of every reading, six members',
      async (isOver) => {
        const fromMs = slots.map(() => Date.now() - RANGE_MS);
        return await all(isOver, async (slot) => {
          const answer = await request(
            readerOf(slot),
            path(first, fromMs[slot] ?? 0, Date.now(), 'raw'),
          );
          fromMs[slot] = answer.nextFromMs ?? Date.now() - RANGE_MS;
        });
      },
    ],
    [
      '6 exports by the second, six members',
      async (isOver) => {
        const fromMs = slots.map(() => Date.now() - RANGE_MS);
        return await all(isOver, async (slot) => {
          const answer = await request(
            readerOf(slot),
            path(first, fromMs[slot] ?? 0, Date.now(), '1s'),
          );
          fromMs[slot] = answer.nextFromMs ?? Date.now() - RANGE_MS;
        });
      },
    ],
  ]);
}

async function request(reader: ApiClient, path: string): Promise<HistoryAnswer> {
  for (;;) {
    const answer = await reader.send('GET', path);
    if (answer.status === 200) return HistoryAnswer.parse(JSON.parse(answer.text));
    if (answer.status !== 429) throw new Error(`${answer.status}: ${answer.text}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_WHEN_REFUSED_MS));
  }
}
