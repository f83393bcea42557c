/** Builds and wires one member, runs it until a signal or a fatal failure, and turns the way it ended into an exit code. */

import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { ApiServer } from './api/server.js';
import { parseAddress } from './base/address.js';
import { present } from './base/assert.js';
import { ExitCode, FatalError } from './base/errors.js';
import type { ClusterId, MemberId } from './base/ids.js';
import type { Log } from './base/log.js';
import { DnsServer } from './dns/server.js';
import { HealthChecks } from './health/health-checks.js';
import { createLog, type ProcessLog } from './log/log.js';
import { MemberReplica } from './replica/replica.js';
import type { MemberInfo } from './replica/types.js';
import { joinSettings, type Newcomer } from './settings/join.js';
import { loadSettings, type MemberSettings, type Settings } from './settings/settings.js';
import { LevelStore } from './storage/leveldb.js';
import type { Identity, StoredState } from './storage/store.js';
import { GrpcTransport } from './transport/grpc.js';

/** How long a graceful stop waits for running calls. */
const stopGraceMs = 3_000;
/** A stop that takes longer than this has met a disk that does not answer. */
const stopLimitMs = 15_000;
/** How often a member looks whether its data directory is still there: open files can be written long after they were deleted. */
const directoryCheckMs = 5_000;
/** Ticks in a heartbeat interval: the grain of all timers. */
const heartbeatTicks = 4;

export type RunOptions =
  | {
      readonly settingsPath: string;
      /** Name of the member in the settings. */
      readonly name: string;
    }
  | Joining;

/** A member that joins a running cluster. */
export interface Joining {
  readonly newcomer: Newcomer;
  /** Asks the cluster. `known`: the id in its data directory. Undefined: it was removed. @throws FatalError */
  ask(known: MemberId | undefined): Promise<Welcome | undefined>;
}

/** What a newcomer is told by the cluster. */
export interface Welcome {
  readonly clusterId: number;
  readonly memberId: number;
  readonly members: readonly {
    readonly id: number;
    readonly name: string;
    readonly clientAddress: string;
    readonly peerAddress: string;
  }[];
}

/**
 * Runs a member until SIGINT or SIGTERM. A leader hands over before it stops.
 * @returns the exit code
 */
export async function runMember(options: RunOptions): Promise<ExitCode> {
  // A member allocates little between two collections of young garbage: waking helper threads for them costs more than they do.
  setFlagsFromString('--no-parallel-scavenge');
  let log: ProcessLog | undefined;
  try {
    const joining = 'newcomer' in options ? options : undefined;
    const settings = 'newcomer' in options ? joinSettings(options.newcomer) : loadSettings(options.settingsPath);
    const wanted = 'newcomer' in options ? options.newcomer.name : options.name;
    const self = settings.members.find(({ name }) => name === wanted);
    if (!self) throw unknownMember(wanted, settings);
    log = createLog({ level: settings.log.level, format: settings.log.format, name: self.name });
    return await new Member(settings, self, joining, log).run();
  } catch (error) {
    return report(error, log);
  } finally {
    await log?.close();
  }
}

/** What a member has to know before it can run. */
interface Start {
  readonly identity: Identity;
  readonly members: readonly MemberInfo[];
  readonly stored: StoredState;
}

/** One running member. */
class Member {
  private readonly failure: Promise<never>;
  private fail: (error: unknown) => void = () => {};
  private readonly removal: Promise<'removed'>;
  private onRemoved: () => void = () => {};

  constructor(
    private readonly settings: Settings,
    private readonly self: MemberSettings,
    private readonly joining: Joining | undefined,
    private readonly log: Log,
  ) {
    this.failure = new Promise((_resolve, reject) => {
      this.fail = reject;
    });
    this.removal = new Promise((resolve) => {
      this.onRemoved = () => resolve('removed');
    });
    // Whoever waits for the member hears of it; nobody may be waiting yet.
    this.failure.catch(() => {});
    // Whatever no handler expected is a bug: stop rather than go on in a state that nobody thought of.
    process.on('uncaughtException', (error) => this.fail(error));
    process.on('unhandledRejection', (reason) => this.fail(reason));
  }

