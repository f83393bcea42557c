/**
 * Operators change who the members are while traffic runs, and in most cases while another fault strikes. They go on asking until it is done, as docs/architecture.md
 * tells them that they may.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { ExitCode } from '../../../src/base/errors.js';
import type { Random } from '../../../src/base/random.js';
import { type ClusterMember, type NewMember, QuorateError } from '../../../src/client/index.js';
import type { TestMember } from '../../support/cluster.js';
import { until } from '../../support/until.js';
import type { MemberChange } from '../history.js';
import { endWithinMs, lastLine, type World } from '../world.js';
import { empty } from './directory.js';
import type { Fault } from './fault.js';
import { cuts, partition, slow } from './links.js';
import { kill, pause } from './processes.js';

/** Sizes between which the cluster is kept. */
const fewest = 3;
const most = 5;
/** For a change to be made and to count, whatever strikes meanwhile: a newcomer needs a whole image, which takes long on a busy machine. */
const changedWithinMs = 120_000;
const callMs = 4_000;
/** What may strike while members change. */
const companions: readonly Fault[] = [kill, pause, partition, slow, cuts];

/** A member joins, and is made a voter by the cluster itself. */
export function adding(record: (change: MemberChange) => void): Fault {
  return {
    kind: 'add',
    weight: 4,
    strike: (world, victim, chance) =>
      world.names.length < most ? add(world, chance, record) : remove(world, victim, chance, record),
  };
}

/** A member is removed: the leader, a follower, or one that is dead. */
export function removing(record: (change: MemberChange) => void): Fault {
  return {
    kind: 'remove',
    weight: 4,
    strike: (world, victim, chance) =>
      world.names.length > fewest ? remove(world, victim, chance, record) : add(world, chance, record),
  };
}

/** A member is replaced: one that has lost its data by itself under the same name, or a healthy one by another. */
export function replacing(record: (change: MemberChange) => void): Fault {
  return {
    kind: 'replace',
    weight: 3,
    async strike(world, victim, chance) {
      const isWiped = chance() < 0.5 || world.stays.has(victim);
      const begin = performance.now();
      let how: string;
      if (isWiped) {
        await world.kill(victim);
        await empty(world.cluster.dataDirectory(victim));
        how = await under(world, chance, victim, () => replaceWiped(world, victim));
        how = `its data was deleted, ${how}`;
      } else how = await under(world, chance, victim, () => replaceHealthy(world, victim));
      record({ kind: 'replaced', member: victim, how, begin, end: performance.now() });
    },
  };
}

async function add(world: World, chance: Random, record: (change: MemberChange) => void): Promise<void> {
  const begin = performance.now();
  const voters = world.names;
  const { name } = await world.newcomer();
  const how = await under(world, chance, name, async () => {
    await world.boot(name);
    await untilVoters(world, [...voters, name]);
  });
  world.joined(name);
  record({ kind: 'added', member: name, how, begin, end: performance.now() });
}

async function remove(
  world: World,
  drawn: string,
  chance: Random,
  record: (change: MemberChange) => void,
): Promise<void> {
  const begin = performance.now();
  const leader = await world.leader();
  const victim = world.stays.has(drawn) ? (world.names.find((name) => !world.stays.has(name)) ?? drawn) : drawn;
  const isDead = chance() < 0.4;
  if (isDead) await world.kill(victim);
  const how = await under(world, chance, victim, async () => {
    world.expectEnd(victim);
    await operate(world, `remove ${victim}`, async ({ removeMember }) => {
      await removeMember(victim).catch((error: unknown) => {
        if (!(error instanceof QuorateError && error.reason === 'MEMBER_NOT_FOUND')) throw error;
      });
    });
    await untilVoters(
      world,
      world.names.filter((name) => name !== victim),
    );
  });
  if (isDead) await world.bootToEnd(victim);
  await world.removed(victim);
  const was = isDead ? 'dead' : victim === leader ? 'leader' : 'follower';
  record({ kind: 'removed', member: victim, how: `${was}, ${how}`, begin, end: performance.now() });
}

/** The member comes back with nothing on disk. */
export async function replaceWiped(world: World, victim: string): Promise<void> {
  await replaceMember(world, victim, world.cluster.member(victim));
  world.cluster.rejoin(victim);
  await world.boot(victim);
  await untilVoters(world, world.names);
}

