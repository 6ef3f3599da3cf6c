export interface PathCheckDeps {
  /** Whether a dial to the hub is answered now. */
  readonly canReach: () => Promise<boolean>;
}

/** The suspected connection, and how much it has received. */
export interface SuspectConnection {
  readonly packetsHeard: number;
}

/**
 * Whether the path to the hub is gone, checked when a request was not answered. A dial
 * alone is not enough: a hub with a full accept queue leaves dials unanswered too, and
 * dropping a working connection only adds one more dial. Data received meanwhile proves
 * the path.
 */
export class PathCheck {
  readonly #deps: PathCheckDeps;
  #isChecking = false;

  constructor(deps: PathCheckDeps) {
    this.#deps = deps;
  }

  /** False also while another check is in progress: its caller gets the answer. */
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
