/** A full disk, on a small file system of its own for one member. */
import { execFile } from 'node:child_process';
import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ExitCode } from '../../../src/base/errors.js';
import { endWithinMs, lastLine, type World } from '../world.js';
import type { Fault } from './fault.js';

const run = promisify(execFile);
/** Room for the state of a long run twice, since an image is gathered beside the old state. */
const sizeMiB = 1_024;
const block = Buffer.alloc(1 << 20, 1);

/** Gives a member a file system of its own; undefined when nothing can be mounted here. The answer ends it. */
export async function mountDisk(world: World, member: string): Promise<(() => Promise<unknown>) | undefined> {
  const directory = world.cluster.dataDirectory(member);
  await mkdir(directory, { recursive: true });
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'none', directory]);
    return () => run('umount', ['-l', directory]);
  } catch (error) {
    console.log(`SKIPPED: the full disk, since nothing can be mounted here: ${String(error)}`);
    return undefined;
  }
}

/** Fills the disk of this member, whoever the victim is. */
export function fullDisk(member: string): Fault {
  return {
    kind: 'full-disk',
    weight: 1,
    only: member,
    async strike(world) {
      const filler = path.join(world.cluster.dataDirectory(member), 'filler');
      const printed = world.cluster.output(member).length;
      world.expectEnd(member);
      await fill(filler);
      const code = await Promise.race([world.cluster.exitCode(member), delay(endWithinMs, 'none' as const)]);
      const output = world.cluster.output(member).slice(printed);
      if (code !== ExitCode.DISK || !/the disk is full; make room and start this member again/.test(lastLine(output)))
        world.problem(
          `${member} with a full disk ${code === 'none' ? 'goes on' : `ended with ${code}`}: ${lastLine(output)}`,
        );
      await world.kill(member);
      await rm(filler);
      await world.boot(member);
    },
  };
}

async function fill(file: string): Promise<void> {
  const handle = await open(file, 'w');
  try {
    for (;;) await handle.write(block);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  } finally {
    await handle.close();
  }
}
