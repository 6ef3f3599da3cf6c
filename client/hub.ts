import { z } from 'zod';
import type { Command } from '#protocol/command/command.ts';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import { SiteView } from '#protocol/http/accounts.ts';
import type { CommandRequest } from '#protocol/http/commands.ts';
import { OwnToken } from '#protocol/http/device-logins.ts';
import { SiteReadingsPage, type SiteReadingsQuery } from '#protocol/http/readings.ts';
import { type HistoryQuery, UnitView } from '#protocol/http/units.ts';
import { CommandId, newId, SiteId, UnitId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { runCommand, sendCommand } from './awaited-command.ts';
import { type Clock, systemClock } from './clock.ts';
import { createHttpClient, type HttpFetch } from './http-client.ts';
import { createSiteApi, type EventsRequest } from './site-api.ts';
import {
  type EventsToFollow,
  followEvents,
  followReadings,
  type ReadingsNews,
  type ReadingsToFollow,
  type SiteNews,
} from './site-streams.ts';

// This file is the export `signalbox/client`: what its calls and answers are made of.
export type { EventsToFollow, ReadingsNews, ReadingsToFollow, SiteNews } from './site-streams.ts';
export { AppError, type ErrorCode, ERRORS } from '#protocol/errors.ts';
export { isFinal } from '#protocol/command/command-state.ts';
export type { Command } from '#protocol/command/command.ts';
export type { SiteEvent } from '#protocol/events/site-event.ts';
export type { SiteView } from '#protocol/http/accounts.ts';
export type { CommandRequest } from '#protocol/http/commands.ts';
export type { ReadingsBatch } from '#protocol/http/readings.ts';
export type { SiteSnapshot } from '#protocol/http/sites.ts';
export type { HistoryAnswer, HistoryQuery, UnitView } from '#protocol/http/units.ts';
export type { Reading } from '#protocol/reading.ts';

export interface HubOptions {
  /** `https://hub.example:8443`. In a browser, default: where the page is from. */
  readonly url?: string;
  /** An API token; in a browser, default: the session of the person who is signed in. */
  readonly token?: string;
  /** Default: the global one. */
  readonly fetch?: HttpFetch;
  /** For tests: what waits and back-offs go by. */
  readonly clock?: Clock;
}

export interface Abortable {
  /** Once it is aborted, the call rejects with its reason. */
  readonly signal?: AbortSignal;
}

export interface RunOptions extends Abortable {
  /** How long to wait for the end of the command; default: a minute. */
  readonly timeoutMs?: number;
}

/** A hub, as a program uses it. Ids are those of its answers; any other text is refused. */
export type Hub = ReturnType<typeof connectHub>;

const DEFAULT_RUN_MS = 60_000;
/** The wait for a command's end that was requested, plus an allowance for the network. */
const TIMEOUT_MS = LIMITS.maxWaitSeconds * 1_000 + 15_000;

const SiteList = z.object({ sites: z.array(SiteView) });

/**
 * The API of a hub. Nothing is sent before the first call. Every failure is an `AppError`
 * whose `code` is of the table at the end of the hub's `/api/docs`.
 */
export function connectHub(options: HubOptions = {}) {
  const { url = '', token, clock = systemClock } = options;
  const http = createHttpClient({
    fetch: options.fetch ?? ((address, init) => fetch(address, init)),
    origin: url.replace(/\/+$/, ''),
    timeoutMs: TIMEOUT_MS,
    ...(token === undefined ? {} : { token }),
  });
  const api = createSiteApi(http);
  const deps = { http, clock };
  return {
    /** The token of this program: its scope, its sites, its owner. */
    token: ({ signal }: Abortable = {}) =>
      abortable(signal, http.json(OwnToken, { path: '/api/account/token', ...given(signal) })),

    sites: async ({ signal }: Abortable = {}): Promise<readonly SiteView[]> => {
      const request = { path: '/api/sites', ...given(signal) };
      return (await abortable(signal, http.json(SiteList, request))).sites;
    },
    /** Everything at a site, as of its `cursor`: the streams continue behind it. */
    snapshot: (site: string, { signal }: Abortable = {}) =>
      abortable(signal, api.snapshot(siteIdOf(site), signal)),
    units: async (site: string, { signal }: Abortable = {}): Promise<readonly UnitView[]> =>
      (await abortable(signal, api.snapshot(siteIdOf(site), signal))).units,
    unit: (unit: string, { signal }: Abortable = {}) =>
      abortable(
        signal,
        http.json(UnitView, { path: `/api/units/${unitIdOf(unit)}`, ...given(signal) }),
      ),
    history: (unit: string, query: HistoryQuery, { signal }: Abortable = {}) =>
      abortable(signal, api.history(unitIdOf(unit), query, signal)),

    /** Sends a command; resolves once the hub has it. */
    send: (unit: string, request: CommandRequest, { signal }: Abortable = {}): Promise<Command> => {
      const command = { ...request, id: request.id ?? newId(CommandId, clock.nowMs()) };
      const wait = { endMs: clock.nowMs(), signal };
      return abortable(
        signal,
        sendCommand(deps, { unitId: unitIdOf(unit), request: command }, wait),
      );
    },
    /**
     * Sends a command; resolves with the unit's answer, or however else it ended: see its
     * `state`, `code` and `output`. Rejects if the hub refuses it, or with `timed_out`.
     */
    run: (unit: string, request: CommandRequest, how: RunOptions = {}): Promise<Command> => {
      const { signal, timeoutMs = DEFAULT_RUN_MS } = how;
      return abortable(
        signal,
        runCommand(deps, { unitId: unitIdOf(unit), request }, { timeoutMs, signal }),
      );
    },

    /** One page of the stored events: the newest, or those behind `after`. */
    eventsPage: (site: string, query: EventsRequest = {}, { signal }: Abortable = {}) =>
      abortable(signal, api.events(siteIdOf(site), query, signal)),
    /** Events as they are stored. Reconnects and resumes by itself; ends with the signal. */
    events: (site: string, what: EventsToFollow = {}): AsyncGenerator<SiteNews> =>
      followEvents(deps, siteIdOf(site), what),

    /** One page of the readings behind a position. */
    readingsPage: (
      site: string,
      query: Readonly<Partial<SiteReadingsQuery>> = {},
      { signal }: Abortable = {},
    ) => {
      const request = { path: `/api/sites/${siteIdOf(site)}/readings`, query, ...given(signal) };
      return abortable(signal, http.json(SiteReadingsPage, request));
    },
    /** Readings as they are stored. Reconnects and resumes by itself; ends with the signal. */
    readings: (site: string, what: ReadingsToFollow = {}): AsyncGenerator<ReadingsNews> =>
      followReadings(deps, siteIdOf(site), what),
  };
}

function given(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal ? { signal } : {};
}

async function abortable<T>(signal: AbortSignal | undefined, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

function siteIdOf(text: string): SiteId {
  return SiteId.safeParse(text).data ?? unknown('site_unknown');
}

function unitIdOf(text: string): UnitId {
  return UnitId.safeParse(text).data ?? unknown('unit_unknown');
}

function unknown(code: ErrorCode): never {
  throw new AppError(code);
}
