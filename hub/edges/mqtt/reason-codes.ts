/** Of MQTT 5 (section 2.4), as far as the hub sends them. */
export const REASON = {
  success: 0x00,
  noSubscription: 0x11,
  unspecified: 0x80,
  malformed: 0x81,
  protocolError: 0x82,
  versionNotSupported: 0x84,
  clientIdInvalid: 0x85,
  badCredentials: 0x86,
  notAuthorized: 0x87,
  unavailable: 0x88,
  shuttingDown: 0x8b,
  badAuthenticationMethod: 0x8c,
  keepAliveTimeout: 0x8d,
  takenOver: 0x8e,
  filterInvalid: 0x8f,
  topicInvalid: 0x90,
  packetIdNotFound: 0x92,
  receiveMaximumExceeded: 0x93,
  aliasInvalid: 0x94,
  packetTooLarge: 0x95,
  quotaExceeded: 0x97,
  administrative: 0x98,
  useAnotherServer: 0x9c,
  rateExceeded: 0x9f,
} as const;
export type ReasonCode = (typeof REASON)[keyof typeof REASON];

/** What a refusal of CONNECT is in 3.1 and 3.1.1 (section 3.2.2.3 there). */
export function connackBefore5(reason: ReasonCode): number {
  switch (reason) {
    case REASON.versionNotSupported:
      return 1;
    case REASON.clientIdInvalid:
      return 2;
    case REASON.badCredentials:
      return 4;
    case REASON.notAuthorized:
    case REASON.badAuthenticationMethod:
    case REASON.topicInvalid:
      return 5;
    default:
      return 3;
  }
}

/** The client broke the protocol: its connection ends with this reason. */
export class ProtocolFault extends Error {
  readonly reason: ReasonCode;

  constructor(reason: ReasonCode, why: string) {
    super(why);
    this.reason = reason;
  }
}
