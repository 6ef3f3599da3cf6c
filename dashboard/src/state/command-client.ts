import { STAGE } from '#protocol/command/command-stage.ts';
import { baseIdOf } from '#protocol/unit-endpoint.ts';
import type { Command, Operation, Verb } from '#protocol/command/command.ts';
import type { CommandRequest } from '#protocol/http/commands.ts';
import type { UnitView } from '#protocol/http/units.ts';
import { CommandId, newId, type UnitId } from '#protocol/ids.ts';
import { type Json, toInstant } from '#protocol/json.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { ScalarValue } from '#protocol/thing/data-schema.ts';
import { asAppError } from '#client/http-client.ts';
import type { SiteApi } from '#client/site-api.ts';
import type { Clock } from '#client/clock.ts';
import { withRetries } from '../live/with-retries.ts';
import { Coalescer } from './coalescer.ts';
import type { SiteStore } from './site-store.ts';
import type { DesiredValues } from './desired-values.ts';
import { own } from './own.ts';

interface CommandClientDeps {
  readonly api: Pick<SiteApi, 'sendCommand' | 'cancelCommand'>;
  readonly store: SiteStore;
  readonly desiredValues: DesiredValues;
  readonly clock: Clock;
  readonly random?: () => number;
  /** The issuer shown for this user's commands until the hub sends it. */
  readonly issuedBy: string;
}

interface NewValue {
  readonly id: CommandId;
  readonly value: ScalarValue;
}

interface Order {
  readonly verb: Verb;
  readonly operation: Operation;
  readonly affordance: string;
  readonly input?: Json;
}

const COALESCE_MS = 100;
/**
 * How long sending is retried while the hub cannot accept the command. An invoke must
 * not run later than its time to live allows.
 */
const OFFERED_MS: Readonly<Record<Verb, number>> = {
  invoke: LIMITS.invokeTtlMs,
  set: 60_000,
  enqueue: 60_000,
};

/**
 * The first stage of the command path: creates the command's id, shows it at once,
 * calls the API.
 */
export class CommandClient {
  readonly #deps: CommandClientDeps;
  readonly #coalescers = new Map<string, Coalescer<NewValue>>();
  readonly #closing = new AbortController();

  constructor(deps: CommandClientDeps) {
    this.#deps = deps;
  }

  /** Sets a property to have a value. Quick successions are thinned out; the last one wins. */
  setProperty(unit: UnitView, property: string, value: ScalarValue): void {
    const key = `${unit.id}/${property}`;
    let coalescer = this.#coalescers.get(key);
    if (!coalescer) {
      const { clock } = this.#deps;
      coalescer = new Coalescer({
        clock,
        intervalMs: COALESCE_MS,
        send: (desired) => this.#sendValue(unit.id, property, desired),
      });
      this.#coalescers.set(key, coalescer);
    }
    const id = newId(CommandId, this.#deps.clock.nowMs());
    // Shown at once, even while an earlier value is still being sent.
    const sinceMs = this.#deps.store.hubNow();
    this.#deps.desiredValues.want(unit.id, property, { commandId: id, value, sinceMs });
    coalescer.push({ id, value });
  }

  /** Invokes an action, or reads a property. Rejects with an AppError. */
  async send(unitId: UnitId, order: Order): Promise<Command> {
    const id = newId(CommandId, this.#deps.clock.nowMs());
    return this.#send(unitId, { id, ...order });
  }

  /**
   * Retries a command. One that the hub never answered is sent with its own id, so that
   * it is not executed twice; otherwise a new command is sent, and the first one keeps
   * its outcome.
   */
  async retry(command: Command): Promise<Command> {
    const { verb, operation, affordance, input } = command;
    const unanswered = command.seq === null && command.code === 'hub_unreachable';
    const id = unanswered ? command.id : newId(CommandId, this.#deps.clock.nowMs());
    if (unanswered) this.#deps.store.commands.delete(id);
    if (operation === 'writeproperty' && isScalar(input)) {
      const sinceMs = this.#deps.store.hubNow();
      this.#deps.desiredValues.want(command.unitId, affordance, {
        commandId: id,
        value: input,
        sinceMs,
      });
    }
    const what = { id, verb, operation, affordance };
    return this.#send(command.unitId, input === undefined ? what : { ...what, input });
  }

  /** Cancels a command that no unit has. Rejects with an AppError if it is too late. */
  async cancel(id: CommandId): Promise<void> {
    const { api, store, desiredValues } = this.#deps;
    const command = await api.cancelCommand(id);
    // Whoever cancels a desired value needs no note about it.
    const isOver = command.state === 'cancelled';
    // If a base holds it, a cancellation is requested, and the result arrives as an update of the
    // command.
    if (isOver && desiredValues.isCurrent(command.unitId, command.affordance, id)) {
      desiredValues.dismiss(command.unitId, command.affordance);
    }
    store.putCommand(command, []);
  }

  close(): void {
    this.#closing.abort();
    for (const coalescer of this.#coalescers.values()) coalescer.close();
    this.#coalescers.clear();
  }

  async #sendValue(unitId: UnitId, property: string, { id, value }: NewValue): Promise<void> {
    const { store, desiredValues } = this.#deps;
    const schema = own(store.units.get(unitId)?.description?.properties, property);
    const request = {
      id,
      // Only what may be written twice can be reconciled later.
      verb: schema?.idempotent === false ? 'invoke' : 'set',
      operation: 'writeproperty',
      affordance: property,
      input: value,
    } as const;
    try {
      // A newer value must not wait until the hub has accepted an older one.
      await this.#send(unitId, request, () => desiredValues.isCurrent(unitId, property, id));
    } catch (error) {
      desiredValues.refuse(unitId, property, { commandId: id, code: asAppError(error).code });
    }
  }

  async #send(
    unitId: UnitId,
    request: CommandRequest & Order & { id: CommandId },
    stillWanted = () => true,
  ): Promise<Command> {
    const { api, clock, random, store } = this.#deps;
    const draft = this.#draftOf(unitId, request);
    if (draft) {
      store.putCommand(draft, [
        { stage: STAGE.dashboardRequested, at: draft.createdAt, state: 'queued' },
      ]);
    }
    try {
      const command = await withRetries(() => api.sendCommand(unitId, request), {
        clock,
        random,
        withinMs: OFFERED_MS[request.verb],
        stillWanted,
        signal: this.#closing.signal,
      });
      store.putCommand(command, []);
      return command;
    } catch (error) {
      const { code } = asAppError(error);
      const state = code === 'hub_unreachable' ? 'unknown' : 'rejected';
      if (draft) store.putCommand({ ...draft, state, code }, []);
      throw error;
    }
  }

  /** The command as it will be once the hub has it. */
  #draftOf(unitId: UnitId, request: Order & { id: CommandId }): Command | undefined {
    const unit = this.#deps.store.units.get(unitId);
    if (!unit) return undefined;
    return {
      ...request,
      siteId: unit.siteId,
      baseId: baseIdOf(unit.endpoint),
      unitId,
      seq: null,
      state: 'queued',
      issuedBy: this.#deps.issuedBy,
      createdAt: toInstant(this.#deps.store.hubNow()),
      expiresAt: null,
      endedAt: null,
    };
  }
}

function isScalar(input: Json | undefined): input is ScalarValue {
  return typeof input === 'boolean' || typeof input === 'number' || typeof input === 'string';
}
