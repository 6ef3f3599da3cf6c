export interface PathCheckDeps {
  /** Whether a dial to the hub is answered now. */
  readonly canReach: () => Promise<boolean>;
}

/** What is doubted: a connection, and how much of the hub's it has brought. */
export interface SuspectConnection {
  readonly packetsHeard: number;
}

/**
 * Whether the path to the hub is gone, asked for when a request was not
 * answered. A dial alone does not say: a hub whose queue of dials is full
 * leaves them unanswered too, and a working connection that is dropped then
 * comes back as one dial more. What the connection itself brings meanwhile
 * proves its path.
 */
export class PathCheck {
  readonly #deps: PathCheckDeps;
  #isChecking = false;

  constructor(deps: PathCheckDeps) {
    this.#deps = deps;
  }

  /** False also while another check is under way: its answer is on its way to who asked. */
  async isGone(connection: SuspectConnection): Promise<boolean> {
    if (this.#isChecking) return false;
    this.#isChecking = true;
    const heardBefore = connection.packetsHeard;
    try {
      return !(await this.#deps.canReach()) && connection.packetsHeard === heardBefore;
    } finally {
      this.#isChecking = false;
    }
  }
}
