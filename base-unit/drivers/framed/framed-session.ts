import type { EnvelopeBody } from '#protocol/unit-link/envelope.ts';
import type { CommandTask } from '../port/command-task.ts';
import type {
  Answer,
  Delivered,
  DeliveryDeps,
  RequestOptions,
  UnitSession,
} from '../port/unit-driver.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { UnitIdentity } from '../port/unit-identity.ts';
import type { UnitModel } from '../port/unit-model.ts';
import { deliverCommand } from './deliver-command.ts';
import type { FramedLink, Secured } from './framed-link.ts';
import { startSubscriptions } from './start-subscriptions.ts';
import type { SubscribedSession } from './subscriber.ts';

interface FramedSessionDeps extends SubscribedSession {
  readonly secured: Secured | undefined;
}

/** A session with a unit after its hello in frames, with a known description. */
export class FramedSession implements UnitSession {
  readonly identity: UnitIdentity;
  readonly model: UnitModel;
  readonly mayBeProbed = true;
  /** Undefined on a plain link. */
  readonly secured: Secured | undefined;
  readonly #link: FramedLink;
  readonly #deps: FramedSessionDeps;

  constructor(deps: FramedSessionDeps) {
    this.identity = deps.identity;
    this.model = deps.model;
    this.secured = deps.secured;
    this.#link = deps.link;
    this.#deps = deps;
  }

  get isOpen(): boolean {
    return this.#link.isOpen;
  }

  goodbye(): void {
    this.#link.goodbye();
  }

  refuse(code: ErrorCode): void {
    this.#link.refuse(code);
  }

  startSubscriptions(): () => void {
    return startSubscriptions(this.#deps);
  }

  async request(body: NonNullable<EnvelopeBody>, options: RequestOptions): Promise<Answer> {
    return this.#link.request(body, options);
  }

  async deliver(task: CommandTask, deps: DeliveryDeps): Promise<Delivered> {
    return deliverCommand(task, { ...deps, link: this.#link, model: this.model });
  }
}
