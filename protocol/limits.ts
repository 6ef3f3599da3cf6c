/**
 * Every limit that two programs must agree on, or that a user meets.
 * Limits of one program alone live in that program.
 */
export const LIMITS = {
  /** Body of one unit-link frame (docs/unit-link.md section 2). */
  frameBodyBytes: 1024,
  /** Field sizes of unit_link.options; a test holds the two together. */
  unitLink: {
    baseIdChars: 36,
    hardwareIdChars: 32,
    modelChars: 32,
    firmwareVersionChars: 24,
    nameChars: 24,
    titleChars: 32,
    semanticChars: 32,
    fieldNameChars: 16,
    unitChars: 8,
    allowedValues: 12,
    textBytes: 64,
    dataBytes: 128,
    inputs: 3,
    outputs: 3,
    invokeArguments: 3,
    resultValues: 3,
    reportValues: 4,
    maxPid: 63,
    affordances: 63,
    platformChars: 16,
    manifestBytes: 256,
    signatureBytes: 64,
    sha256Bytes: 32,
    chunkBytes: 896,
  },
  /** Time a unit gives a peer to finish its hello. */
  unitHelloTimeoutMs: 5_000,
  /** Silence after which a unit drops its peer. */
  unitSilentPeerMs: 60_000,
  /** Keep-alive of the base towards a unit: idle, suspect, dead. */
  unitPingAfterMs: 10_000,
  unitSuspectAfterMs: 20_000,
  unitDeadAfterMs: 30_000,
  /** Command ids a unit remembers. */
  unitDedupeEntries: 8,

  /** A firmware image, without its manifest: the flash of an ESP8266 module has 4 MiB. */
  firmwareImageBytes: 4_194_304,
  /** The file that it travels in: firmware-image.ts. */
  firmwareFileBytes: 4_194_304 + 512,

  /** Waiting commands per unit; one more is refused with queue_full. */
  queuedCommandsPerUnit: 50,
  unitsPerBase: 1_000,
  /** Units that a discovery lists, and serial ports: with the longest names they fit a message. */
  foundUnits: 64,
  serialPorts: 8,
  /** A base answers an unchanged discovery after this ... */
  discoveryHoldMs: 3_000,
  /** ... and a probe, which connects and waits for a word, within this. */
  probeTimeoutMs: 8_000,
  /** Time to live of a command: per verb, and the range a client may request. */
  invokeTtlMs: 10_000,
  enqueueTtlMs: 3_600_000,
  minTtlMs: 1_000,
  maxTtlMs: 7 * 86_400_000,
  /** Longest `Prefer: wait=` in seconds. */
  maxWaitSeconds: 30,
  /** JSON input of one command, serialised. */
  commandInputBytes: 4_096,
  /** Levels of arrays and objects within one another in any JSON of commands and events. */
  jsonDepth: 32,

  /** Socket acknowledgement "the base has it". */
  baseAckTimeoutMs: 5_000,
  /** Log entries in one page of a resume. */
  resumePageEntries: 100,
  /** Units in one log entry, and in one page of a snapshot: with the longest names they fit a message. */
  unitsPerEntry: 100,
  /** Interval at which the hub sends its head sequence number. */
  heartbeatIntervalMs: 30_000,
  /** A socket message, in either direction. */
  socketMessageBytes: 131_072,
  /** Bytes waiting for one socket before it is cut. */
  socketBufferedBytes: 1_048_576,
  channelsPerSocket: 64,
  /** A socket that joined nothing by then is closed. */
  unjoinedSocketMs: 10_000,
  /** A channel token must be used within this time ... */
  channelTokenTtlMs: 60_000,
  /** ... and the membership it gave must be renewed within this. */
  channelGrantTtlMs: 3_600_000,
  /** A base counts as offline when it has been away this long. */
  presenceDebounceMs: 4_000,

  /** Events in one webhook batch, and its body. */
  webhookBatchEvents: 200,
  webhookBodyBytes: 524_288,
  /** Standard Webhooks: allowed distance of the timestamp from now, both ways. */
  webhookToleranceSeconds: 300,
  /** Readings in one event. */
  readingsPerEvent: 500,

  /** Addresses that a site's events are sent to. */
  webhooksPerSite: 50,
  webhookUrlChars: 2_000,
  webhookUnits: 100,
  /** Messages that wait for one webhook; beyond that they are skipped, and can be replayed. */
  webhookWaiting: 50_000,
  /** Messages that one replay sends. */
  webhookReplay: 10_000,
  /** How long messages, deliveries and attempts are kept, and how many of one webhook. */
  webhookKeptMs: 7 * 86_400_000,
  webhookDeliveriesKept: 50_000,
  /** What is kept of an answer. */
  webhookAnswerBytes: 4_096,
  webhookTimeoutMs: 15_000,
  /** Attempts at one webhook at a time; one where order is kept. */
  webhookInFlight: 4,
  /** How long the secret before a rotation still signs. */
  webhookOldSecretMs: 86_400_000,

  /** JSON body of an ordinary API call. */
  httpBodyBytes: 65_536,
  passwordMinChars: 10,
  passwordMaxChars: 256,
  nameChars: 64,
  claimCodeTtlMs: 15 * 60_000,
  /** Sites that one API token is bound to. */
  sitesPerToken: 100,
  /** How long a program waits for a person to approve its login. */
  deviceLoginTtlMs: 10 * 60_000,
  /** Devices of a site, and what each has to connect with: in use, and what replaces it. */
  devicesPerSite: 1_000,
  credentialsPerDevice: 4,
  /** A request for a certificate, as PEM: RSA keys of 4,096 bits fit many times. */
  csrChars: 16_384,
  certificateDays: 730,
  maxCertificateDays: 3_650,
  /**
   * What a device says of itself: bytes of one message and of all of them, which are kept until
   * they are cleared; what is more is not kept. The hub makes so many units of them at most.
   */
  announcementBytes: 65_536,
  announcementsPerDevice: 200,
  announcedBytesPerDevice: 524_288,
  offersPerDevice: 32,
  /** Texts that a property can be, and their length. */
  choices: 64,
  choiceChars: 64,
  invitationTtlMs: 7 * 86_400_000,
  sessionTtlMs: 30 * 86_400_000,
  /** How long after its password a session may do what cannot be undone remotely. */
  reauthenticationTtlMs: 5 * 60_000,
  /** Signed images that a site keeps, and the bytes of all their files. */
  firmwarePerSite: 30,
  firmwareBytesPerSite: 268_435_456,
  /** Keys that a site trusts firmware of: one in use, and its successor. */
  firmwareKeys: 2,
  /** Shares of a rollout between its canaries and all of its units. */
  rolloutPercentages: 10,
  rolloutSoakMs: 7 * 86_400_000,
  /** Points in one history answer. */
  historyPoints: 2_000,
  /** The longest that readings are kept, if not for ever. */
  retentionDays: 36_500,
} as const;
