/**
 * Runs a scenario: a story about a cluster of cores, in text. Lines that begin with # tell the story, indented lines are the expected output
 * of the command above them, every other line is a command:
 *
 *   members 1 2 3 [learners 4] [append 40] [inflight 4]   begins anew; election timeout 10 ticks, heartbeats every 3
 *   given 1 log 1 1 2 [term 3] [vote 2] [commit 1]         what is on its disk: the terms of its entries and the rest of it
 *   timeout 2 14                                           its election timeout is this when next drawn; else 15
 *   campaign 1 | tick 1 [5] | run 20                       till its timer runs out | time for one | ticks for all, all is delivered
 *   propose 1 x y | read 2 | transfer 1->3                 at a member (transfer 1->any: to whoever is best)
 *   deliver | settle                                       all messages until nothing is left; settle does not show them
 *   deliver|drop|repeat 1->2 [first|last|<kind>]           only of those under way on a link (* for anybody)
 *   hold 1->2 | release 1->2                               what is on its way stays there, till named or released
 *   partition 1 | 2 3  …  heal                             what is sent between the groups is lost
 *   connect 1 2 | gone 1                                   a new connection between two | all others learn that its process is gone
 *   disk 1 slow|fast | persist 1 [2]                       whether writes are done at once | the next writes are done
 *   crash 1 [written] | restart 1 | wipe 1                 what is not done is lost (`written`: the oldest was) | with an empty disk
 *   trim 1 5 | snapshot 1->3 [lost|untold]                 forgets the log up to there | the image arrives, or not, or the sender is not told
 *   status [1] | log 1 | pending                           shows things
 *
 * Invariants of each member and between all of them (invariants.ts, oracle.ts) are checked at every step.
 */

import { assert, present } from '../../src/base/assert.js';
import type { Index, MemberId, Term } from '../../src/base/ids.js';
import type { Membership, RaftMessage, RaftOptions } from '../../src/raft/types.js';
import { entry, jsonCodec } from './harness.js';
import { Oracle } from './oracle.js';
import { ScenarioMember, type SentImage } from './scenario-member.js';
import { ScenarioNetwork } from './scenario-network.js';
import { asId, ends, entriesInWords, type Fields, fields, idOf, messageInWords, number } from './scenario-words.js';

const electionTicks = 10;
const usualTimeout = 15;

/** Runs the script and returns it with the output that its commands have now. */
export function runScenario(script: string): string {
  const scenario = new Scenario();
  const lines: string[] = [];
  for (const line of script.split('\n')) {
    if (line.startsWith('  ')) continue;
    lines.push(line);
    if (line === '' || line.startsWith('#')) continue;
    try {
      for (const said of scenario.run(line)) lines.push(`  ${said}`);
    } catch (error) {
      throw new Error(`${line}: ${error instanceof Error ? error.message : String(error)}\n${lines.join('\n')}`);
    }
  }
  return lines.join('\n');
}

type Command = (words: readonly string[]) => void;

class Scenario {
  private readonly members = new Map<MemberId, ScenarioMember>();
  private readonly timeouts = new Map<MemberId, number>();
  private oracle: Oracle | undefined;
  private network = new ScenarioNetwork();
  private readonly untold = new Set<SentImage>();
  private reads = 0;
  private said: string[] = [];

