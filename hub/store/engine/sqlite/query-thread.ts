import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { RawBuilder } from 'kysely';
import type { Logger } from 'pino';
import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { FairQueue } from '#platform/sharing/fair-queue.ts';
import type { ReadPool, ReadQueries, ReadTurn } from '../read-queries.ts';
import type { Db } from '../../schema.ts';
import { SQLITE_DIALECT } from './dialect.ts';

export interface QueryThreadDeps {
  /** Only compiles queries; nothing runs on it. */
  readonly db: Db;
  readonly file: string;
  readonly log: Logger;
}

interface Job {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  readonly resolve: (answer: TimedRows) => void;
  readonly reject: (error: unknown) => void;
}

interface TimedRows {
  readonly rows: unknown;
  /** The duration of the query itself. */
  readonly durationMs: number;
}

/** Maximum waiting queries per pool; a request waits for each of them. */
const MAX_WAITING = 200;

/**
 * The program of the thread, as text, since a thread runs only JavaScript: so it is the same
 * whether the hub runs from source, from its build, or under test. It is given the path of the
 * driver, because text has no location to resolve it from.
 */
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
const Database = require(workerData.driver);
const database = new Database(workerData.file, { readonly: true });
database.pragma('busy_timeout = 5000');
database.pragma('temp_store = MEMORY');
parentPort.on('message', ({ sql, parameters }) => {
  try {
    const begunMs = performance.now();
    const rows = database.prepare(sql).all(...parameters);
    parentPort.postMessage({ rows, durationMs: performance.now() - begunMs });
  } catch (error) {
    parentPort.postMessage({ fault: String(error) });
  }
});
`;

const Answer = z.union([
  z.object({ rows: z.unknown(), durationMs: z.number() }),
  z.object({ fault: z.string() }),
]);

type WorkerDeps = Pick<QueryThreadDeps, 'file' | 'log'>;

/**
 * A read-only connection in a thread of its own. It runs one query at a time and cannot
 * interrupt any, so each must be short (a slice of a longer read); after each, the next owner
 * gets a turn. The thread starts with the first query.
 */
class QueryWorker {
  readonly #deps: WorkerDeps;
  readonly #waiting = new FairQueue<Job>(MAX_WAITING);
  #running: Job | undefined;
  #worker: Worker | undefined;
  #closed = false;

  constructor(deps: WorkerDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#waiting.size + (this.#running ? 1 : 0);
  }

  run(owner: string, query: Pick<Job, 'sql' | 'parameters'>): Promise<TimedRows> {
    return new Promise<TimedRows>((resolve, reject) => {
      if (this.#closed) {
        reject(new AppError('not_ready'));
        return;
      }
      const job = { ...query, resolve, reject };
      const dropped = this.#waiting.push(owner, job);
      dropped?.reject(new AppError('overloaded'));
      if (dropped !== job) this.#next();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    this.#failAll(new AppError('not_ready'));
    await worker?.terminate();
  }

  #next(): void {
    if (this.#running || this.#closed) return;
    this.#running = this.#waiting.shift();
    if (!this.#running) return;
    const { sql, parameters } = this.#running;
    this.#worker ??= this.#start();
    this.#worker.postMessage({ sql, parameters });
  }

  #start(): Worker {
    const { file, log } = this.#deps;
    const driver = createRequire(import.meta.url).resolve('better-sqlite3');
    const worker = new Worker(PROGRAM, { eval: true, workerData: { driver, file } });
    worker.unref();
    worker.on('message', (message: unknown) => this.#answered(message));
    worker.on('error', (error) => log.error({ err: error }, 'query thread failed'));
    worker.on('exit', () => {
      if (this.#worker === worker) this.#failAll(new AppError('internal'));
    });
    return worker;
  }

  #answered(message: unknown): void {
    const job = this.#running;
    this.#running = undefined;
    const answer = Answer.parse(message);
    if ('fault' in answer)
      job?.reject(new AppError('internal', { cause: new Error(answer.fault) }));
    else job?.resolve(answer);
    this.#next();
  }

  /** The thread is gone; the next query starts another. */
  #failAll(error: AppError): void {
    const jobs = this.#running ? [this.#running] : [];
    jobs.push(...this.#waiting.drain());
    this.#running = undefined;
    this.#worker = undefined;
    for (const job of jobs) job.reject(error);
  }
}

/**
 * Read-only connections in threads of their own, one per pool, for queries that scan many
 * rows: they do not block the event loop, and no board waits for a history.
 */
export class QueryThread implements ReadQueries {
  readonly dialect = SQLITE_DIALECT;
  readonly #deps: QueryThreadDeps;
  readonly #workers: Readonly<Record<ReadPool, QueryWorker>>;

  constructor(deps: QueryThreadDeps) {
    this.#deps = deps;
    this.#workers = {
      board: new QueryWorker(deps),
      history: new QueryWorker(deps),
      upkeep: new QueryWorker(deps),
    };
  }

  /** Queries that run or wait. */
  get size(): number {
    return Object.values(this.#workers).reduce((sum, { size }) => sum + size, 0);
  }

  /** @throws `overloaded` when too many queries wait, most of them this owner's. */
  async rows<T extends z.ZodType>(
    schema: T,
    query: RawBuilder<unknown>,
    turn: ReadTurn,
  ): Promise<z.output<T>[]> {
    return (await this.timed(schema, query, turn)).rows;
  }

  /** With the duration, by which the size of the next slice is chosen. */
  async timed<T extends z.ZodType>(
    schema: T,
    query: RawBuilder<unknown>,
    turn: ReadTurn,
  ): Promise<{ readonly rows: z.output<T>[]; readonly durationMs: number }> {
    const { sql, parameters } = query.compile(this.#deps.db);
    const { rows, durationMs } = await this.#workers[turn.pool].run(turn.owner, {
      sql,
      parameters,
    });
    return { rows: z.array(schema).parse(rows), durationMs };
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#workers).map((worker) => worker.close()));
  }
}
