/** Bounds of the broker. Those that CONNACK announces to clients are marked. */
export const MQTT_LIMITS = {
  /** A packet, in either direction (announced). */
  packetBytes: 262_144,
  /** The first packet of a client: with a will. */
  connectPacketBytes: 131_072,
  /** Time from the connection, with its TLS handshake done, to the whole CONNECT. */
  connectMs: 10_000,
  clientIdChars: 128,
  topicBytes: 1_024,
  topicLevels: 100,
  /** JSON of user properties, content type, response topic and correlation data. */
  propertiesBytes: 16_384,
  /** Publishes of a client that are not acknowledged yet (announced). */
  receiveMaximum: 100,
  /** QoS 2 packet ids that a client has not released. */
  unreleased: 1_000,
  /** Bytes of publishes of one client that wait for their commit; its socket is read no further. */
  pendingBytes: 1_048_576,
  /** Aliases that a client may use (announced), and that the hub uses. */
  topicAliases: 32,
  /** Messages that wait for one client, and their bytes: the oldest are dropped and counted. */
  queuedMessages: 1_000,
  queuedBytes: 1_048_576,
  /** Unacknowledged messages of one client, if it did not say less; 3.x clients never say. */
  inFlight: 1_000,
  inFlightBefore5: 20,
  /** Unsent bytes in the socket of a client from which on its queue waits. */
  socketBytes: 65_536,
  /** How long a socket may accept nothing of what waits in it. */
  writeMs: 60_000,
  subscriptionsPerSession: 1_000,
  filtersPerPacket: 1_000,
  /** Sessions of one identity, connected or not. */
  sessionsPerIdentity: 1_000,
  connectionsPerIdentity: 256,
  /** How long a session is kept without its client. */
  sessionExpiryMs: 7 * 86_400_000,
  /** Retained topics of one site. */
  retainedPerSite: 20_000,
  /** Acknowledged messages of one site, and how long they are kept. */
  messagesPerSite: 50_000,
  messagesKeptMs: 86_400_000,
  /** Publishes of one site that wait for their commit, of all clients. */
  pendingPerSite: 10_000,
  /** Messages of QoS 0 that one hub passes to the others; the surplus is dropped and counted. */
  passingBetweenHubs: { burst: 1_000, perSecond: 2_000 },
  /** Larger ones go by the database, to whoever has subscribed at another hub. */
  passingBytes: 3_000,
  /** Seconds; the hub says so to clients that want more, or no pings at all (v5). */
  keepAliveSeconds: 1_200,
} as const;