  private readonly commands: Record<string, Command> = {
    members: (words) => this.create(words),
    given: ([who, ...words]) => this.given(this.member(who), fields(words)),
    timeout: ([who, ticks]) => void this.timeouts.set(idOf(who), number(ticks)),
    campaign: ([who]) => this.campaign(this.member(who)),
    tick: ([who, count = '1']) => repeat(number(count), () => this.member(who).input((raft) => raft.tick())),
    run: ([count]) =>
      repeat(number(count), () => {
        for (const member of this.running) member.input((raft) => raft.tick());
        this.deliverAll(false);
      }),
    propose: ([who, ...labels]) => this.propose(this.member(who), labels),
    read: ([who]) => {
      const token = ++this.reads;
      this.member(who).input((raft) => raft.readIndex(token));
    },
    transfer: ([link]) => {
      const [from, to] = ends(link);
      this.member(from).input((raft) => raft.transferLeadership(to === 'any' ? undefined : idOf(to)));
    },
    deliver: ([link, which]) =>
      link === undefined ? this.deliverAll(true) : this.deliver(this.network.take(link, which)),
    settle: () => this.deliverAll(false),
    drop: ([link, which]) => {
      for (const message of this.network.take(link, which)) this.say(`lost: ${messageInWords(message)}`);
    },
    repeat: ([link, which]) => this.network.repeat(link, which),
    hold: ([link]) => this.network.hold(link),
    release: ([link]) => this.network.release(link),
    partition: (words) => this.network.partition(words.join(' ')),
    heal: () => this.network.heal(),
    connect: ([one, other]) => this.connect(this.member(one), this.member(other)),
    gone: ([who]) => {
      for (const member of this.running) member.input((raft) => raft.peerGone(idOf(who)));
    },
    disk: ([who, speed]) => this.setDisk(this.member(who), present(speed, 'slow or fast')),
    persist: ([who, count = '1']) => this.member(who).persist(number(count)),
    crash: ([who, how]) => this.member(who).crash(how === 'written'),
    restart: ([who]) => this.restart(this.member(who)),
    wipe: ([who]) => {
      const member = this.member(who);
      this.known.lost(member.id);
      member.crash(false);
      member.disk.wipe();
      this.network.forget(member.id);
    },
    trim: ([who, index]) => this.member(who).trim(number(index) as Index),
    snapshot: ([link, how]) => this.arriveImage(this.network.takeImage(link), how),
    status: ([who]) => {
      for (const member of who === undefined ? this.members.values() : [this.member(who)]) this.showStatus(member);
    },
    log: ([who]) => {
      const { disk, core } = this.member(who);
      const { startIndex, startTerm, firstInMemory } = core.state.log;
      const older = disk.read((startIndex + 1) as Index, (firstInMemory - 1) as Index, Number.POSITIVE_INFINITY);
      const entries = [...older, ...core.tailAfter((firstInMemory - 1) as Index)];
      this.say(`${startIndex > 0 ? `image ${startIndex}/${startTerm}, ` : ''}${entriesInWords(entries)}`);
    },
    pending: () => {
      for (const message of this.network.messages) this.say(messageInWords(message));
      for (const { from, to, meta } of this.network.images) this.say(`${from}->${to} image ${meta.index}/${meta.term}`);
    },
  };

  run(line: string): readonly string[] {
    const [name = '', ...words] = line.split(/ +/);
    present(this.commands[name], 'an unknown command')(words);
    const said = this.said;
    this.said = [];
    return said;
  }

  private say(line: string): void {
    this.said.push(line);
  }

  private get known(): Oracle {
    return present(this.oracle, 'name the members first');
  }

  private member(who: string | undefined): ScenarioMember {
    return present(this.members.get(idOf(who)), `no member ${who}`);
  }

  private get running(): ScenarioMember[] {
    return [...this.members.values()].filter((member) => member.raft !== undefined);
  }

  private create(words: readonly string[]): void {
    const { '': voters = [], learners = [], append = [1000], inflight = [4] } = fields(words);
    const membership: Membership = { voters: voters.map(asId), learners: learners.map(asId), outgoing: [] };
    const oracle = new Oracle(membership, (id) => this.member(String(id)).disk);
    this.oracle = oracle;
    this.network = new ScenarioNetwork();
    this.members.clear();
    this.timeouts.clear();
    this.reads = 0;
    const around = {
      oracle,
      say: (line: string) => this.say(line),
      send: (message: RaftMessage) => this.network.send(message),
      sendImage: (image: SentImage) => {
        this.network.images.push(image);
        this.say(`${image.from} sends image ${image.meta.index}/${image.meta.term} to ${image.to}`);
      },
      report: (image: SentImage, ok: boolean) => this.report(image, ok),
    };
    for (const id of [...membership.voters, ...membership.learners]) {
      const options: RaftOptions = {
        id,
        electionTicks,
        heartbeatTicks: 3,
        random: () => ((this.timeouts.get(id) ?? usualTimeout) - electionTicks) / electionTicks,
        appendBytes: append[0] ?? 0,
        inflightAppends: inflight[0] ?? 0,
        inflightBytes: 10_000,
        logTailBytes: 100_000,
        membershipCodec: jsonCodec,
      };
      const member = new ScenarioMember(around, options, membership);
      this.members.set(id, member);
      member.start();
    }
  }

