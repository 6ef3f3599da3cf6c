import { z } from 'zod';
import { AppError, type ErrorCode, ErrorCodeSchema } from '#protocol/errors.ts';
import { type BaseId, type HubId, newId, RequestId } from '#protocol/ids.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import type { BaseLink, BaseLinks } from '../domain/bases/base-links.ts';
import type { RemoteRequest, RemoteRequests } from '../domain/bases/unit-finder.ts';
import type { Bus } from './bus.ts';
import { type ReplyHint, type RequestHint, RequestPayload } from './hint.ts';

export interface BaseRequestsDeps {
  readonly bus: Pick<Bus, 'publish'>;
  readonly hubId: HubId;
  readonly links: Pick<BaseLinks, 'live'>;
  readonly clock: Clock;
  /** The hub that has the connection of a base; undefined: none. */
  readonly hubOf: (baseId: BaseId) => Promise<HubId | undefined>;
}

/** Of a reply in one message: half of what it holds, since escaping may double it. */
const PART_CHARS = 3_500;
/** A longer reply is none: 140,000 characters. */
const MAX_PARTS = 40;
/** Requests of other hubs that wait for bases here. Of more, each is refused. */
const MAX_SERVED = 256;

/** What the base acknowledged with, or why there is nothing. */
const Reply = z.union([z.object({ code: ErrorCodeSchema }), z.object({ acked: z.json() })]);
type Reply = { readonly acked: unknown } | { readonly code: ErrorCode };

interface Pending {
  readonly parts: (string | undefined)[];
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: AppError) => void;
}

/**
 * Requests to bases that are connected to another hub, over the bus. They are in no log, and
 * nobody repeats them: what is lost is timed out.
 */
export class BaseRequests implements RemoteRequests {
  readonly #deps: BaseRequestsDeps;
  readonly #pending = new Map<RequestId, Pending>();
  #served = 0;

  constructor(deps: BaseRequestsDeps) {
    this.#deps = deps;
  }

  /** Requests that wait for another hub. */
  get size(): number {
    return this.#pending.size;
  }

  /** As {@link BaseLink.request}; `base_offline` where no other hub has it. */
  async request(base: BaseId, { name, payload, timeoutMs }: RemoteRequest): Promise<unknown> {
    const { bus, hubId, clock, hubOf } = this.#deps;
    const to = await hubOf(base);
    if (to === undefined || to === hubId) throw new AppError('base_offline');
    const id = newId(RequestId);
    let cancelTimer: CancelTimer | undefined;
    try {
      return await new Promise((resolve, reject) => {
        this.#pending.set(id, { parts: [], resolve, reject });
        cancelTimer = clock.after(timeoutMs, () => reject(new AppError('timed_out')));
        const request = { kind: 'request', id, from: hubId, to, base, name, timeoutMs } as const;
        bus.publish([{ ...request, payload: RequestPayload.parse(payload) }]);
      });
    } finally {
      cancelTimer?.();
      this.#pending.delete(id);
    }
  }

  /** Another hub wants something of a base that is connected here. */
  requested(hint: RequestHint): void {
    const { hubId, links } = this.#deps;
    if (hint.to !== hubId) return;
    const link = links.live(hint.base);
    if (!link) {
      this.#refuse(hint, 'base_offline');
    } else if (this.#served >= MAX_SERVED) {
      this.#refuse(hint, 'overloaded');
    } else {
      this.#served += 1;
      void this.#serve(hint, link).finally(() => (this.#served -= 1));
    }
  }

  replied({ to, id, part, parts, text }: ReplyHint): void {
    const pending = to === this.#deps.hubId ? this.#pending.get(id) : undefined;
    if (!pending) return;
    pending.parts[part] = text;
    const got = pending.parts.filter((one) => one !== undefined);
    if (got.length < parts) return;
    const reply = Reply.safeParse(JSON.parse(got.join('')));
    if (!reply.success) pending.reject(new AppError('internal', { cause: reply.error }));
    else if ('code' in reply.data) pending.reject(new AppError(reply.data.code));
    else pending.resolve(reply.data.acked);
  }

  async #serve(hint: RequestHint, link: BaseLink): Promise<void> {
    try {
      const acked = await link.request(hint.name, hint.payload, hint.timeoutMs);
      this.#reply(hint, { acked });
    } catch (error) {
      this.#refuse(hint, error instanceof AppError ? error.code : 'timed_out');
    }
  }

  #refuse(hint: RequestHint, code: ErrorCode): void {
    this.#reply(hint, { code });
  }

  #reply(hint: Pick<RequestHint, 'id' | 'from'>, reply: Reply): void {
    const { id, from } = hint;
    const text = JSON.stringify(reply);
    const parts = Math.ceil(text.length / PART_CHARS);
    if (parts > MAX_PARTS) {
      this.#reply(hint, { code: 'internal' });
      return;
    }
    for (let part = 0; part < parts; part += 1) {
      const some = text.slice(part * PART_CHARS, (part + 1) * PART_CHARS);
      this.#deps.bus.publish([{ kind: 'reply', to: from, id, part, parts, text: some }]);
    }
  }
}
