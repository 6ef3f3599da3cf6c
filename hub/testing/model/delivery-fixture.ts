import { STAGE } from '#protocol/command/command-stage.ts';
import { bodiesOf } from '#protocol/hub-link/site-part-bodies.ts';
import { actorOfSubject } from '../../domain/accounts/principal.ts';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandOutcome } from '#protocol/command/command-state.ts';
import type { Command } from '#protocol/command/command.ts';
import { AppError } from '#protocol/errors.ts';
import { CommandRequest } from '#protocol/http/commands.ts';
import { type BaseId, type CommandId, Epoch, EventId, newId, type SiteId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { ModelBase, type ModelEvent } from './model-base.ts';
import { type FurnishedFolder, ModelHub, turn } from './model-hub.ts';
import { ModelLink } from './model-link.ts';

/** A request, which may be repeated. */
export interface Intent {
  readonly unit: number;
  readonly request: CommandRequest;
  readonly idempotencyKey: string | undefined;
  /** The command that the hub answered with, once it has. */
  accepted: CommandId | undefined;
}

export interface Wait {
  readonly id: CommandId;
  readonly untilMs: number;
  answer: Command | undefined;
}

const ISSUER = 'user:model';

/** A hub, its base and the link between them, and everything that may happen to them. */
export class DeliveryFixture {
  readonly base = new ModelBase();
  readonly intents: Intent[] = [];
  readonly waits: Wait[] = [];
  /**
   * Commands that the base denied holding, though it held them: reports about them may
   * be wrong.
   */
  readonly disowned = new Set<CommandId>();
  /** Every command that the hub answered with. */
  readonly accepted = new Set<CommandId>();
  readonly #published: number[] = [];
  readonly #furnished: FurnishedFolder;
  readonly #parent: string;
  #hub: ModelHub;
  #link: ModelLink | undefined;
  #runs = 0;
  readonly #faults: unknown[] = [];

  constructor(start: { hub: ModelHub; furnished: FurnishedFolder; parent: string }) {
    this.#hub = start.hub;
    this.#furnished = start.furnished;
    this.#parent = start.parent;
  }

  static async open(furnished: FurnishedFolder, parent: string): Promise<DeliveryFixture> {
    const folder = join(parent, 'life 0');
    cpSync(furnished.folder, folder, { recursive: true });
    const hub = await ModelHub.open(folder);
    return new DeliveryFixture({ hub, furnished, parent });
  }

  get hub(): ModelHub {
    return this.#hub;
  }

  get siteId(): SiteId {
    return this.#furnished.siteId;
  }

  get baseId(): BaseId {
    return this.#furnished.baseId;
  }

  get nowMs(): number {
    return this.#hub.clock.nowMs();
  }

  get link(): ModelLink | undefined {
    return this.#link;
  }

  async settle(): Promise<void> {
    await this.#hub.settle();
    const [fault] = this.#faults;
    if (fault !== undefined) throw new Error('something failed that must not', { cause: fault });
  }

  issue(wanted: Omit<Intent, 'accepted'>): void {
    const intent: Intent = { ...wanted, accepted: undefined };
    this.intents.push(intent);
    this.#watch(this.#request(intent));
  }

  /** A retry, as by a client that got no answer. */
  repeat(pick: number): void {
    const intent = this.#pick(this.intents, pick);
    if (intent) this.#watch(this.#request(intent));
  }

  /** The same id or key with another body. */
  async issueConflicting(pick: number): Promise<void> {
    const named = this.intents.filter(
      ({ request, idempotencyKey, accepted }) =>
        accepted !== undefined && (request.id ?? idempotencyKey) !== undefined,
    );
    const intent = this.#pick(named, pick);
    if (!intent) return;
    const request = { ...intent.request, ttlMs: LIMITS.maxTtlMs - 1 };
    const code = await this.#issue({ ...intent, request }).then(
      () => 'taken',
      (error: unknown) => (error instanceof AppError ? error.code : error),
    );
    if (code !== 'idempotency_conflict') {
      throw new Error(`another body was answered with ${String(code)}`);
    }
  }

  cancel(pick: number): void {
    const intent = this.#pick(this.intents, pick);
    if (intent?.accepted === undefined) return;
    this.#watch(
      this.#hub.services.commands.cancel(intent.accepted, {
        account: ISSUER,
        actor: actorOfSubject(ISSUER),
      }),
    );
  }

  wait(pick: number, ms: number): void {
    const intent = this.#pick(this.intents, pick);
    if (intent?.accepted === undefined) return;
    const wait: Wait = { id: intent.accepted, untilMs: this.nowMs + ms, answer: undefined };
    this.waits.push(wait);
    this.#watch(
      this.#hub.services.commands
        .waitForEnd(wait.id, { timeoutMs: ms, by: 'ada' })
        .then((answer) => {
          wait.answer = answer;
        }),
    );
  }

  connect(): void {
    this.#link?.closeAtHub();
    const { baseId } = this.#furnished;
    this.#link = new ModelLink({ hub: this.#hub, base: this.base, baseId });
    this.#link.open();
  }

  /**
   * The base resumes from a wrong position: behind its own, ahead of the hub's, of
   * another epoch.
   */
  async resumeAt(place: 'behind' | 'ahead' | 'elsewhere' | 'nowhere'): Promise<void> {
    await this.catchUp();
    if (!this.#link?.isOpen || !this.#link.isIdle) return;
    const { request } = this.base;
    const lastSeq = place === 'behind' ? Math.floor(request.lastSeq / 2) : request.lastSeq + 1_000;
    if (place === 'behind') await this.#disownAfter(lastSeq);
    const epoch = place === 'elsewhere' ? newId(Epoch) : place === 'nowhere' ? null : request.epoch;
    this.#link.resume({ ...request, epoch, lastSeq });
  }

  progress(pick: number): void {
    const held = this.#pick([...this.base.held.values()], pick);
    if (!held || !this.#link?.isOpen) return;
    const { id: commandId } = held.command;
    const progress = {
      commandId,
      state: 'running',
      stage: STAGE.baseDequeued,
      atMs: this.nowMs,
    } as const;
    this.#hub.services.commandReports.progress(this.#furnished.baseId, progress);
  }

  execute(pick: number, outcome: CommandOutcome): void {
    this.base.execute(pick, outcome, this.nowMs);
  }

  /**
   * The base is given a command and executes it, and says so later than the
   * command lives: what the hub says of it until then must leave room for that.
   */
  async executeUnheard(order: {
    readonly unit: number;
    readonly request: CommandRequest;
    readonly outcome: CommandOutcome;
    readonly isCut: boolean;
  }): Promise<void> {
    const { unit, request, outcome, isCut } = order;
    await this.catchUp();
    if (!this.#link?.isOpen) return;
    this.issue({ unit, request, idempotencyKey: undefined });
    await this.settle();
    this.#link.deliver('toBase', 1_000);
    this.base.execute(this.base.waiting - 1, outcome, this.nowMs);
    if (isCut) this.#link.cut();
    this.#hub.clock.advance((request.ttlMs ?? 3_600_000) + 1);
    await this.settle();
  }

  happen(): void {
    const [unitId] = this.#furnished.unitIds;
    if (!unitId) return;
    const measuredAtMs = this.base.events.length;
    this.base.append({
      type: 'unit.event',
      data: {
        unitId,
        bootId: '00000001',
        seq: measuredAtMs,
        event: 'pressed',
        measuredAtMs,
        receivedAtMs: measuredAtMs,
      },
    });
  }

  /** Events in any order, some again; the answer may be lost. */
  post(events: readonly ModelEvent[], isAnswerLost: boolean): void {
    const [first, ...rest] = events;
    if (first) this.#watch(this.#post([first, ...rest], isAnswerLost));
  }

  /** All messages in flight arrive, with their consequences. */
  async catchUp(): Promise<void> {
    await this.settle();
    for (let round = 0; round < 100 && this.#link?.isOpen && !this.#link.isIdle; round += 1) {
      this.#link.deliver('toHub', 1_000);
      await this.settle();
      this.#link.deliver('toBase', 1_000);
      await this.settle();
    }
  }

  /** No further failures: everything in flight arrives, is executed and reported. */
  async comeToRest(): Promise<void> {
    this.base.isDiskFull = false;
    await this.settle();
    this.connect();
    await this.catchUp();
    for (let round = 0; round < 3; round += 1) {
      this.base.executeAll(this.nowMs);
      this.post(this.base.events, false);
      await this.catchUp();
      // Past every time to live but the longest, acknowledgements and waits.
      this.#hub.clock.advance(3_600_000);
      await this.catchUp();
      this.link?.resume();
      await this.catchUp();
    }
  }

  async restart(): Promise<void> {
    const hub = this.#hub;
    await this.settle();
    this.#link?.closeAtHub();
    await hub.close();
    if (this.waits.some(({ answer }) => answer === undefined)) throw new Error('left waiting');
    await this.#begin(hub.folder);
  }

  /** The hub is killed after so many turns of the event loop; what it has not stored is lost. */
  async crash(turns: number): Promise<void> {
    for (let count = 0; count < turns; count += 1) await turn();
    this.#runs += 1;
    const folder = join(this.#parent, `life ${this.#runs}`);
    const killed = this.#hub;
    killed.leaveBehind(folder);
    this.#link?.cut();
    await this.#begin(folder);
    await killed.close();
  }

  async close(): Promise<void> {
    this.#link?.closeAtHub();
    await this.#hub.close();
  }

  /** Which unit events were published, in all runs of the hub. */
  published(): number[] {
    const { siteId } = this.#furnished;
    const now = bodiesOf(this.#hub.publisher.of(siteId), 'unit.event');
    return [...this.#published, ...now.map(({ atMs }) => atMs)];
  }

  async #begin(folder: string): Promise<void> {
    this.#published.splice(0, Infinity, ...this.published());
    this.#link = undefined;
    // Waiting clients lost the connection with the run that ended.
    this.waits.length = 0;
    const { nowMs } = this;
    this.#hub = await ModelHub.open(folder, nowMs + 1);
  }

  async #request(intent: Intent): Promise<void> {
    const run = this.#runs;
    const command = await this.#issue(intent);
    // Killed meanwhile: its answer reached nobody.
    if (run !== this.#runs) return;
    const isNamed = (intent.request.id ?? intent.idempotencyKey) !== undefined;
    if (isNamed && intent.accepted !== undefined && intent.accepted !== command.id) {
      throw new Error('a repeated request made a second command');
    }
    intent.accepted ??= command.id;
    this.accepted.add(command.id);
  }

  async #issue({ unit, request, idempotencyKey }: Omit<Intent, 'accepted'>): Promise<Command> {
    const unitId = this.#furnished.unitIds[unit];
    if (!unitId) throw new Error('no such unit');
    const hub = this.#hub;
    return await hub.services.commands.issue({
      unit: await hub.unit(unitId),
      request: CommandRequest.parse(request),
      issuedBy: ISSUER,
      account: ISSUER,
      idempotencyKey,
    });
  }

  async #post(events: readonly ModelEvent[], isAnswerLost: boolean): Promise<void> {
    const hub = this.#hub;
    const base = await hub.base(this.#furnished.baseId);
    const receipt = await hub.services.intake.ingest(base, {
      epoch: this.base.outboxEpoch,
      clockOffsetMs: 0,
      events: events.map(({ seq, body }) => ({ id: newId(EventId), seq, ...body })),
    });
    if (isAnswerLost || hub !== this.#hub) return;
    if (receipt.refused.length > 0) throw new Error(JSON.stringify(receipt.refused));
    for (const event of events) event.isSettled = true;
  }

  async #disownAfter(seq: number): Promise<void> {
    for (const held of this.base.held.values()) {
      if (held.seq <= seq) continue;
      const found = await this.#hub.services.commands.get(held.command.id);
      const isKnown = found?.steps.some(({ state }) => state === 'received' || state === 'running');
      if (isKnown !== true) this.disowned.add(held.command.id);
    }
  }

  /** Refusals are answers; anything else is a fault of this run, unless the run is over. */
  #watch(work: Promise<unknown>): void {
    const hub = this.#hub;
    work.catch((error: unknown) => {
      const isRefusal = error instanceof AppError && error.code !== 'internal';
      if (!isRefusal && hub === this.#hub) this.#faults.push(error);
    });
  }

  #pick<T>(list: readonly T[], pick: number): T | undefined {
    return list[pick % Math.max(1, list.length)];
  }
}
