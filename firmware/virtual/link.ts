/** The unit's end of a connection. */
export interface ServedLink {
  readonly write: (bytes: Uint8Array) => void;
  /** Lets what was written leave, then closes. */
  readonly end: () => void;
  /** Closes at once. */
  readonly destroy: () => void;
}

/** What the unit learns of a connection from its owner. */
export interface LinkEvents {
  readonly data: (chunk: Uint8Array) => void;
  readonly closed: () => void;
}
