import { create } from '@bufbuild/protobuf';
import {
  type Affordance,
  AffordanceKind,
  type CommandTag,
  type Invoke,
  type Read,
  type Result,
  ResultSchema,
  Status,
  type Value,
  type Write,
} from '#protocol/unit-link/unit_link_pb.ts';
import type { Capability } from './capability.ts';
import type { DedupeTable } from './dedupe-table.ts';
import { checkWireValue } from './wire-value.ts';

/** Who wants to know what becomes of each command that has an id: a log. */
export interface CommandObserver {
  /** A command has arrived. */
  readonly arrived: (commandId: bigint, pid: number) => void;
  /** Its result, which leaves next. */
  readonly answered: (commandId: bigint, result: Result) => void;
}

interface Found {
  readonly capability: Capability;
  readonly affordance: Affordance;
}

export function resultOf(status: Status, values: readonly Value[] = []): Result {
  const succeeded = status === Status.OK || status === Status.ACCEPTED;
  return create(ResultSchema, { status, values: succeeded ? [...values] : [] });
}

/** Checks requests against the description, and carries them out once. */
export class Dispatcher {
  readonly #byPid: ReadonlyMap<number, Found>;
  readonly #done: DedupeTable;
  readonly #observer: CommandObserver | undefined;

  constructor(capabilities: readonly Capability[], done: DedupeTable, observer?: CommandObserver) {
    this.#byPid = new Map(
      capabilities.flatMap((capability) =>
        capability.affordances.map((affordance) => [affordance.pid, { capability, affordance }]),
      ),
    );
    this.#done = done;
    this.#observer = observer;
  }

  find(pid: number): Found | undefined {
    return this.#byPid.get(pid);
  }

  read({ pid }: Read): Result {
    const found = this.#byPid.get(pid);
    if (found?.affordance.kind !== AffordanceKind.PROPERTY || !found.affordance.readable) {
      return resultOf(Status.UNKNOWN_AFFORDANCE);
    }
    const value = found.capability.read?.(pid);
    return value ? resultOf(Status.OK, [value]) : resultOf(Status.HARDWARE_ERROR);
  }

  /** @param waitedMs time since the request arrived, counted against its time to live. */
  write(request: Write, waitedMs: number): Result {
    return this.#observed(request, waitedMs, () => {
      const found = this.#byPid.get(request.pid);
      if (found?.affordance.kind !== AffordanceKind.PROPERTY) {
        return resultOf(Status.UNKNOWN_AFFORDANCE);
      }
      if (!found.affordance.writable) return resultOf(Status.READ_ONLY);
      const [schema] = found.affordance.outputs;
      const verdict = schema ? checkWireValue(schema, request.value) : Status.BAD_REQUEST;
      if (verdict !== Status.OK || request.value === undefined) return resultOf(verdict);
      const answer = found.capability.write?.(request.pid, request.value, request.transitionMs);
      return answer
        ? resultOf(answer.status, [answer.value ?? request.value])
        : resultOf(Status.HARDWARE_ERROR);
    });
  }

  invoke(request: Invoke, waitedMs: number): Result {
    return this.#observed(request, waitedMs, () => {
      const found = this.#byPid.get(request.pid);
      if (found?.affordance.kind !== AffordanceKind.ACTION) {
        return resultOf(Status.UNKNOWN_AFFORDANCE);
      }
      const { inputs } = found.affordance;
      if (inputs.length !== request.arguments.length) return resultOf(Status.BAD_REQUEST);
      const verdicts = inputs.map((schema, index) =>
        checkWireValue(schema, request.arguments[index]),
      );
      const worst = verdicts.includes(Status.BAD_REQUEST)
        ? Status.BAD_REQUEST
        : verdicts.find((verdict) => verdict !== Status.OK);
      if (worst !== undefined) return resultOf(worst);
      const answer = found.capability.invoke?.(request.pid, request.arguments);
      return answer ? resultOf(answer.status, answer.outputs) : resultOf(Status.HARDWARE_ERROR);
    });
  }

  #observed(
    { tag, pid }: { readonly tag?: CommandTag | undefined; readonly pid: number },
    waitedMs: number,
    execute: () => Result,
  ): Result {
    const commandId = tag?.commandId ?? 0n;
    const observer = commandId === 0n ? undefined : this.#observer;
    observer?.arrived(commandId, pid);
    const result = this.#once(tag, waitedMs, execute);
    observer?.answered(commandId, result);
    return result;
  }

  /** A repeat is recognised even after its time to live, for it did happen. */
  #once(tag: CommandTag | undefined, waitedMs: number, execute: () => Result): Result {
    const commandId = tag?.commandId ?? 0n;
    const first = this.#done.find(commandId);
    if (first) {
      return create(ResultSchema, {
        status: Status.DUPLICATE,
        firstStatus: first.status,
        values: first.values,
      });
    }
    const ttlMs = tag?.ttlMs ?? 0;
    const result = ttlMs !== 0 && waitedMs > ttlMs ? resultOf(Status.EXPIRED) : execute();
    this.#done.remember(commandId, result);
    return result;
  }
}
