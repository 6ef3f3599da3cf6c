/** Answers a client's request, if the client wants an answer. */
export type Acknowledge = (reply: object) => void;

function isCallback(value: unknown): value is Acknowledge {
  return typeof value === 'function';
}

/** The last argument of a Socket.IO event, when it is an acknowledgement. */
export function acknowledgeOf(args: readonly unknown[]): Acknowledge {
  const last = args.at(-1);
  return isCallback(last) ? last : () => undefined;
}
