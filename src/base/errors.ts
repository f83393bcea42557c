/**
 * The one error type of Quorate and its stable reasons. Clients branch on `reason` (or the gRPC code), never on the text. docs/errors.md explains
 * every reason; a test keeps the two equal.
 */

/** gRPC status codes that Quorate answers with (numbers of the gRPC specification). */
export const Code = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
} as const;
export type Code = (typeof Code)[keyof typeof Code];

/** Every reason with the gRPC code that it travels under. */
export const reasons = {
  INVALID_NAME: Code.INVALID_ARGUMENT,
  INVALID_KEY: Code.INVALID_ARGUMENT,
  INVALID_FIELD: Code.INVALID_ARGUMENT,
  INVALID_TTL: Code.INVALID_ARGUMENT,
  INVALID_PAGE_TOKEN: Code.INVALID_ARGUMENT,
  VALUE_TOO_LARGE: Code.INVALID_ARGUMENT,
  TOO_MANY_CHANGES: Code.INVALID_ARGUMENT,
  DUPLICATE_KEY: Code.INVALID_ARGUMENT,
  RESERVED_KEY: Code.INVALID_ARGUMENT,
  REQUEST_TOO_LARGE: Code.INVALID_ARGUMENT,
  REQUEST_ID_REUSED: Code.INVALID_ARGUMENT,
  CONFIG_NOT_FOUND: Code.NOT_FOUND,
  VERSION_NOT_FOUND: Code.NOT_FOUND,
  INSTANCE_NOT_FOUND: Code.NOT_FOUND,
  LEASE_NOT_FOUND: Code.NOT_FOUND,
  MEMBER_NOT_FOUND: Code.NOT_FOUND,
  MEMBER_EXISTS: Code.FAILED_PRECONDITION,
  MEMBER_NOT_READY: Code.FAILED_PRECONDITION,
  QUORUM_AT_RISK: Code.FAILED_PRECONDITION,
  TOO_MANY_MEMBERS: Code.FAILED_PRECONDITION,
  KEY_NOT_FOUND: Code.INVALID_ARGUMENT,
  LEASE_EXISTS: Code.FAILED_PRECONDITION,
  LEASE_MISMATCH: Code.FAILED_PRECONDITION,
  VERSION_MISMATCH: Code.FAILED_PRECONDITION,
  TRANSFER_FAILED: Code.FAILED_PRECONDITION,
  REVISION_COMPACTED: Code.OUT_OF_RANGE,
  REVISION_IN_FUTURE: Code.OUT_OF_RANGE,
  OVERLOADED: Code.RESOURCE_EXHAUSTED,
  ANSWER_TOO_LARGE: Code.RESOURCE_EXHAUSTED,
  NO_QUORUM: Code.UNAVAILABLE,
  CHANGE_IN_PROGRESS: Code.UNAVAILABLE,
  OUTCOME_UNKNOWN: Code.UNAVAILABLE,
  MEMBER_STOPPING: Code.UNAVAILABLE,
  MEMBER_STARTING: Code.UNAVAILABLE,
  CANCELLED: Code.CANCELLED,
  // The client's own: no answer in time, no endpoint to talk to, no instance to pick, a call that the server does not know,
  // a reason that this version does not know, a configuration that does not fit its schema.
  DEADLINE_EXCEEDED: Code.DEADLINE_EXCEEDED,
  UNREACHABLE: Code.UNAVAILABLE,
  NO_INSTANCE: Code.UNAVAILABLE,
  UNIMPLEMENTED: Code.UNIMPLEMENTED,
  UNKNOWN: Code.UNKNOWN,
  CONFIG_INVALID: Code.FAILED_PRECONDITION,
  BUG: Code.INTERNAL,
} as const satisfies Record<string, Code>;
export type Reason = keyof typeof reasons;

/** A refused or failed request: expected, answered to the caller, nothing changed unless the text says so. */
export class QuorateError extends Error {
  override readonly name = 'QuorateError';
  readonly code: Code;

  /**
   * @param reason what programs branch on
   * @param message one sentence for people: what was wrong and with which value
   * @param metadata facts for programs, such as the version that was found
   */
  constructor(
    readonly reason: Reason,
    message: string,
    readonly metadata: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.code = reasons[reason];
  }
}

/** The environment failed (disk, port, settings): the process says one sentence and stops with this exit code. */
export class FatalError extends Error {
  override readonly name = 'FatalError';
  constructor(
    message: string,
    readonly exitCode: ExitCode,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** Exit codes of the member process; listed in docs/errors.md. */
export const ExitCode = {
  OK: 0,
  BUG: 70,
  SETTINGS: 78,
  PORT: 69,
  DATA: 65,
  DISK: 74,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
