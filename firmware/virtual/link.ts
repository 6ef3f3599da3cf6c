/** The unit's end of a connection. */
export interface ServedLink {
  readonly write: (bytes: Uint8Array) => void;
  /** Lets what was written leave, then closes. */
  readonly end: () => void;
  /** Closes at once. */
  readonly destroy: () => void;
}

/** What the owner of a connection tells the unit about it. */
export interface LinkEvents {
  readonly data: (chunk: Uint8Array) => void;
  readonly closed: () => void;
}