  async run(): Promise<ExitCode> {
    const { settings, self, log } = this;
    const store = new LevelStore(self.dataDirectory, { onFatal: this.fail });
    const start = await (this.joining ? this.join(this.joining, store) : this.found(store));
    if (!start) {
      await store.close();
      return this.sayRemoved();
    }
    const { identity, members, stored } = start;
    const tickMs = settings.raft.heartbeatMs / heartbeatTicks;
    const transport = new GrpcTransport({
      self: { id: identity.memberId, peerAddress: self.peerAddress },
      peers: members
        .filter(({ id }) => id !== identity.memberId)
        .map(({ id, name, peerAddress }) => ({ id, name, address: peerAddress })),
      clusterId: identity.clusterId,
      incarnation: stored.incarnation,
      founded: () => replica.founded,
      log,
    });
    const replica = await MemberReplica.open({
      identity,
      members,
      founder: !this.joining,
      incarnation: stored.incarnation,
      store,
      stored,
      transport,
      tickMs,
      heartbeatTicks,
      electionTicks: Math.round(settings.raft.electionMs / tickMs),
      retentionMs: settings.retention.compactionMs,
      keepLogBytes: settings.retention.logBytes,
      random: Math.random,
      scheduler: { now: () => performance.now(), wall: Date.now, defer: setImmediate },
      log,
      onFatal: this.fail,
      onRemoved: () => this.onRemoved(),
    });
    const api = new ApiServer({
      address: self.clientAddress,
      replica,
      version: packageVersion(),
      log,
      onFatal: this.fail,
    });
    const dns = this.dnsServer(replica);
    const checks = new HealthChecks({ replica, isConnected: (member) => transport.isConnected(member), log });
    await replica.start();
    checks.start();
    const ticks = setInterval(() => replica.tick(), tickMs);
    const directoryChecks = setInterval(() => void store.diskBytes().catch(this.fail), directoryCheckMs);
    try {
      await api.start();
      await dns?.start();
      log.info({ client: self.clientAddress, peer: self.peerAddress, pid: process.pid }, 'member is up');
      const signal = await Promise.race([stopSignal(), this.removal, this.failure]);
      const removed = signal === 'removed';
      if (removed) this.sayRemoved();
      else log.info({ signal }, 'stopping');
      const late = setTimeout(() => this.fail(stuck(self)), stopLimitMs);
      checks.stop();
      const stopped = async () => {
        dns?.stop();
        // A removed member can answer nobody any more: its callers are sent to others at once.
        if (removed) await replica.stop();
        else await this.handOver(replica);
        await api.stop(stopGraceMs);
        await replica.stop();
        await transport.stop();
        await store.close();
      };
      await Promise.race([stopped(), this.failure]);
      clearTimeout(late);
    } finally {
      checks.stop();
      clearInterval(ticks);
      clearInterval(directoryChecks);
    }
    log.info({}, 'stopped');
    return ExitCode.OK;
  }

  private dnsServer(replica: MemberReplica): DnsServer | undefined {
    const { self, settings, log } = this;
    if (self.dnsAddress === undefined) return undefined;
    const address = present(parseAddress(self.dnsAddress), 'the settings are checked');
    return new DnsServer({ address, replica, ...settings.dns, random: Math.random, log });
  }

  /** The member of the settings. */
  private async found(store: LevelStore): Promise<Start> {
    const { settings, self } = this;
    const identity = { clusterId: settings.clusterId, memberId: self.id, memberName: self.name };
    const stored = await store.open(identity);
    const members = settings.members.map(({ id, name, clientAddress, peerAddress }) => ({
      id,
      name,
      clientAddress,
      peerAddress,
    }));
    return { identity, members, stored };
  }

  /** The member that its data directory, or else the cluster, says it is. Undefined: it was removed. */
  private async join(joining: Joining, store: LevelStore): Promise<Start | undefined> {
    const { name, dataDirectory } = this.self;
    let identity: Identity | undefined;
    let welcome: Welcome | undefined;
    const stored = await store.open(async (found) => {
      if (found && found.memberName !== name)
        throw new FatalError(
          `data directory ${dataDirectory} belongs to member ${found.memberName}, not to ${name}: give this member its own directory`,
          ExitCode.DATA,
        );
      identity = found;
      if (identity) return identity;
      welcome = present(await joining.ask(undefined), 'a newcomer is not removed');
      const { clusterId, memberId } = welcome;
      identity = { clusterId: clusterId as ClusterId, memberId: memberId as MemberId, memberName: name };
      return identity;
    });
    const known = present(identity, 'an open store has an identity');
    const knowsMembers = stored.machine?.membership.records !== undefined || stored.laterMemberships.length > 0;
    if (!knowsMembers && !welcome) {
      welcome = await joining.ask(known.memberId);
      if (!welcome) return undefined;
    }
    const members = (welcome?.members ?? []).map((member) => ({ ...member, id: member.id as MemberId }));
    return { identity: known, members, stored };
  }

  private sayRemoved(): ExitCode {
    const { name, dataDirectory } = this.self;
    this.log.info(
      {},
      `${name} was removed from the cluster, so it stops; its data directory ${dataDirectory} is of no more use`,
    );
    return ExitCode.OK;
  }

  /** The others go on without waiting for an election. */
  private async handOver(replica: MemberReplica): Promise<void> {
    if (
      replica.status().role !== 'leader' ||
      replica.members.every(({ id, learner }) => learner || id === replica.memberId)
    )
      return;
    try {
      await replica.transferLeadership(undefined);
    } catch (error) {
      this.log.info({ why: error instanceof Error ? error.message : String(error) }, 'leadership is not handed over');
    }
  }
}

function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal));
  });
}

function stuck({ dataDirectory }: MemberSettings): FatalError {
  const sentence = `the disk of data directory ${dataDirectory} does not finish its writes: stopping without them; what was acknowledged is on a quorum`;
  return new FatalError(sentence, ExitCode.DISK);
}

function unknownMember(name: string, { file, members }: Settings): FatalError {
  const names = members.map((member) => member.name).join(', ');
  return new FatalError(`${file} has no member "${name}"; it has ${names}`, ExitCode.SETTINGS);
}

/** Says what ended the member: one sentence for a failure of the environment, everything for a bug. */
function report(error: unknown, log: Log | undefined): ExitCode {
  if (error instanceof FatalError) {
    if (log) log.error({}, error.message);
    else process.stderr.write(`error: ${error.message}\n`);
    return error.exitCode;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (log) log.error({ stack: text }, 'a bug: this member stops before it does harm');
  else process.stderr.write(`${text}\n`);
  return ExitCode.BUG;
}

function packageVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('../package.json');
  return typeof manifest === 'object' && manifest && 'version' in manifest ? String(manifest.version) : 'unknown';
}
