/** What is known of an error code. */
export interface ErrorEntry {
  /** HTTP status when the code leaves through HTTP. */
  readonly http: number;
  /** Whether the same request may succeed when sent again unchanged. */
  readonly retryable: boolean;
  /** Safe to show to anyone; says what is wrong and, where it helps, what to do. */
  readonly message: string;
}
