import type { CommandTask } from '../port/command-task.ts';
import type { FirmwareReceiver } from '../port/firmware-receiver.ts';
import type { Delivered, DeliveryDeps, UnitSession } from '../port/unit-driver.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { UnitIdentity } from '../port/unit-identity.ts';
import { deliverCommand } from './deliver-command.ts';
import type { FramedLink, Secured } from './framed-link.ts';
import type { NumberedModel } from './numbered-model.ts';
import { receiveFirmware } from './receive-firmware.ts';
import type { ReportListener } from './report-listener.ts';
import { startSubscriptions } from './start-subscriptions.ts';
import type { SubscribedSession } from './subscriber.ts';

interface FramedSessionDeps extends SubscribedSession {
  readonly secured: Secured | undefined;
  readonly reportListener: ReportListener;
}

/** A session with a unit after its hello in frames, with a known description. */
export class FramedSession implements UnitSession {
  readonly identity: UnitIdentity;
  readonly model: NumberedModel;
  readonly mayBeProbed = true;
  readonly firmware: FirmwareReceiver;
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
    this.firmware = receiveFirmware(async (body, options) => deps.link.request(body, options));
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
    this.#deps.reportListener.begin(this.#deps);
    return startSubscriptions(this.#deps);
  }

  async deliver(task: CommandTask, deps: DeliveryDeps): Promise<Delivered> {
    return deliverCommand(task, { ...deps, link: this.#link, model: this.model });
  }
}
