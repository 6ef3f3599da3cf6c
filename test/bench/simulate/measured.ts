import { z } from 'zod';

/** Per second. */
export const Load = z.object({
  commands: z.number(),
  /** Requests of bases with readings. */
  deliveries: z.number(),
  readings: z.number(),
});
export type Load = z.infer<typeof Load>;

/** What is counted while a load is on, per second. */
export const Spent = z.object({
  /** Processor time in milliseconds: of the hubs that work, and of one that only hears them. */
  hubs: z.number(),
  listener: z.number(),
  database: z.number(),
  base: z.number(),
  units: z.number(),
  balancer: z.number(),
  client: z.number(),
  transactions: z.number(),
  walBytes: z.number(),
  walSyncs: z.number(),
  storedBytes: z.number(),
  busMessages: z.number(),
  busBytes: z.number(),
  /** Connections of hubs in a transaction: on average, not per second. */
  busyConnections: z.number(),
});
export type Spent = z.infer<typeof Spent>;
export const SPENT = Spent.keyof().options;

export const Run = z.object({
  name: z.string(),
  seconds: z.number(),
  /** As it was achieved. */
  load: Load,
  /** Processor time per second of programs that do not belong to this, in milliseconds. */
  othersMs: z.number(),
  spent: Spent,
  /** Of commands; null: there were none. */
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
});
export type Run = z.infer<typeof Run>;

/** What the simulation rests on: written by `npm run simulate -- --measure`. */
export const Measured = z.object({
  date: z.string(),
  commit: z.string(),
  node: z.string(),
  /** All programs share them. */
  processors: z.number(),
  /** Other programs on the machine, by its load before the first run. */
  machineLoad: z.number(),
  syncMs: z.number(),
  /** Of a hub's processor time, that of its main thread. */
  mainThreadShare: z.number(),
  workingHubs: z.number(),
  /** Readings only, by which the costs of readings are found. */
  idle: Run,
  smallDeliveries: Run,
  largeDeliveries: Run,
  /** Commands at three loads: two that wait for nobody, and as many as go. */
  fitted: z.array(Run).length(3),
  bases: z.object({
    count: z.number(),
    hubBytesPerBase: z.number(),
    hubBytesWithoutBases: z.number(),
    /** Processor time in milliseconds: of a base that connects, and of one that is idle for a second. */
    connect: z.object({ hubs: z.number(), database: z.number() }),
    idleSecond: z.object({ hubs: z.number(), database: z.number(), transactions: z.number() }),
  }),
});
export type Measured = z.infer<typeof Measured>;
