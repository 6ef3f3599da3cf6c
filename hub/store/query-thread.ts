import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { RawBuilder } from 'kysely';
import type { Logger } from 'pino';
import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import type { Db } from './schema.ts';

export interface QueryThreadDeps {
  /** Only says how queries are written; nothing is asked of it. */
  readonly db: Db;
  readonly file: string;
  readonly log: Logger;
}

interface Job {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  readonly resolve: (rows: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Queries that may wait; each of them belongs to a request that waits for it. */
const MAX_WAITING = 200;

/**
 * The program of the thread. As text, since a thread takes only JavaScript:
 * so it is the same one whether the hub runs from its sources, from its
 * build, or under test. The path of the driver comes along, because text has
 * no place from which it could be found.
 */
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
const Database = require(workerData.driver);
const database = new Database(workerData.file, { readonly: true });
database.pragma('busy_timeout = 5000');
database.pragma('temp_store = MEMORY');
parentPort.on('message', ({ sql, parameters }) => {
  try {
    parentPort.postMessage({ rows: database.prepare(sql).all(...parameters) });
  } catch (error) {
    parentPort.postMessage({ fault: String(error) });
  }
});
`;

const Answer = z.union([z.object({ rows: z.unknown() }), z.object({ fault: z.string() })]);

/**
 * A second, read-only connection in a thread of its own, for the queries that
 * may scan much: the event loop goes on meanwhile. One query at a time; the
 * thread starts with the first one.
 */
export class QueryThread {
  readonly #deps: QueryThreadDeps;
  readonly #waiting: Job[] = [];
  #running: Job | undefined;
  #worker: Worker | undefined;
  #closed = false;

  constructor(deps: QueryThreadDeps) {
    this.#deps = deps;
  }

  /** @throws `overloaded` when too many queries wait. */
  async rows<T extends z.ZodType>(schema: T, query: RawBuilder<unknown>): Promise<z.output<T>[]> {
    const { sql, parameters } = query.compile(this.#deps.db);
    const answer = await new Promise<unknown>((resolve, reject) => {
      if (this.#closed) {
        reject(new AppError('not_ready'));
      } else if (this.#waiting.length >= MAX_WAITING) {
        reject(new AppError('overloaded'));
      } else {
        this.#waiting.push({ sql, parameters, resolve, reject });
        this.#next();
      }
    });
    return z.array(schema).parse(answer);
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
    else job?.resolve(answer.rows);
    this.#next();
  }

  /** The thread is gone; the next query starts another. */
  #failAll(error: AppError): void {
    const jobs = this.#running ? [this.#running] : [];
    jobs.push(...this.#waiting.splice(0));
    this.#running = undefined;
    this.#worker = undefined;
    for (const job of jobs) job.reject(error);
  }
}
