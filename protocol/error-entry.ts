/** Properties of an error code. */
export interface ErrorEntry {
  /** HTTP status when the code leaves through HTTP. */
  readonly http: number;
  /** Whether the same request may succeed when sent again unchanged. */
  readonly retryable: boolean;
  /** Safe to show to anyone; names the problem and, where useful, the remedy. */
  readonly message: string;
}
