import type { MessageRecord } from '../../store/mqtt-messages.ts';
import type { QueuedKey } from '../../store/mqtt-queues.ts';
import type { Qos } from '../../kernel/mqtt-message.ts';

/** A message on its way to one client. */
export interface Delivery {
  readonly message: MessageRecord;
  readonly qos: Qos;
  readonly retain: boolean;
  /** The start of the whole topic that the client's own names omit. */
  readonly prefix: string;
  readonly identifiers: readonly number[];
  readonly bytes: number;
  /** Where it is kept until the client has it; undefined: only here. */
  readonly row?: QueuedKey;
  /** It may have been sent on an earlier connection. */
  readonly mayBeSent?: boolean;
  /** The client has it, and waits for the release of its packet id. */
  readonly isReleased?: boolean;
  /** Notified of its outcome; with one, the message is never dropped in favour of others. */
  readonly tracker?: DeliveryTracker;
}

/** Notified of the outcome of one message, until its connection ends. */
export interface DeliveryTracker {
  /** It was written to the connection. */
  readonly written: () => void;
  /** PUBACK; refused: with an error. */
  readonly acknowledged: (isRefused: boolean) => void;
  /** It was not written and never will be: without rights any more, too late, or too large. */
  readonly dropped: (why: 'unwanted' | 'too_large') => void;
}

export interface OutgoingPublish {
  readonly delivery: Delivery;
  /** 0 for QoS 0. */
  readonly packetId: number;
  readonly isDuplicate: boolean;
}

/** Port: the connection to the client. */
export interface DeliverySink {
  /** Whether it accepts more now; if not, it pumps the queue when it does. */
  readonly isReady: () => boolean;
  /** False: the client cannot be sent this one, which is too large for it. */
  readonly publish: (publish: OutgoingPublish) => boolean;
  readonly release: (packetId: number) => void;
}
