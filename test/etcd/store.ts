/** What the comparisons need to know of a key-value store that speaks etcd's API. */
export interface Store {
  readonly name: string;
  /** host:port of every member. */
  readonly endpoints: readonly string[];
  /** The end of what its processes have printed. */
  readonly output: string;
  stop(): Promise<void>;
}
