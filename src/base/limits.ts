/** Every bound of the product has its name here, and is checked against the others at the end of this file. */
import { assert } from './assert.js';

const KiB = 1024;
const MiB = 1024 * KiB;

export const limits = {
  /** Longest name of a namespace, service or instance, characters. */
  nameLength: 128,
  /** Longest config key, characters. */
  configKeyLength: 512,
  /** Largest config value. */
  configValueBytes: 1 * MiB,
  /** Largest encoded command; etcd refuses requests over 1.5 MiB too. */
  commandBytes: 1.5 * MiB,
  /** Most changes in a publish, and operations in each list of a txn (etcd's number). */
  changesPerPublish: 128,
  /** Longest author, content type, zone, version string; characters. */
  labelLength: 256,
  commentLength: 1024,
  requestIdLength: 128,
  /** Instance metadata: entries, and bytes of all keys and values. */
  metadataEntries: 64,
  metadataBytes: 16 * KiB,
  /** Further ports of an instance, and the longest name of one (a label of DNS). */
  portsPerInstance: 16,
  portNameLength: 63,
  /** Health checks of an instance or service. */
  checksPerInstance: 4,
  minCheckIntervalMs: 500,
  maxCheckIntervalMs: 3_600_000,
  minCheckTimeoutMs: 100,
  maxCheckTimeoutMs: 60_000,
  /** Checks in a row that change the health. */
  maxCheckThreshold: 100,
  checkPathLength: 1024,
  /** The guard of a service: ended instances that it needs at least, its window and how long it holds. */
  maxGuardAtLeast: 10_000,
  minGuardWindowMs: 1_000,
  maxGuardWindowMs: 600_000,
  minGuardHoldMs: 1_000,
  maxGuardHoldMs: 86_400_000,
  servicesPerWatch: 128,
  /** Zones, versions and expressions that a selector may name, and the characters of an expression. */
  zonesPerSelector: 64,
  versionsPerSelector: 64,
  expressionsPerSelector: 32,
  expressionLength: 1024,
  /** Largest weight of an instance. */
  maxWeight: 10_000,
  /** TTL of a native lease. */
  minTtlMs: 1_000,
  maxTtlMs: 86_400_000,
  /** Config versions kept per document. */
  keptVersions: 100,
  /** Request ledger: how long, how many and how many bytes of results. */
  requestRetentionMs: 600_000,
  requestsKept: 100_000,
  requestResultBytes: 64 * MiB,
  requestsForgottenPerEntry: 1_000,
  /** Leases expired, and keys scrubbed by a compaction, with one log entry. */
  expiriesPerEntry: 500,
  scrubsPerEntry: 2_000,
  /** A read answers at most this many bytes of values before it ends the page. */
  pageBytes: 1 * MiB,
  pageItems: 1_000,
  /** Data of one log entry: a batch closes when it reaches this (one command may be larger). */
  entryBytes: 512 * KiB,
  /** Members of a cluster in all, and those of them that vote. */
  members: 32,
  voters: 7,
  /** Entries in flight to one follower: messages and bytes. */
  inflightAppends: 64,
  inflightBytes: 8 * MiB,
  /** Entries of one append message. */
  appendBytes: 1 * MiB,
  /** Live log tail in memory. */
  logTailBytes: 32 * MiB,
  /** Entries kept in the log behind the applied index for slow followers. */
  logKeepEntries: 10_000,
  logKeepBytes: 64 * MiB,
  /** Commands of this member that wait for their result. */
  pendingCommands: 20_000,
  pendingBytes: 64 * MiB,
  /** Bytes of them on their way to the leader and not applied yet. */
  forwardBytes: 8 * MiB,
  /** Newest values kept in memory. */
  valueCacheBytes: 64 * MiB,
  /** Recent changes kept in memory for watches that are slightly behind. */
  recentChangesBytes: 16 * MiB,
  /** Bytes queued for one watch stream before it counts as slow. */
  watchQueueBytes: 1 * MiB,
  /** A part of a watch's snapshot ends at about this; a message of conflated changes does not grow beyond the other. */
  watchPartBytes: 512 * KiB,
  watchMessageBytes: 1 * MiB,
  /** A quiet watch hears of progress so often, milliseconds. */
  watchProgressMs: 2_000,
  /** A watch whose consumer is behind for longer gets the newest value per key instead of every change. */
  watchSlowMs: 1_000,
  /** An etcd watch that catches up gathers so many revisions, or bytes, for a message, and holds them no longer than so many milliseconds. */
  watchHeldRevisions: 1_000,
  watchHeldBytes: 256 * KiB,
  watchHoldMs: 50,
  /** An etcd watch with `fragment` gets no longer message, unless for a single event (etcd: the largest request and 512 KiB). */
  watchFragmentBytes: 2 * MiB,
  /** Longest name of a subscriber, characters; how many a drain names; and how long one whose watch ended is waited for, as it may come back. */
  subscriberLength: 128,
  subscribersNamed: 100,
  subscriberReturnMs: 3_000,
  /** A drain waits for subscribers so long, unless told, and so long at most; it asks members so often. Milliseconds. */
  drainWaitMs: 30_000,
  maxDrainWaitMs: 600_000,
  drainPollMs: 50,
  /** A drain no longer waits for the word of a member that has been out of reach for so long: its clients have left it. */
  memberAwayMs: 15_000,
  /** How long a new watch waits for the cluster to confirm that this member is up to date. */
  watchBarrierMs: 4_000,
  /** Largest message on the client port and on the peer port. */
  clientMessageBytes: 4 * MiB,
  peerMessageBytes: 16 * MiB,
  /** Queued for one peer before the transport drops messages (Raft repeats them). */
  peerQueueBytes: 32 * MiB,
  snapshotChunkBytes: 256 * KiB,
  /** Calls at once on one client connection. */
  streamsPerConnection: 100_000,
  /** Longest answer at the etcd door, where clients bound what they take themselves; and how long a request waits there at most, milliseconds. */
  etcdAnswerBytes: 512 * MiB,
  etcdWaitMs: 7_000,
  /** How long a connection to the client port may take for its first bytes, an HTTP/1.1 request for its head, and for its body; milliseconds. */
  firstBytesMs: 10_000,
  httpHeadMs: 10_000,
  httpBodyMs: 60_000,
  /** How long such a connection is kept between two requests; clients that reuse one while it is being closed lose a request. */
  httpIdleMs: 600_000,
  /** Largest body of an HTTP/1.1 request: base64 makes four bytes of three. */
  httpBodyBytes: 6 * MiB,
  /** TCP connections to the DNS port, and how long one may say nothing, milliseconds. */
  dnsConnections: 256,
  dnsIdleMs: 10_000,
  /** Objects and arrays inside one another in such a body. */
  jsonDepth: 100,
  /** A call without a deadline gives up after this. */
  defaultDeadlineMs: 60_000,
  /** Keep-alives: leases renewed by one command, unanswered ones of a stream before it is read no further, and how long one may take. */
  keepAlivesPerCommand: 500,
  keepAlivesPerStream: 1_000,
  keepAliveDeadlineMs: 5_000,
  /** Health checks: probes of a member at once, head and body that an instance may answer with, how long it may take to end a body that nobody reads. */
  healthProbesAtOnce: 256,
  healthHeadBytes: 16 * KiB,
  healthBodyBytes: 16 * KiB,
  healthDrainMs: 1_000,
  /** How long a member tries to tell the cluster what its checks have found before it tries anew. */
  healthReportMs: 5_000,
} as const;

assert(
  limits.configValueBytes + 64 * KiB < limits.commandBytes,
  'a command must hold the largest config value and its labels',
);
assert(limits.commandBytes < limits.clientMessageBytes, 'a client message must hold the largest command');
assert(
  Math.max(limits.watchPartBytes, limits.watchMessageBytes) + limits.commandBytes < limits.clientMessageBytes,
  'a watch message may go over its bound by one revision',
);
assert(
  limits.appendBytes + limits.commandBytes + limits.entryBytes < limits.peerMessageBytes,
  'a peer message must hold an append and one oversized entry',
);
assert(
  2 * (limits.forwardBytes + limits.appendBytes + limits.commandBytes) < limits.peerQueueBytes,
  'commands on their way must leave room in the queue for what Raft has to say, also when they are sent again',
);
assert(limits.logTailBytes > limits.inflightBytes, 'what is in flight should be in memory');