  private given(member: ScenarioMember, { log = [], term = [], vote = [], commit = [0] }: Fields): void {
    const entries = log.map((of, position) => entry(position + 1, of, String.fromCharCode(96 + of)));
    const hardState = {
      term: (term[0] ?? log[log.length - 1] ?? 0) as Term,
      votedFor: vote[0] === undefined ? undefined : asId(vote[0]),
      commit: (commit[0] ?? 0) as Index,
      recovering: false,
    };
    member.crash(false);
    member.disk.write({ hardState, entries, install: undefined, machine: undefined });
    member.start();
  }

  private campaign(member: ScenarioMember): void {
    const { state } = member.core;
    assert(state.role !== 'leader', 'a leader does not campaign');
    const began = state.term + state.preVoteRounds;
    for (let ticks = 0; state.term + state.preVoteRounds === began; ticks++) {
      assert(ticks < 2 * electionTicks, 'it does not campaign');
      member.input((raft) => raft.tick());
    }
  }

  private propose(member: ScenarioMember, labels: readonly string[]): void {
    member.input((raft) => {
      if (raft.propose(labels.map((label) => Buffer.from(label, 'latin1'))) === undefined)
        this.say(`${member.id} does not take proposals`);
    });
  }

  private deliverAll(shown: boolean): void {
    for (let count = 0; ; count++) {
      assert(count < 10_000, 'messages never end');
      const message = this.network.next();
      if (message === undefined) return;
      this.arrive(message, shown);
    }
  }

  private deliver(messages: readonly RaftMessage[]): void {
    for (const message of messages) this.arrive(message, true);
  }

  private arrive(message: RaftMessage, shown: boolean): void {
    if (shown) this.say(messageInWords(message));
    const member = this.members.get(message.to);
    if (member?.raft) member.input((raft) => raft.step(message));
  }

  private arriveImage(image: SentImage, how: string | undefined): void {
    if (how === 'untold') this.untold.add(image);
    if (how === 'lost') this.report(image, false);
    else this.member(String(image.to)).receiveImage(image);
  }

  private report(image: SentImage, ok: boolean): void {
    const sender = this.members.get(image.from);
    if (sender?.raft && !this.untold.has(image)) sender.input((raft) => raft.snapshotSent(image.to, ok, image.meta));
  }

  private connect(one: ScenarioMember, other: ScenarioMember): void {
    one.input((raft) => raft.peerConnected(other.id));
    other.input((raft) => raft.peerConnected(one.id));
  }

  private setDisk(member: ScenarioMember, speed: string): void {
    member.slowDisk = speed === 'slow';
    if (!member.slowDisk && member.isWriting) member.persist(Number.POSITIVE_INFINITY);
  }

  private restart(member: ScenarioMember): void {
    const others = this.running;
    member.start();
    member.input(() => {});
    for (const other of others) if (!this.network.isCut({ from: member.id, to: other.id })) this.connect(member, other);
  }

  private showStatus(member: ScenarioMember): void {
    if (!member.raft) {
      this.say(`${member.id} is down`);
      return;
    }
    const { id, role, term, leader, commit, lastIndex } = member.raft.status();
    const { votedFor, recovering } = member.raft.state;
    this.say(
      `${id} ${recovering ? 'recovering ' : ''}${role} term ${term}, vote ${votedFor ?? 'none'}, leader ${leader ?? 'none'}, commit ${commit}, last ${lastIndex}`,
    );
  }
}

function repeat(count: number, run: () => void): void {
  for (let done = 0; done < count; done++) run();
}
