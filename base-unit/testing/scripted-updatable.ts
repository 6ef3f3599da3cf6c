import { identityOf } from '../drivers/framed/hello-identity.ts';
import type { Answer } from '../drivers/framed/pending-requests.ts';
import { receiveFirmware } from '../drivers/framed/receive-firmware.ts';
import type { UnitSession } from '../drivers/port/unit-driver.ts';
import type { EnvelopeBody } from '#protocol/unit-link/envelope.ts';
import { create } from '@bufbuild/protobuf';
import type { Status } from '#protocol/unit-link/unit_link_pb.ts';
import {
  ResultSchema,
  UnitHelloSchema,
  UpdateError,
  UpdateState,
  type UpdateStatus,
  UpdateStatusSchema,
} from '#protocol/unit-link/unit_link_pb.ts';
import { UnitModel } from '../drivers/port/unit-model.ts';
import { describeThing } from '#protocol/unit-link/describe-thing.ts';

type Request = NonNullable<EnvelopeBody>;

/** A unit that accepts updates as documented, unless the test overrides it. */
export class ScriptedUpdatable {
  version = '1.0.0';
  safeMode = false;
  unconfirmed = false;
  failedVersion = '';
  /** Something is switched on that a restart would switch off. */
  outputOn = false;
  /** Received bytes of the image; its size comes from the manifest, which is not checked. */
  size = 0;
  stored = 0;
  state: UpdateState = UpdateState.IDLE;
  readonly heard: string[] = [];
  /** Instead of its own answer. */
  answer: ((request: Request) => Answer | undefined) | undefined;
  /** What the answers to offers wait for. */
  checked: Promise<void> | undefined;

  connect(): UnitSession {
    const hello = create(UnitHelloSchema, {
      hardwareId: 'lamp-1',
      model: 'rgb-lamp',
      firmwareVersion: this.version,
      safeMode: this.safeMode,
      unconfirmed: this.unconfirmed,
    });
    const thing = describeThing(hello, []);
    if (!thing) throw new Error('no description');
    return {
      identity: identityOf(hello),
      model: new UnitModel(thing),
      mayBeProbed: true,
      isOpen: true,
      goodbye: () => undefined,
      refuse: () => undefined,
      startSubscriptions: () => () => undefined,
      deliver: () => Promise.reject(new Error('not a command')),
      firmware: receiveFirmware(async (request) => {
        this.heard.push(request.case ?? '');
        if (request.case === 'updateBegin') await this.checked;
        return this.answer?.(request) ?? this.#obey(request);
      }),
    };
  }

  says(error: UpdateError): Answer {
    return this.#status({ error });
  }

  refuses(status: Status): Answer {
    return {
      ok: true,
      atMs: 0,
      body: { case: 'result', value: create(ResultSchema, { status }) },
    };
  }

  #obey(request: Request): Answer {
    switch (request.case) {
      case 'updateBegin':
        if (this.state === UpdateState.IDLE) this.state = UpdateState.RECEIVING;
        break;
      case 'updateChunk': {
        const { offset, data } = request.value;
        if (offset !== this.stored) return this.says(UpdateError.OUT_OF_ORDER);
        this.stored += data?.length ?? 0;
        if (this.stored === this.size) this.state = UpdateState.VERIFYING;
        break;
      }
      case 'updateQuery':
        if (this.state === UpdateState.VERIFYING) this.state = UpdateState.VERIFIED;
        break;
      case 'updateApply':
        if (this.outputOn) return this.says(UpdateError.OUTPUT_ON);
        this.state = UpdateState.ARMED;
        break;
      default:
        break;
    }
    return this.#status({});
  }

  #status(more: Partial<UpdateStatus>): Answer {
    const value = create(UpdateStatusSchema, {
      state: this.state,
      nextOffset: this.stored,
      confirmed: !this.unconfirmed,
      failedVersion: this.failedVersion,
      outputOn: this.outputOn,
      ...(more.error === undefined ? {} : { error: more.error }),
    });
    return { ok: true, atMs: 0, body: { case: 'updateStatus', value } };
  }
}