async function replaceHealthy(world: World, victim: string): Promise<void> {
  const voters = world.names.filter((name) => name !== victim);
  const successor = await world.newcomer();
  world.expectEnd(victim);
  await replaceMember(world, victim, successor);
  await world.boot(successor.name);
  await untilVoters(world, [...voters, successor.name]);
  world.joined(successor.name);
  await world.removed(victim);
}

async function replaceMember(world: World, victim: string, by: TestMember): Promise<void> {
  const successor: NewMember = { name: by.name, clientAddress: by.client, peerAddress: by.peer };
  let learner: ClusterMember | undefined;
  await operate(world, `replace ${victim} by ${by.name}`, async (operator) => {
    learner = await operator.replaceMember(victim, successor);
  });
  if (learner && (!learner.learner || learner.name !== by.name))
    world.problem(`${victim} is replaced by ${learner.name}, which is no learner`);
}

/** Asks until it is done. */
async function operate(
  world: World,
  what: string,
  ask: (operator: {
    removeMember(name: string): Promise<void>;
    replaceMember(name: string, successor: NewMember): Promise<ClusterMember>;
  }) => Promise<void>,
): Promise<void> {
  const { cluster } = world.operator;
  const options = { timeoutMs: callMs };
  let refusal = '';
  const calls = {
    removeMember: (name: string) => cluster.removeMember(name, options),
    replaceMember: (name: string, successor: NewMember) => cluster.replaceMember(name, successor, options),
  };
  await until(
    what,
    () =>
      ask(calls).then(
        () => true,
        (error: unknown) => {
          if (!(error instanceof QuorateError)) throw error;
          refusal = error.message;
          return false;
        },
      ),
    changedWithinMs,
  ).catch(() => world.problem(`the operator could not ${what} within ${changedWithinMs} ms: ${refusal}`));
}

/** Waits until the change counts: these are the members, and all of them vote. */
async function untilVoters(world: World, names: readonly string[]): Promise<void> {
  let seen = '';
  await until(
    'the members are as wished',
    async () => {
      const { members } = await world.operator.cluster
        .members({ timeoutMs: callMs })
        .catch(() => ({ members: [] as readonly ClusterMember[] }));
      seen = members.map(({ name, learner }) => `${name}${learner ? ' (learner)' : ''}`).join(', ');
      return members.every(({ learner }) => !learner) && sameNames(members, names);
    },
    changedWithinMs,
  ).catch(() => world.problem(`the members are not ${names.join(', ')} after ${changedWithinMs} ms, but ${seen}`));
}

function sameNames(members: readonly ClusterMember[], names: readonly string[]): boolean {
  return (
    members
      .map(({ name }) => name)
      .toSorted()
      .join() === names.toSorted().join()
  );
}

/** Does this, in most cases while one of the other members, or their links, are struck. Returns what struck. */
async function under(world: World, chance: Random, member: string, act: () => Promise<void>): Promise<string> {
  const companion = chance() < 0.7 ? companions[Math.floor(chance() * companions.length)] : undefined;
  const others = world.names.filter((name) => name !== member);
  const victim = others[Math.floor(chance() * others.length)];
  const waitMs = chance() * 1_000;
  if (!companion || victim === undefined) {
    await act();
    return 'in peace';
  }
  const strike = async () => {
    await delay(waitMs);
    if (world.problems.length === 0) await companion.strike(world, victim, chance);
  };
  await Promise.all([act(), strike()]);
  return `${companion.kind} of ${victim}`;
}

/** A member that has joined, and whose directory was emptied, is told to be replaced, and does not start. */
export async function expectRefusal(world: World, member: string): Promise<void> {
  const printed = world.cluster.output(member).length;
  await world.bootToEnd(member);
  const code = await Promise.race([world.cluster.exitCode(member), delay(endWithinMs, 'none' as const)]);
  const said = lastLine(world.cluster.output(member).slice(printed));
  if (code !== ExitCode.DATA || !said.includes(`quorate cluster replace ${member} ${member}`))
    world.problem(`${member} without its data ${code === 'none' ? 'goes on' : `ended with ${code}`}: ${said}`);
  await world.kill(member);
}
