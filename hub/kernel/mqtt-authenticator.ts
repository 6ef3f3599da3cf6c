/** MQTT versions, by the names that people use. */
export type MqttVersion = '3.1' | '3.1.1' | '5';

/** What a client shows in its CONNECT, and how it came in. */
export interface MqttCredentials {
  /** Empty: the hub chooses one. */
  readonly clientId: string;
  readonly userName: string | undefined;
  readonly password: Buffer | undefined;
  /**
   * SHA-256 of the certificate that the client presented, as 64 hexadecimal digits in lower
   * case. Its holder has proven to have the key, at this connection or at the one whose TLS
   * session it resumes; who issued it, and whether it still counts, the authenticator decides.
   */
  readonly certificateFingerprint: string | undefined;
  readonly version: MqttVersion;
  readonly listener: 'tls' | 'loopback' | 'websocket';
  /** Who it is counted as. */
  readonly address: string;
}

export type MqttVerdict<P> =
  | {
      readonly ok: true;
      readonly principal: P;
      /** When its credentials run out; Infinity: never. No connection outlives them. */
      readonly endsAtMs: number;
    }
  | {
      readonly ok: false;
      /**
       * `credentials`: unknown, wrong or revoked. `client_id`: it belongs to somebody else, or
       * is not the one that this identity has. `forbidden`: known, but without the right to
       * connect.
       */
      readonly reason: 'credentials' | 'client_id' | 'forbidden';
    };

/**
 * Says who connects. Asked at every CONNECT, before anything of a session is touched; must
 * not take longer for a wrong secret than for a right one.
 */
export interface MqttAuthenticator<P> {
  /** Undefined: these are no credentials of the kind that it knows. */
  readonly authenticate: (credentials: MqttCredentials) => Promise<MqttVerdict<P> | undefined>;
}
