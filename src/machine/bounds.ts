/** The limits (src/base/limits.ts) that decide what the machine does. All members must have the same; only tests set them. */
export interface Bounds {
  readonly expiriesPerEntry: number;
  readonly scrubsPerEntry: number;
  readonly keptVersions: number;
  readonly requestRetentionMs: number;
  readonly requestsKept: number;
  readonly requestResultBytes: number;
  readonly requestsForgottenPerEntry: number;
}
